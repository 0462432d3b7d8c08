"""log softmax(x), the logarithm of the probabilities, without computing them first.

y[i] = x[i] - log sum over k of exp(x[k])

dy[k]/dx[i] = [i = k] - softmax(x)[i],  so  dL/dx[i] = dL/dy[i] - softmax(x)[i] sum over k of dL/dy[k]

Compiled: engine/stages/definition.py.
"""

from math import inf
from typing import Any, ClassVar

import numpy as np

from chainrule.layers.layer import Arrays, Context, Layer, Shape, register
from chainrule.layers.shapes import vector_length


def log_softmax(x: np.ndarray) -> np.ndarray:
    """y (s, n) from x (s, n); -inf where x's type cannot hold it."""
    with np.errstate(over="ignore"):
        shifted = x - x.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def log_softmax_input_gradient(gy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dL/dx (s, n)."""
    return gy - np.exp(y) * gy.sum(axis=1, keepdims=True)


@register
class LogSoftmax(Layer):
    """Normalize scores into logarithms of probabilities, in nats: (n,) -> (n,).

    NetworkError for an image. Source: the lecture, whose loss takes the logarithm of its softmax.
    """

    y_range: ClassVar = -inf, 0.0

    def y_shape(self, x_shape: Shape) -> Shape:
        return (vector_length(self, x_shape),)

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        y = log_softmax(x)
        return y, y

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return log_softmax_input_gradient(gy, saved), {}
