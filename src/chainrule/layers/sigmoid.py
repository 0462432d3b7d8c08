"""Sigmoid(x) = 1 / (1 + exp(-x)), component by component: a score becomes a probability.

    dL/dx[j] = dL/dy[j] y[j] (1 - y[j])

Not in the lecture's network; it gives the probability for its 0/1 targets. For x < 0 it is computed as
exp(x) / (1 + exp(x)), which is the same: so exp never overflows, and a small y keeps its digits.
"""

import numpy as np

from chainrule.base.random import Draws
from chainrule.layers.layer import Layer, Parameters


def sigmoid(x: np.ndarray) -> np.ndarray:
    """y, of x's shape."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def sigmoid_input_gradient(gy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dL/dx, of y's shape."""
    return gy * y * (1 - y)


class Sigmoid(Layer):
    """Turn each score into a probability."""

    def forward(self, x: np.ndarray, parameters: Parameters, draws: Draws | None) -> np.ndarray:
        return sigmoid(x)

    def input_gradient(
        self, gy: np.ndarray, x: np.ndarray, y: np.ndarray, parameters: Parameters, draws: Draws | None
    ) -> np.ndarray:
        return sigmoid_input_gradient(gy, y)
