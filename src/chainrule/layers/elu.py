"""ELU(x) = x where x > 0, else alpha (exp(x) - 1), component by component: a ReLU that bends where it is off.

    dL/dx[j] = dL/dy[j]                   where x[j] > 0
             = dL/dy[j] alpha exp(x[j])   elsewhere, also at 0, as in PyTorch

Not in the lecture.

Compiled: engine/stages/activations.py, engine/kernels/activations.py.
"""

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from chainrule.base.arguments import real_number
from chainrule.base.errors import NetworkError
from chainrule.layers.layer import Arrays, Context, Layer, register


def elu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """y, of x's shape."""
    return np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x)))


def elu_input_gradient(gy: np.ndarray, x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """dL/dx, of x's shape."""
    return gy * np.where(x > 0, 1, alpha * np.exp(np.where(x > 0, 0, x)))


@register
@dataclass(frozen=True)
class ELU(Layer):
    """Bend negative values towards -alpha: any shape -> the same.

    alpha : at least 0

    NetworkError for another. Source: D.-A. Clevert, T. Unterthiner, S. Hochreiter (2016).
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        expected = "a number of at least 0"
        alpha = real_number("ELU: alpha", self.alpha, expected, lambda alpha: alpha >= 0, error=NetworkError)
        object.__setattr__(self, "alpha", alpha)

    @property
    def y_range(self) -> tuple[float, float]:  # type: ignore[override]
        return 0.0 - self.alpha, inf

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return elu(x, self.alpha), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return elu_input_gradient(gy, saved, self.alpha), {}

    def kinks(self, x: np.ndarray) -> np.ndarray:
        return x > 0
