"""MLPRegressor: scikit-learn's, on our engines."""

import math
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if

from chainrule.base.errors import DataError
from chainrule.estimators.mlp.base import MultilayerPerceptron
from chainrule.estimators.mlp.descent import Samples
from chainrule.estimators.mlp.targets import FINAL


class MLPRegressor(RegressorMixin, MultilayerPerceptron):
    """scikit-learn's MLPRegressor, on our engines: y (n,), or (n, k) for k numbers at a time.

        MLPRegressor().fit(X, y).predict(X)

    Parameters and attributes are MLPClassifier's, less those of classes, and

    loss : "squared_error", 1/2 (y - t)^2, or "poisson", half of Poisson's deviance, for counts t >= 0; y = exp(output)

    `validation_scores_` are R^2.
    """

    _numeric: ClassVar[bool] = True

    def __init__(
        self,
        loss: str = "squared_error",
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
        self.loss = loss
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
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch of these data, after those of earlier calls."""
        return self._fit(X, y, sample_weight, part=True)

    def predict(self, X: Any) -> np.ndarray:
        """(n,) or (n, k)."""
        y = self._answers(X)
        return y.ravel() if y.shape[1] == 1 else y

    def _targets(self, y: np.ndarray, part: bool) -> tuple[np.ndarray, int, str]:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if self.loss == "poisson" and (y < 0).any():
            raise DataError(f"y goes down to {y.min():g}; expected counts of at least 0 for loss='poisson'")
        t = y.reshape(len(y), -1)
        return t, t.shape[1], "exp" if self.loss == "poisson" else "identity"

    def _score(self, y: np.ndarray, held_out: Samples) -> float:
        y = FINAL[self.out_activation_](y)
        return float(r2_score(held_out.t, y, sample_weight=held_out.weight)) if np.isfinite(y).all() else math.nan
