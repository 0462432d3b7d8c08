"""log softmax(x), the logarithm of the probabilities, without computing them first.

y[i] = x[i] - log sum over k of exp(x[k])

dy[k]/dx[i] = [i = k] - softmax(x)[i],  so  dL/dx[i] = dL/dy[i] - softmax(x)[i] sum over k of dL/dy[k]
"""

import numpy as np

from chainrule.base.random import Draws
from chainrule.layers.layer import Layer, Parameters, Shape, vector_length


def log_softmax(x: np.ndarray) -> np.ndarray:
    """y (s, n) from x (s, n)."""
    shifted = x - x.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def log_softmax_input_gradient(gy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dL/dx (s, n)."""
    return gy - np.exp(y) * gy.sum(axis=1, keepdims=True)


class LogSoftmax(Layer):
    """Normalize scores into logarithms of probabilities."""

    def output_shape(self, input_shape: Shape) -> Shape:
        return (vector_length(self, input_shape),)

    def forward(self, x: np.ndarray, parameters: Parameters, draws: Draws | None) -> np.ndarray:
        return log_softmax(x)

    def input_gradient(
        self, gy: np.ndarray, x: np.ndarray, y: np.ndarray, parameters: Parameters, draws: Draws | None
    ) -> np.ndarray:
        return log_softmax_input_gradient(gy, y)
