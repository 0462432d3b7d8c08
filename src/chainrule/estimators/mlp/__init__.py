"""scikit-learn's multilayer perceptrons, on our engines: change the import line, and that is all."""

from chainrule.estimators.mlp.classifier import MLPClassifier as MLPClassifier
from chainrule.estimators.mlp.regressor import MLPRegressor as MLPRegressor
