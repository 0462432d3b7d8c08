"""err(y, z) = |y - z|; over a vector y, the sum over its components.

    d err / dy[i] = 1  (y[i] > z[i]),  -1  (y[i] < z[i]),  0  (y[i] = z[i])

An error counts as much as it is large, not its square: a few wild targets hardly move the network, which learns the
median of what t may be for an x, where the squared error learns the mean. As PyTorch's L1Loss, with its 0 at the kink.
z is t, or t in units in which it is about 1 (`losses/regression.py`).

Source: not in the lecture. R. J. Boscovich fitted lines so (1757), half a century before least squares.
"""

from dataclasses import dataclass

import numpy as np

from chainrule.losses.loss import like, sample_sums
from chainrule.losses.regression import RegressionLoss


def absolute_error(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(s,) errors, in t's unit, from y (s, ...) and t of the same shape, or (s,) where y is (s, 1);
    infinite where y's type cannot hold it."""
    with np.errstate(over="ignore"):
        return sample_sums(np.abs(y - like(t, y)))


def absolute_error_gradient(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """d err / dy, of y's shape (s, ...)."""
    with np.errstate(over="ignore"):
        return np.sign(y - like(t, y))


@dataclass(frozen=True)
class AbsoluteError(RegressionLoss):
    """|y - (t - mean) / std|, for a regression with wild targets: y and t (s, ...) are values, a prediction is
    mean + std y.

    Class numbers t (s,) with several outputs y (s, k) are learned as vectors, 1 at the class and 0 elsewhere.

    mean, std : in the targets' unit: a number, or one for each of (k,) outputs; `AbsoluteError.of(t)` finds them

    NetworkError for other values; DataError for targets of another shape, or that are not finite numbers.
    """

    def compared(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return absolute_error(y, z)

    def derived(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return absolute_error_gradient(y, z)

    def kinks(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return y > like(self.learned(t, y.shape[1:]), y)
