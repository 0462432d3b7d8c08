"""What MLPClassifier and MLPRegressor share: all but what a target is."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from chainrule.base.alone import trained_alone
from chainrule.base.errors import DataError, UsageError
from chainrule.data.dataset import check_weighs
from chainrule.estimators.mlp import lbfgs
from chainrule.estimators.mlp.descent import Samples
from chainrule.estimators.mlp.execution import canonical, network_of
from chainrule.estimators.mlp.parameters import check_parameters, hidden_units
from chainrule.estimators.mlp.stochastic import Stochastic
from chainrule.estimators.mlp.targets import COMPARISONS, FINAL
from chainrule.estimators.refusals import as_it_was_if_refused
from chainrule.estimators.samples import checked, weights_of
from chainrule.estimators.small import small_steps
from chainrule.network.given import check_finite
from chainrule.network.network import Network

READS: dict[str, Any] = {"accept_sparse": "csr", "dtype": (np.float64, np.float32)}  # what validate_data is told of X


class MultilayerPerceptron(Stochastic):
    """scikit-learn's multilayer perceptron on our engines. MLPClassifier explains the parameters and attributes."""

    hidden_layer_sizes: Any
    random_state: Any
    warm_start: bool

    n_features_in_: int

    _numeric: ClassVar[bool]  # whether y are numbers

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (n, features), dense or sparse, and y; each sample counts by its sample_weight (n,)."""
        return self._fit(X, y, sample_weight)

    def _learns_in_parts(self) -> bool:
        """Whether there is a `partial_fit`."""
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit is for the solvers sgd and adam; lbfgs takes all samples at once")
        return True

    def _fit(self, X: Any, y: Any, sample_weight: Any, part: bool = False) -> Self:
        with trained_alone(self), as_it_was_if_refused(self):
            return self._fit_alone(X, y, sample_weight, part)

    def _fit_alone(self, X: Any, y: Any, sample_weight: Any, part: bool) -> Self:
        parameters = self.get_params(deep=False)
        check_parameters(parameters)
        hidden = hidden_units(self.hidden_layer_sizes)
        if part and self.early_stopping:
            raise UsageError("partial_fit does not support early_stopping=True, as it holds no data out")
        first = not hasattr(self, "coefs_") or not (self.warm_start or part)
        of_y = {"multi_output": True, "y_numeric": self._numeric}
        X, y = checked("X", X), checked("y", y, "mMV" if self._numeric else "")
        found: Any = validate_data(self, X, y, reset=first, order="C", **READS, **of_y)  # batches are rows of x
        x, y = found
        weight = None if sample_weight is None else weights_of(sample_weight, x)
        check_weighs(weight)
        t, outputs, out_activation = self._targets(y, part)
        units = [x.shape[1], *hidden, outputs]
        if not first and self._units() != units:
            raise DataError(f"there are {self._units()} units, but these data and settings need {units}")
        self.n_outputs_, self.out_activation_ = outputs, out_activation
        self._random_state = check_random_state(self.random_state)
        if first:
            self._begin(units, x.dtype)
        samples = Samples(x.astype(self.coefs_[0].dtype, copy=False), t, weight)
        learn = self._minimise if self.solver == "lbfgs" else self._descend
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
            w = learn(samples, parameters, part)
        self.coefs_, self.intercepts_ = self._perceptron().parts(w)
        if not np.isfinite(w).all():
            raise DataError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be"
                " preprocessed."
            )
        return self

    def _begin(self, units: list[int], dtype: np.dtype) -> None:
        """Draw weights as X. Glorot and Y. Bengio do (2010), and forget all that was learned."""
        self.coefs_, self.intercepts_ = [], []
        for fan_in, fan_out in pairwise(units):
            bound = math.sqrt((2 if self.activation == "logistic" else 6) / (fan_in + fan_out))
            for kind, shape in ((self.coefs_, (fan_in, fan_out)), (self.intercepts_, (fan_out,))):
                kind.append(self._random_state.uniform(-bound, bound, shape).astype(dtype, copy=False))
        self.n_layers_ = len(units)
        self.n_iter_ = self.t_ = 0
        if self.solver != "lbfgs":
            self._forget()

    def _minimise(self, samples: Samples, parameters: dict[str, Any], part: bool) -> np.ndarray:
        """w by L-BFGS, in float64."""
        perceptron, dtype = self._perceptron(), samples.x.dtype
        samples = replace(samples, x=samples.x.astype(np.float64, copy=False))
        function = lbfgs.Penalised(perceptron, samples, COMPARISONS[self.out_activation_], self.alpha)
        with small_steps(perceptron, len(samples)):
            w, self.n_iter_ = lbfgs.minimise(function, self._parameters().astype(np.float64), parameters)
        self.loss_ = function.told(w)
        return w.astype(dtype, copy=False)

    @property
    def network_(self) -> Network:
        """The fitted `chainrule.Network`: to save, to export, to look at."""
        check_is_fitted(self)
        perceptron = self._perceptron()
        network = network_of(perceptron, self.coefs_[0].dtype)
        network.w[:] = self._parameters()[canonical(perceptron)]
        return network

    def _answers(self, X: Any) -> np.ndarray:
        """(n, outputs) probabilities or values."""
        check_is_fitted(self)
        for name, each in (("coefs_", self.coefs_), ("intercepts_", self.intercepts_)):
            for k, values in enumerate(each):
                check_finite(f"{name}[{k}]", values)
        x: Any = validate_data(self, checked("X", X), reset=False, **READS)
        return FINAL[self.out_activation_](self._outputs(x, self.coefs_, self.intercepts_))

    def __sklearn_tags__(self) -> Any:
        tags: Any = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _targets(self, y: Any, part: bool) -> tuple[np.ndarray, int, str]:
        """What the loss takes of y, how many outputs there are, and their activation."""
        raise NotImplementedError
