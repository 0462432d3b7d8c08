"""softmax(x): positive components that sum to 1, in which the largest x dominates.

    y[i] = exp(x[i]) / sum over k of exp(x[k])

    dy[k]/dx[i] = y[k] ([i = k] - y[i]),  so  dL/dx[i] = y[i] (dL/dy[i] - sum over k of dL/dy[k] y[k])

exp(x - max x) instead of exp(x) changes nothing but the overflow.
"""

import numpy as np

from chainrule.base.random import Draws
from chainrule.layers.layer import Layer, Parameters, Shape, vector_length


def softmax(x: np.ndarray) -> np.ndarray:
    """y (s, n) from x (s, n)."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_input_gradient(gy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dL/dx (s, n)."""
    return y * (gy - (gy * y).sum(axis=1, keepdims=True))


class Softmax(Layer):
    """Normalize scores into probabilities."""

    def output_shape(self, input_shape: Shape) -> Shape:
        return (vector_length(self, input_shape),)

    def forward(self, x: np.ndarray, parameters: Parameters, draws: Draws | None) -> np.ndarray:
        return softmax(x)

    def input_gradient(
        self, gy: np.ndarray, x: np.ndarray, y: np.ndarray, parameters: Parameters, draws: Draws | None
    ) -> np.ndarray:
        return softmax_input_gradient(gy, y)
