"""Tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)), component by component.

    dL/dx[j] = dL/dy[j] (1 - y[j]^2)

Not in the lecture.
"""

import numpy as np

from chainrule.base.random import Draws
from chainrule.layers.layer import Layer, Parameters


def tanh(x: np.ndarray) -> np.ndarray:
    """y, of x's shape."""
    return np.tanh(x)


def tanh_input_gradient(gy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """dL/dx, of y's shape."""
    return gy * (1 - y**2)


class Tanh(Layer):
    """Squash each value into -1 .. 1."""

    def forward(self, x: np.ndarray, parameters: Parameters, draws: Draws | None) -> np.ndarray:
        return tanh(x)

    def input_gradient(
        self, gy: np.ndarray, x: np.ndarray, y: np.ndarray, parameters: Parameters, draws: Draws | None
    ) -> np.ndarray:
        return tanh_input_gradient(gy, y)
