"""ReLU(x) = max(x, 0), component by component.

    dL/dx[j] = dL/dy[j]   where x[j] > 0
             = 0          where x[j] < 0

At x = 0 there is no derivative, and the lecture gives both: max(sign(x), 0), which is 0 there, and "dL/dy (x >= 0)",
which is 1. `derivative_at_zero` chooses; the default 0 is what PyTorch and JAX take. NaN stays NaN, and where x is NaN
dL/dx is dL/dy, as in PyTorch: it is not below 0.

Compiled: engine/stages/elementwise.py, engine/kernels/elementwise.py.
"""

from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import short
from chainrule.layers.layer import Arrays, Context, Layer, register


def relu(x: np.ndarray) -> np.ndarray:
    """y, of x's shape."""
    return np.maximum(x, 0)


def relu_input_gradient(gy: np.ndarray, x: np.ndarray, derivative_at_zero: int = 0) -> np.ndarray:
    """dL/dx, of x's shape."""
    stopped = x < 0 if derivative_at_zero else x <= 0
    return gy * ~stopped


@register
@dataclass(frozen=True)
class ReLU(Layer):
    """Zero negative values: any shape -> the same.

    derivative_at_zero : 0 or 1, of a value that is exactly 0

    NetworkError for another. Source: the lecture; V. Nair, G. E. Hinton (2010).
    """

    derivative_at_zero: int = 0
    y_range: ClassVar = 0.0, inf

    def __post_init__(self) -> None:
        if not is_whole(self.derivative_at_zero, 0) or self.derivative_at_zero > 1:
            raise NetworkError(f"ReLU: derivative_at_zero is {short(self.derivative_at_zero)}; expected 0 or 1")
        object.__setattr__(self, "derivative_at_zero", int(self.derivative_at_zero))

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return relu(x), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return relu_input_gradient(gy, saved, self.derivative_at_zero), {}

    def kinks(self, x: np.ndarray) -> np.ndarray:
        return x > 0
