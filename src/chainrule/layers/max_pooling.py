"""MaxPooling(x): replace each patch of the image (2x2 in the lecture) by its largest value.

    y[s,c,i,j] = max over di,dj of x[s,c,S i + di,S j + dj]

Only the winner of a patch moves y, so

    dL/dx[s,c,S i + di,S j + dj] = sum over the patches (i,j) that this pixel wins of dL/dy[s,c,i,j].

Ties go to the first maximum in row-major order; a NaN wins, so that NaN propagates. Rows and columns that fill no
whole patch at the right and lower edges are left out.

Compiled: engine/stages/pooled.py, engine/stages/pooling.py, engine/kernels/pooling/.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.layers.layer import Arrays, Context, register
from chainrule.layers.windows import Pooling, patch_elements


def max_pooling(x: np.ndarray, size: int = 2, stride: int = 2) -> np.ndarray:
    """y (s, c, i, j) from x (s, c, H, W)."""
    return np.maximum.reduce(list(patch_elements(x, size, stride)))


def first_maxima(x: np.ndarray, y: np.ndarray, size: int = 2, stride: int = 2) -> Iterator[np.ndarray]:
    """For each offset (di, dj) of a patch, row by row: (s, c, i, j), whether this element is the patch's winner."""
    free = np.ones_like(y, bool)  # patches whose winner has not been met
    for element in patch_elements(x, size, stride):
        won = free & ((element == y) | np.isnan(element))
        free &= ~won
        yield won


def max_pooling_input_gradient(
    gy: np.ndarray, x: np.ndarray, y: np.ndarray, size: int = 2, *, stride: int = 2
) -> np.ndarray:
    """dL/dx, of x's shape."""
    gx = np.zeros_like(x, gy.dtype)
    for element, won in zip(patch_elements(gx, size, stride), first_maxima(x, y, size, stride), strict=True):
        element += gy * won
    return gx


@register
@dataclass(frozen=True)
class MaxPooling(Pooling):
    """The largest value of each patch: (c, h, w) -> (c, (h - size) // stride + 1, (w - size) // stride + 1).

    size : of `size` x `size` pixels
    stride : pixels from one patch to the next; 0: side by side

    NetworkError for an input that is no image, and for one smaller than a patch. Source: the lecture.
    """

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        y = max_pooling(x, self.size, self.step)
        return y, (x, y)

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        x, y = saved
        return max_pooling_input_gradient(gy, x, y, self.size, stride=self.step), {}

    def kinks(self, x: np.ndarray) -> np.ndarray:
        return np.stack(list(first_maxima(x, max_pooling(x, self.size, self.step), self.size, self.step)))
