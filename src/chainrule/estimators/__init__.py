"""Estimators with scikit-learn's interface: for Pipeline, GridSearchCV, cross_val_score and whatever else is there."""

from chainrule.base.errors import ChainruleError

try:
    import sklearn as sklearn
except ImportError:
    raise ChainruleError('estimators need scikit-learn: pip install "chainrule[sklearn]"') from None

from chainrule.estimators.mlp import MLPClassifier as MLPClassifier
from chainrule.estimators.mlp import MLPRegressor as MLPRegressor
from chainrule.estimators.neural_classifier import NeuralClassifier as NeuralClassifier
from chainrule.estimators.neural_regressor import NeuralRegressor as NeuralRegressor
from chainrule.estimators.polynomial_regressor import PolynomialRegressor as PolynomialRegressor
