"""LeakyReLU(x) = x where x > 0, else slope x, component by component: a unit that is off still learns.

    dL/dx[j] = dL/dy[j]           where x[j] > 0
             = dL/dy[j] slope     elsewhere, also at 0, as in PyTorch

With slope 0 it is ReLU. Not in the lecture.

Compiled: engine/stages/activations.py, engine/kernels/activations.py.
"""

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from chainrule.base.arguments import real_number
from chainrule.base.errors import NetworkError
from chainrule.layers.layer import Arrays, Context, Layer, register


def leaky_relu(x: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """y, of x's shape."""
    return np.where(x > 0, x, slope * x)


def leaky_relu_input_gradient(gy: np.ndarray, x: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """dL/dx, of x's shape."""
    return np.where(x > 0, gy, slope * gy)


@register
@dataclass(frozen=True)
class LeakyReLU(Layer):
    """Shrink negative values: any shape -> the same.

    slope : what these are multiplied by, at least 0

    NetworkError for another. Source: A. L. Maas, A. Y. Hannun, A. Y. Ng (2013).
    """

    slope: float = 0.01

    def __post_init__(self) -> None:
        expected = "a number of at least 0"
        slope = real_number("LeakyReLU: slope", self.slope, expected, lambda slope: slope >= 0, error=NetworkError)
        object.__setattr__(self, "slope", slope)

    @property
    def y_range(self) -> tuple[float, float]:  # type: ignore[override]
        return (-inf if self.slope else 0.0), inf

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return leaky_relu(x, self.slope), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return leaky_relu_input_gradient(gy, saved, self.slope), {}

    def kinks(self, x: np.ndarray) -> np.ndarray:
        return x > 0
