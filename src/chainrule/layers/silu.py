"""SiLU(x) = x / (1 + exp(-x)), component by component: x times its sigmoid, a smooth ReLU that dips below 0.

    dL/dx[j] = dL/dy[j] s[j] (1 + x[j] (1 - s[j]))        s = sigmoid(x)

Also called swish. Not in the lecture.

Compiled: engine/stages/activations.py, engine/kernels/activations.py.
"""

from math import inf
from typing import Any, ClassVar

import numpy as np

from chainrule.layers.layer import Arrays, Context, Layer, register
from chainrule.layers.sigmoid import sigmoid


def silu(x: np.ndarray) -> np.ndarray:
    """y, of x's shape."""
    return x * sigmoid(x)


def silu_input_gradient(gy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """dL/dx, of x's shape."""
    s = sigmoid(x)
    return gy * s * (1 + x * (1 - s))


@register
class SiLU(Layer):
    """Weight each value by its sigmoid: any shape -> the same.

    Source: S. Elfwing, E. Uchibe, K. Doya (2018); P. Ramachandran, B. Zoph, Q. V. Le (2017).
    """

    y_range: ClassVar = -0.27846455, inf

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return silu(x), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return silu_input_gradient(gy, saved), {}
