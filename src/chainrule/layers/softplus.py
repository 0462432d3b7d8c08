"""Softplus(x) = log(1 + exp(x)), component by component: a smooth ReLU, whose derivative is the sigmoid.

    dL/dx[j] = dL/dy[j] sigmoid(x[j])

It is computed as max(x, 0) + log(1 + exp(-|x|)), which is the same: so exp never overflows, and a small y keeps its
digits. Not in the lecture.

Compiled: engine/stages/activations.py, engine/kernels/activations.py.
"""

from math import inf
from typing import Any, ClassVar

import numpy as np

from chainrule.layers.layer import Arrays, Context, Layer, register
from chainrule.layers.sigmoid import sigmoid


def softplus(x: np.ndarray) -> np.ndarray:
    """y, of x's shape."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_input_gradient(gy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """dL/dx, of x's shape."""
    return gy * sigmoid(x)


@register
class Softplus(Layer):
    """Make each value positive, smoothly: any shape -> the same. Source: C. Dugas et al. (2001)."""

    y_range: ClassVar = 0.0, inf

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return softplus(x), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return softplus_input_gradient(gy, saved), {}
