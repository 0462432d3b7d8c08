"""GlobalAveragePooling(x): each channel becomes the mean of all its pixels.

    y[s,c] = 1/HW sum over i,j of x[s,c,i,j],    dL/dx[s,c,i,j] = dL/dy[s,c] / HW

(of a signal, of its L numbers). Not in the lecture. What comes behind it does not depend on how large the image is.

Compiled: engine/stages/reshaping.py, engine/kernels/pooling/whole.py.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.layers.layer import Arrays, Context, Layer, Shape, register


def global_average_pooling(x: np.ndarray) -> np.ndarray:
    """y (s, c) from x (s, c, ...)."""
    return x.mean(axis=tuple(range(2, x.ndim)))


def global_average_pooling_input_gradient(gy: np.ndarray, x_shape: Shape) -> np.ndarray:
    """dL/dx, of shape `x_shape` (s, c, ...)."""
    of_each = gy / prod(x_shape[2:])
    return np.broadcast_to(of_each.reshape(*gy.shape, *[1] * (len(x_shape) - 2)), x_shape)


@register
class GlobalAveragePooling(Layer):
    """The mean of each channel: (c, h, w) or (c, length) -> (c,).

    NetworkError for a vector. Source: M. Lin, Q. Chen, S. Yan, *Network in Network* (2014).
    """

    def y_shape(self, x_shape: Shape) -> Shape:
        if len(x_shape) < 2:
            raise NetworkError(f"GlobalAveragePooling takes channels of pixels, but its input has shape {x_shape}")
        return x_shape[:1]

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return global_average_pooling(x), x.shape

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return global_average_pooling_input_gradient(gy, saved), {}
