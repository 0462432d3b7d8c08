"""AveragePooling(x): replace each patch of the image by its mean.

    y[s,c,i,j] = 1/K^2 sum over di,dj of x[s,c,S i + di,S j + dj]

Each pixel moves the y of its patches by 1/K^2, so

    dL/dx[s,c,S i + di,S j + dj] = 1/K^2 sum over the patches (i,j) that hold this pixel of dL/dy[s,c,i,j].

Not in the lecture. Rows and columns that fill no whole patch at the right and lower edges are left out.

Compiled: engine/stages/pooling.py, engine/kernels/pooling/average.py.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.layers.layer import Arrays, Context, Shape, register
from chainrule.layers.windows import Pooling, patch_elements


def average_pooling(x: np.ndarray, size: int = 2, stride: int = 2) -> np.ndarray:
    """y (s, c, i, j) from x (s, c, H, W)."""
    return np.add.reduce(list(patch_elements(x, size, stride))) / size**2


def average_pooling_input_gradient(gy: np.ndarray, x_shape: Shape, size: int = 2, stride: int = 2) -> np.ndarray:
    """dL/dx, of shape `x_shape`."""
    gx = np.zeros(x_shape, gy.dtype)
    for element in patch_elements(gx, size, stride):
        element += gy / size**2
    return gx


@register
@dataclass(frozen=True)
class AveragePooling(Pooling):
    """The mean of each patch: (c, h, w) -> (c, (h - size) // stride + 1, (w - size) // stride + 1).

    size : of `size` x `size` pixels
    stride : pixels from one patch to the next; 0: side by side

    NetworkError for an input that is no image, and for one smaller than a patch. Source: Y. LeCun et al. (1989).
    """

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return average_pooling(x, self.size, self.step), x.shape

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return average_pooling_input_gradient(gy, saved, self.size, self.step), {}
