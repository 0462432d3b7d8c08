"""Sigmoid(x) = 1 / (1 + exp(-x)), component by component: a score becomes a probability.

    dL/dx[j] = dL/dy[j] y[j] (1 - y[j])

Not in the lecture's network; it gives the probability for its 0/1 targets. Computed as (1 + tanh(x/2)) / 2, which is
the same and never overflows.
"""

import numpy as np

from chainrule.layers.layer import Layer, Parameters
from chainrule.random import Draws


def sigmoid(x: np.ndarray) -> np.ndarray:
    """y, of x's shape."""
    return (1 + np.tanh(x / 2)) / 2


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
