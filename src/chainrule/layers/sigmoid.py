"""Sigmoid(x) = 1 / (1 + exp(-x)), component by component: a score becomes a probability.

    dL/dx[j] = dL/dy[j] y[j] (1 - y[j])

Not in the lecture's network; it gives the probability for its 0/1 targets. For x < 0 it is computed as
exp(x) / (1 + exp(x)), which is the same: so exp never overflows, and a small y keeps its digits.

Compiled: engine/stages/elementwise.py, engine/kernels/elementwise.py.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.layers.layer import Arrays, Context, Layer, register


def sigmoid(x: np.ndarray) -> np.ndarray:
    """y, of x's shape."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def sigmoid_input_gradient(gy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dL/dx, of y's shape."""
    return gy * y * (1 - y)


@register
class Sigmoid(Layer):
    """Turn each score into a probability, 0 to 1: any shape -> the same. Source: P. F. Verhulst (1845)."""

    y_range: ClassVar = 0.0, 1.0

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        y = sigmoid(x)
        return y, y

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return sigmoid_input_gradient(gy, saved), {}
