"""err(y, z) = (y - z)^2, the lecture's squared distance; over a vector y, the sum over its components.

    d err / dy[i] = 2 (y[i] - z[i])

z is t, or t in units in which it is about 1 (`losses/regression.py`).

Source: the lecture. Least squares are A.-M. Legendre's, *Nouvelles méthodes pour la détermination des orbites des
comètes* (1805).
"""

from dataclasses import dataclass

import numpy as np

from chainrule.data.moments import Moments
from chainrule.losses.loss import Shape, like, sample_sums
from chainrule.losses.regression import RegressionLoss


def squared_error(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(s,) errors, in t's unit squared, from y (s, ...) and t of the same shape, or (s,) where y is (s, 1); infinite
    where y's type cannot hold it."""
    with np.errstate(over="ignore"):
        return sample_sums((y - like(t, y)) ** 2)


def squared_error_gradient(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """d err / dy, of y's shape (s, ...); infinite where y's type cannot hold it."""
    with np.errstate(over="ignore"):
        return 2 * (y - like(t, y))


@dataclass(frozen=True)
class SquaredError(RegressionLoss):
    """(y - (t - mean) / std)^2, for a regression: y and t (s, ...) are values, a prediction is mean + std y.

    Class numbers t (s,) with several outputs y (s, k) are learned as vectors, 1 at the class and 0 elsewhere.

    mean, std : in the targets' unit: a number, or one for each of (k,) outputs; `SquaredError.of(t)` finds them

    NetworkError for other values; DataError for targets of another shape, or that are not finite numbers.
    """

    def compared(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return squared_error(y, z)

    def derived(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return squared_error_gradient(y, z)

    def ignorance(self, t: np.ndarray, output_shape: Shape) -> float | None:
        """The variance of what is learned: predicting its mean."""
        learned = self.learned(t, output_shape)
        return float(Moments.of(learned.reshape(len(t), -1)).variance.sum())
