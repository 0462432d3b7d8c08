"""MLPClassifier: scikit-learn's, on our engines."""

import math
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets, type_of_target

from chainrule.base.errors import DataError
from chainrule.estimators.mlp.base import MultilayerPerceptron
from chainrule.estimators.mlp.descent import Samples
from chainrule.estimators.refusals import as_it_was_if_refused


class MLPClassifier(ClassifierMixin, MultilayerPerceptron):
    """scikit-learn's MLPClassifier, on our engines: y (n,) of labels, or (n, k) of 0 and 1 for k labels at a time.

        MLPClassifier().fit(X, y).predict(X)

    Parameters, defaults, attributes and methods are scikit-learn's, and so is what it learns: the same random_state
    draws the same weights, batches and part held out, and float64 differs by rounding alone. A float32 X is learned
    from in float32. Errors are chainrule's, which are ValueErrors, too.

    Parameters
    ----------
    hidden_layer_sizes : units of each hidden layer
    activation : of hidden units: "identity", "logistic", "tanh" or "relu"
    solver : "adam", "sgd" (with momentum), or "lbfgs", which takes all samples at once, for small data
    alpha : the penalty alpha / 2 |W|^2, of weights and not of biases, beside the sum of a batch's errors
    batch_size : "auto" is 200, or all samples if they are fewer
    learning_rate : of sgd: "constant"; "invscaling", learning_rate_init / (samples seen + 1)^power_t; "adaptive", a
        fifth whenever there is no progress
    learning_rate_init, power_t : of sgd and adam; of "invscaling"
    max_iter, max_fun : epochs at most (lbfgs: iterations); computations of the loss at most, of lbfgs
    shuffle : draw batches anew in each epoch
    random_state : fixes weights, batches and the part held out
    tol, n_iter_no_change : it ends after more than so many epochs in a row that did not improve by tol
    verbose : print each epoch's loss
    warm_start : fit goes on from the weights there are
    momentum, nesterovs_momentum : of sgd
    early_stopping, validation_fraction : hold out a part, end when the score on it does not rise, take the best weights
    beta_1, beta_2, epsilon : of adam

    Attributes
    ----------
    classes_ : the labels, in the order of the probabilities
    coefs_, intercepts_ : W (in, out) and b (out,) of each layer; they may be changed
    loss_, loss_curve_, best_loss_ : the last epoch's mean loss with its penalty, each epoch's, the least
    validation_scores_, best_validation_score_ : after each epoch, on the part held out; None without early stopping
    n_iter_, t_ : epochs of the last call; samples seen in all
    n_features_in_, feature_names_in_, n_layers_, n_outputs_, out_activation_ : what X was, what the network is
    network_ : the same as a `chainrule.Network`: `network_.save(path)` writes it
    """

    _numeric: ClassVar[bool] = False

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = 10,
        max_fun: int = 15000,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun

    @available_if(MultilayerPerceptron._learns_in_parts)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """One epoch of these data, after those of earlier calls; the first call needs all `classes` there will be."""
        with as_it_was_if_refused(self):
            _check_partial_fit_first_call(self, classes)
            return self._fit(X, y, sample_weight, part=True)

    def predict(self, X: Any) -> np.ndarray:
        """(n,) the most probable class of each sample; of several labels (n, k), which are more probable than not."""
        p = self._answers(X)
        if self.out_activation_ == "softmax":
            return self.classes_[p.argmax(axis=1)]
        if self.n_outputs_ > 1:
            return (p > 0.5).astype(np.int64)
        return self.classes_[np.minimum(p.ravel() > 0.5, len(self.classes_) - 1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """(n, classes) the probabilities of each sample's classes, in the order of `classes_`; or of its labels."""
        p = self._answers(X)
        return np.hstack([1 - p, p]) if self.n_outputs_ == 1 else p

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """(n, classes) their logarithms."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _targets(self, y: Any, part: bool) -> tuple[np.ndarray, int, str]:
        check_classification_targets(y)
        kind = type_of_target(y)
        if kind == "multiclass-multioutput":
            raise DataError(f"y has several labels of several values each, {y.shape}; expected 0 and 1 of each label")
        several = kind == "multilabel-indicator"
        y = y.toarray() if issparse(y) else column_or_1d(y, warn=True) if not several else y
        given = np.arange(y.shape[1]) if several else np.unique(y)
        if not hasattr(self, "classes_") or not (self.warm_start or part):
            self.classes_ = given
        self._check_classes(given)
        if several:
            return y.astype(bool), y.shape[1], "logistic"
        if len(self.classes_) > 2:
            return np.searchsorted(self.classes_, y), len(self.classes_), "softmax"
        return (y == self.classes_[-1])[:, None] & (len(self.classes_) == 2), 1, "logistic"

    def _check_classes(self, given: np.ndarray) -> None:
        """DataError for classes that are not those there are, or, to go on from a warm start, not all of them."""
        if self.warm_start and set(given) != set(self.classes_):
            raise DataError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit."
                f" Previously got {self.classes_}, `y` has {given}"
            )
        if not set(given) <= set(self.classes_):
            raise DataError(f"`y` has classes not in `self.classes_`: {given}; expected some of {self.classes_}")

    def _stratified(self) -> bool:
        return self.n_outputs_ == 1

    def _score(self, y: np.ndarray, held_out: Samples) -> float:
        t = held_out.t
        right = y.argmax(axis=1) == t if self.out_activation_ == "softmax" else ((y > 0) == t).all(axis=1)
        weight = held_out.weight
        if weight is None:
            return float(right.mean())
        return float(np.average(right, weights=weight)) if weight.sum() else math.nan
