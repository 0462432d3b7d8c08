"""softmax(x): positive components that sum to 1, in which the largest x dominates.

    y[i] = exp(x[i]) / sum over k of exp(x[k])

    dy[k]/dx[i] = y[k] ([i = k] - y[i]),  so  dL/dx[i] = y[i] (dL/dy[i] - sum over k of dL/dy[k] y[k])

exp(x - max x) instead of exp(x) changes nothing but the overflow.

Compiled: engine/stages/definition.py.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.layers.layer import Arrays, Context, Layer, Shape, register
from chainrule.layers.shapes import vector_length


def softmax(x: np.ndarray) -> np.ndarray:
    """y (s, n) from x (s, n)."""
    with np.errstate(over="ignore"):  # a difference beyond all numbers is -inf, whose exp is 0, too
        e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_input_gradient(gy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dL/dx (s, n)."""
    return y * (gy - (gy * y).sum(axis=1, keepdims=True))


@register
class Softmax(Layer):
    """Normalize scores into probabilities: (n,) -> (n,).

    NetworkError for an image. Source: the lecture; J. S. Bridle (1990).
    """

    y_range: ClassVar = 0.0, 1.0

    def y_shape(self, x_shape: Shape) -> Shape:
        return (vector_length(self, x_shape),)

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        y = softmax(x)
        return y, y

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return softmax_input_gradient(gy, saved), {}
