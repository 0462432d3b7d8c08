"""A polynomial of any degree as a model f_w, and its squared error: the lecture's first example.

    f_w(x) = w_2 x^2 + w_1 x + w_0                     in general  sum_k w_k x^k
    err(y, t) = (y - t)^2
    L(w; D) = sum_i (f_w(x_i) - t_i)^2
    dL/dw = sum_i 2 (f_w(x_i) - t_i) (1  x_i  x_i^2)

f_w is linear in w, however curved it is in x: L is a bowl with one lowest point, and this is a *linear* regression.
"""

from collections.abc import Callable

import numpy as np

from chainrule.objective import Batch, Objective


def powers(x: np.ndarray, degree: int) -> np.ndarray:
    """(n, degree + 1): the row (1  x_i  x_i^2 ...) of each x_i of x (n,)."""
    return np.vander(x, degree + 1, increasing=True)


def polynomial(w: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(n,): f_w(x) = sum_k w_k x^k. w (degree + 1,), from w_0 up; x (n,)."""
    return powers(x, len(w) - 1) @ w


class PolynomialObjective(Objective):
    """L(w; D') of a polynomial, for w (degree + 1,), x (n,) and t (n,), in float64."""

    def __init__(self, degree: int) -> None:
        self.degree = degree

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return float(np.sum(_weight(batch) * (polynomial(w, batch.x) - batch.t) ** 2))

    def loss_and_gradient(
        self, w: np.ndarray, batch: Batch, out: np.ndarray, on_ready: Callable[[slice], None] | None = None
    ) -> float:
        p = powers(batch.x, self.degree)
        error = p @ w - batch.t
        weighted = _weight(batch) * error
        out[:] = 2 * weighted @ p
        if on_ready:
            on_ready(slice(0, len(w)))
        return float(weighted @ error)


def _weight(batch: Batch) -> np.ndarray | float:
    return 1.0 if batch.sample_weight is None else batch.sample_weight
