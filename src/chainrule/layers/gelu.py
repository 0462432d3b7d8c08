"""GELU(x) = x P(x), component by component, where P(x) is the probability that a normal number is below x.

    P(x) = (1 + erf(x / sqrt 2)) / 2            p(x) = dP/dx = exp(-x^2 / 2) / sqrt(2 pi)

    dL/dx[j] = dL/dy[j] (P(x[j]) + x[j] p(x[j]))

`approximate` takes a formula without erf for P, which differs by at most 5e-4:

    P(x) = (1 + tanh u) / 2 = sigmoid(2u)       u = sqrt(2 / pi) (x + 0.044715 x^3)
    p(x) = P(x) (1 - P(x)) 2 du/dx

It is computed as erfc(-x / sqrt 2) / 2, and as the sigmoid, which are the same: so a small y keeps its digits. Not in
the lecture.

Compiled: engine/stages/activations.py, engine/kernels/activations.py.
"""

from dataclasses import dataclass
from math import erfc, inf, pi, sqrt
from typing import Any, ClassVar

import numpy as np

from chainrule.base.arguments import truth
from chainrule.base.errors import NetworkError
from chainrule.layers.layer import Arrays, Context, Layer, register
from chainrule.layers.sigmoid import sigmoid

CUBIC = 0.044715
FAR = 50
"""|x| beyond which P is 0 or 1, and p is 0, in every float type."""

erfc_of_each = np.frompyfunc(erfc, 1, 1)  # NumPy has none


def probability_below(x: np.ndarray, approximate: bool = False) -> np.ndarray:
    """P, of x's shape and type."""
    near = np.clip(x, -FAR, FAR)
    if approximate:
        return sigmoid(2 * sqrt(2 / pi) * (near + CUBIC * near**3))
    return np.asarray(erfc_of_each(near / -sqrt(2)), x.dtype) / 2


def density(x: np.ndarray, approximate: bool = False) -> np.ndarray:
    """p, likewise."""
    near = np.clip(x, -FAR, FAR)
    if approximate:
        below = probability_below(near, True)
        return below * (1 - below) * (2 * sqrt(2 / pi) * (1 + 3 * CUBIC * near**2))
    return np.exp(near**2 / -2) / sqrt(2 * pi)


def gelu(x: np.ndarray, approximate: bool = False) -> np.ndarray:
    """y, of x's shape."""
    return x * probability_below(x, approximate)


def gelu_input_gradient(gy: np.ndarray, x: np.ndarray, approximate: bool = False) -> np.ndarray:
    """dL/dx, of x's shape."""
    return gy * (probability_below(x, approximate) + x * density(x, approximate))


@register
@dataclass(frozen=True)
class GELU(Layer):
    """Weight each value by the probability of a smaller one: any shape -> the same.

    approximate : by tanh instead of erf

    NetworkError for what is neither True nor False. Source: D. Hendrycks, K. Gimpel (2016).
    """

    approximate: bool = False
    y_range: ClassVar = -0.1700408, inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "approximate", truth("GELU: approximate", self.approximate, NetworkError))

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return gelu(x, self.approximate), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return gelu_input_gradient(gy, saved, self.approximate), {}
