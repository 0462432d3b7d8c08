"""PolynomialRegressor: the lecture's polynomial regression behind scikit-learn's interface, for any number of features.

    f_w(x) = w_0 + sum_j sum_k w_jk x_j^k          j: features,  k = 1 .. degree

Each feature has its own powers; there are no products of different features. It is fitted in units in which every
feature and every target is within [-1, 1], as `chainrule.polynomial` explains.
"""

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from chainrule.base.arguments import is_among
from chainrule.base.errors import UsageError
from chainrule.base.memory import check_room
from chainrule.base.numbers import whole_number
from chainrule.base.showing import short
from chainrule.data.dataset import check_weighs
from chainrule.estimators.least_squares import by_descent, exact
from chainrule.estimators.refusals import as_it_was_if_refused
from chainrule.estimators.samples import checked, weights_of
from chainrule.regression.polynomial import powers

METHODS = "exact", "gd"


class PolynomialRegressor(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Least squares by a polynomial of each feature; y is (n,), or (n, outputs) for several at a time.

        PolynomialRegressor(3).fit(X, y).predict(X)

    It computes in float64, and answers in X's type.

    Parameters
    ----------
    degree : the highest power
    method : "exact", by singular values, or "gd", by gradient descent with momentum; both find the same

    Attributes
    ----------
    coef_ : (features, degree), or (outputs, features, degree), w_jk in raw units
    intercept_ : w_0, or (outputs,) of them
    n_iter_ : updates that gradient descent made; None for "exact"
    n_features_in_, feature_names_in_ : what X was
    """

    coef_: np.ndarray
    intercept_: Any
    n_features_in_: int
    n_iter_: int | None

    def __init__(self, degree: int = 2, *, method: str = "exact") -> None:
        self.degree = degree
        self.method = method

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit to X (n, features) and y; sample_weight (n,) counts the samples."""
        with as_it_was_if_refused(self):
            return self._fit(X, y, sample_weight)

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        self._degree = whole_number("the degree", self.degree, 0)
        if not is_among(METHODS, self.method):
            raise UsageError(f"the method is {short(self.method)}; expected {' or '.join(METHODS)}")
        X, y = checked("X", X), checked("y", y)
        found: Any = validate_data(self, X, y, multi_output=True, y_numeric=True, dtype=np.float64)
        x, y = found
        weight = weights_of(sample_weight, x)
        check_weighs(weight)
        counts = weight > 0
        x, t, weight = x[counts], y[counts].reshape(np.count_nonzero(counts), -1).astype(np.float64), weight[counts]
        check_room(x.size * self._degree * x.itemsize, f"the powers of X up to the degree, {self._degree:,}")
        self._x_units, self._t_units, self._flat = _units(x), _units(t), y.ndim == 1
        columns, scaled = self._columns(x), (t - self._t_units[0]) / self._t_units[1]
        self.n_iter_ = None
        if self.method == "exact":
            self._w = exact(columns, scaled, weight)
        else:
            self._w, self.n_iter_, converged = by_descent(columns, scaled, weight)
            if not converged:
                message = f"not converged in {self.n_iter_:,} updates; try a lower degree, or method 'exact'"
                warnings.warn(message, ConvergenceWarning, stacklevel=2)
        self._tell()
        return self

    def predict(self, X: Any) -> np.ndarray:
        """(n,) or (n, outputs), as y was."""
        check_is_fitted(self)
        x: Any = validate_data(self, checked("X", X), reset=False, dtype=(np.float64, np.float32))
        centre, half = self._t_units
        answers = (centre + half * (self._columns(x.astype(np.float64)) @ self._w)).astype(x.dtype)
        return answers.ravel() if self._flat else answers

    def _columns(self, x: np.ndarray) -> np.ndarray:
        """(n, 1 + features degree): 1 and each feature's powers, from x (n, features)."""
        centre, half = self._x_units
        scaled = (x - centre) / half
        return np.hstack([np.ones((len(x), 1)), *(powers(feature, self._degree)[:, 1:] for feature in scaled.T)])

    def _tell(self) -> None:
        """The coefficients in raw units."""
        (x_centre, x_half), (centre, half) = self._x_units, self._t_units
        w = (self._w * half).T  # (outputs, columns)
        by_feature = w[:, 1:].reshape(len(w), len(x_centre), self._degree)
        coefficients, intercepts = np.empty_like(by_feature), w[:, 0] + centre
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):  # units may be too extreme for raw ones
            for j, units in enumerate(zip(x_centre, x_half, strict=True)):
                raw = _raw_powers(*units, self._degree)
                coefficients[:, j], intercepts = (
                    by_feature[:, j] @ raw[:, 1:],
                    intercepts + by_feature[:, j] @ raw[:, 0],
                )
        self.coef_ = coefficients[0] if self._flat else coefficients
        self.intercept_ = float(intercepts[0]) if self._flat else intercepts


def _raw_powers(centre: float, half: float, degree: int) -> np.ndarray:
    """(degree, degree + 1): row k has the coefficients of ((x - centre) / half)^(k + 1), those of 1, x, x^2 ..."""
    rows = np.zeros((degree + 1, degree + 1))
    rows[0, 0] = 1
    for k in range(degree):
        rows[k + 1] = -centre / half * rows[k]
        rows[k + 1, 1:] += rows[k, :-1] / half
    return rows[1:]


def _units(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The middle of each column and half its range (1 if that is 0), which take it to [-1, 1]."""
    low, high = values.min(axis=0), values.max(axis=0)
    half = high / 2 - low / 2  # halves first: high - low may overflow
    return high / 2 + low / 2, np.where(half > 0, half, 1.0)
