"""err(y, t) = (y - t)^2, the lecture's squared distance; over a vector y, the sum over its components.

d err / dy[i] = 2 (y[i] - t[i])
"""

import numpy as np

from chainrule.losses.loss import RealLoss, like, sample_sums


def squared_error(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(s,) from y (s, ...) and t of the same shape, or (s,) where y is (s, 1)."""
    return sample_sums((y - like(t, y)) ** 2)


def squared_error_gradient(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """d err / dy, of y's shape."""
    return 2 * (y - like(t, y))


class SquaredError(RealLoss):
    """(y - t)^2, for a regression."""

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return squared_error(y, t)

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return squared_error_gradient(y, t)
