"""Scale(w; x) = w x + b, with one w and one b for each feature of a vector, or channel of an image.

    y[s,c,...] = w[c] x[s,c,...] + b[c]

    dL/dx[s,c,...] = dL/dy[s,c,...] w[c]
    dL/dw[c]       = sum over samples and pixels of dL/dy[s,c,...] x[s,c,...]
    dL/db[c]       = sum over samples and pixels of dL/dy[s,c,...]

Not in the lecture. It begins as the identity, w = 1 and b = 0; weight decay leaves both alone, as towards w = 0 nothing
would be left of x.

Compiled: engine/stages/scale.py, engine/kernels/normalisation/.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.layers.channels import along_channels, sum_of_channels
from chainrule.layers.initial import Parameter
from chainrule.layers.layer import Arrays, Context, Layer, Shape, register


def scale(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """y, of x's shape (s, c, ...), from w and b (c,)."""
    return along_channels(w, x) * x + along_channels(b, x)


def scale_input_gradient(gy: np.ndarray, w: np.ndarray) -> np.ndarray:
    """dL/dx, of gy's shape."""
    return gy * along_channels(w, gy)


def scale_weight_gradient(gy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """dL/dw (c,)."""
    return sum_of_channels(gy * x)


@register
class Scale(Layer):
    """A factor and a summand for each channel: any shape -> the same."""

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return scale(x, w["w"], w["b"]), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        gw = {"w": scale_weight_gradient(gy, saved), "b": sum_of_channels(gy)}
        return scale_input_gradient(gy, w["w"]), gw

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        channels = x_shape[:1]
        return {"w": Parameter(channels, "ones", decays=False), "b": Parameter(channels, "zeros", decays=False)}

    def multiply_adds(self, x_shape: Shape) -> int:
        return prod(x_shape)
