"""AveragePooling(x): replace each patch of the image by its mean.

    y[s,c,i,j] = 1/n[i,j] sum over di,dj of x[s,c,S i + di - P,S j + dj - P]

where n = K^2, and a padded pixel counts as 0; or, without `count_include_pad`, where n[i,j] is how many of the patch's
pixels are x's own. Each pixel moves the y of its patches by 1/n, so

    dL/dx[s,c,S i + di - P,S j + dj - P] = sum over the patches (i,j) that hold this pixel of 1/n[i,j] dL/dy[s,c,i,j].

Not in the lecture. Rows and columns that fill no whole patch at the right and lower edges are left out. A signal has
no i, and n = K.

Compiled: engine/stages/pooling.py, engine/stages/sliding.py, engine/kernels/pooling/.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from chainrule.base.arguments import truth
from chainrule.base.errors import NetworkError
from chainrule.layers.layer import Arrays, Context, Shape, register
from chainrule.layers.pooling import Pooling
from chainrule.layers.windows import Padding, Sizes, Windows, windows


def average_pooling(
    x: np.ndarray, size: Sizes = 2, stride: Sizes = 2, *, padding: Padding = 0, count_include_pad: bool = True
) -> np.ndarray:
    """y (s, c, i, j) from x (s, c, H, W)."""
    at = windows(x.shape[2:], size, stride=stride, padding=padding)
    return np.add.reduce(list(at.elements(at.pad(x)))) / numbers_of(at, count_include_pad, x.dtype)


def average_pooling_input_gradient(
    gy: np.ndarray, x_shape: Shape, size: Sizes = 2, stride: Sizes = 2, *,
    padding: Padding = 0, count_include_pad: bool = True,
) -> np.ndarray:  # fmt: skip
    """dL/dx, of shape `x_shape`."""
    at = windows(x_shape[2:], size, stride=stride, padding=padding)
    gx = np.zeros((*x_shape[:2], *at.padded), gy.dtype)
    for element in at.elements(gx):
        element += gy / numbers_of(at, count_include_pad, gy.dtype)
    return at.crop(gx)


def numbers_of(at: Windows, count_include_pad: bool, dtype: np.dtype) -> np.ndarray | int:
    """n, of all patches or of each (i, j)."""
    if count_include_pad:
        return prod(at.size)
    return np.add.reduce([inside.astype(dtype) for inside in at.elements(at.inside())])


@register
@dataclass(frozen=True)
class AveragePooling(Pooling):
    """The mean of each patch: (c, h, w) -> (c, (h + 2P - K) // S + 1, (w + 2P - K) // S + 1), likewise (c, n).

    size : K, of K x K pixels, or of K in a signal
    stride : S, pixels from one patch to the next; 0: side by side
    padding : P zeros around x, at most half of K; "same": as many as give y ceil(h / S) rows and ceil(w / S) columns,
        an odd one behind x
    count_include_pad : whether these zeros count in the mean, as by default in PyTorch; in ONNX's default they do not

    A size is one number, or one for each axis. NetworkError for an input that is neither image nor signal, and for one
    smaller than a patch. Source: Y. LeCun et al. (1989).
    """

    count_include_pad: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        counted = truth("AveragePooling: count_include_pad", self.count_include_pad, NetworkError)
        object.__setattr__(self, "count_include_pad", counted)

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        how = {"padding": self.padding, "count_include_pad": self.count_include_pad}
        return average_pooling(x, self.size, self.step, **how), x.shape

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        how = {"padding": self.padding, "count_include_pad": self.count_include_pad}
        return average_pooling_input_gradient(gy, saved, self.size, self.step, **how), {}
