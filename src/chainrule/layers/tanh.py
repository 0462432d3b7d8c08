"""Tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)), component by component.

    dL/dx[j] = dL/dy[j] (1 - y[j]^2)

Not in the lecture.

Compiled: engine/stages/elementwise.py, engine/kernels/elementwise.py.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.layers.layer import Arrays, Context, Layer, register


def tanh(x: np.ndarray) -> np.ndarray:
    """y, of x's shape."""
    return np.tanh(x)


def tanh_input_gradient(gy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dL/dx, of y's shape."""
    return gy * (1 - y**2)


@register
class Tanh(Layer):
    """Squash each value into -1 .. 1: any shape -> the same. Source: Y. LeCun et al., *Efficient BackProp* (1998)."""

    y_range: ClassVar = -1.0, 1.0

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        y = tanh(x)
        return y, y

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return tanh_input_gradient(gy, saved), {}
