"""err(y, t) = (y - t)^2, the lecture's squared distance; over a vector y, the sum over its components.

    d err / dy[i] = 2 (y[i] - t[i])

Source: the lecture. Least squares are A.-M. Legendre's, *Nouvelles méthodes pour la détermination des orbites des
comètes* (1805).
"""

import numpy as np

from chainrule.losses.loss import RealLoss, like, sample_sums


def squared_error(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(s,) errors, in t's unit squared, from y (s, ...) and t of the same shape, or (s,) where y is (s, 1)."""
    return sample_sums((y - like(t, y)) ** 2)


def squared_error_gradient(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """d err / dy, of y's shape (s, ...)."""
    return 2 * (y - like(t, y))


class SquaredError(RealLoss):
    """(y - t)^2, for a regression: y (s, ...) and t alike are values, in the targets' unit.

    DataError for targets of another shape, or that are not finite numbers. A prediction is y itself.
    """

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return squared_error(y, t)

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return squared_error_gradient(y, t)
