"""MaxPooling(x): replace each patch of the image (2x2 in the lecture) by its largest value.

    y[s,c,i,j] = max over di,dj of x[s,c,S i + di - P,S j + dj - P]

of the pixels that there are: a padded one is never the largest. Only the winner of a patch moves y, so

    dL/dx[s,c,S i + di - P,S j + dj - P] = sum over the patches (i,j) that this pixel wins of dL/dy[s,c,i,j].

Ties go to the first maximum in row-major order; a NaN wins, so that NaN propagates. Rows and columns that fill no
whole patch at the right and lower edges are left out. A signal has no i.

Compiled: engine/stages/pooled.py, engine/stages/pooling.py, engine/stages/sliding.py, engine/kernels/pooling/.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.layers.layer import Arrays, Context, register
from chainrule.layers.pooling import Pooling
from chainrule.layers.windows import Padding, Sizes, windows


def max_pooling(x: np.ndarray, size: Sizes = 2, stride: Sizes = 2, *, padding: Padding = 0) -> np.ndarray:
    """y (s, c, i, j) from x (s, c, H, W)."""
    at = windows(x.shape[2:], size, stride=stride, padding=padding)
    return np.maximum.reduce(list(at.elements(at.pad(x, -np.inf))))


def first_maxima(
    x: np.ndarray, y: np.ndarray, size: Sizes = 2, stride: Sizes = 2, *, padding: Padding = 0
) -> Iterator[np.ndarray]:
    """For each offset (di, dj) of a patch, row by row: (s, c, i, j), whether this element is the patch's winner."""
    at = windows(x.shape[2:], size, stride=stride, padding=padding)
    free = np.ones_like(y, bool)  # patches whose winner has not been met
    for element, inside in zip(at.elements(at.pad(x)), at.elements(at.inside()), strict=True):
        won = free & inside & ((element == y) | np.isnan(element))
        free &= ~won
        yield won


def max_pooling_input_gradient(
    gy: np.ndarray, x: np.ndarray, y: np.ndarray, size: Sizes = 2, *, stride: Sizes = 2, padding: Padding = 0
) -> np.ndarray:
    """dL/dx, of x's shape."""
    at = windows(x.shape[2:], size, stride=stride, padding=padding)
    gx = np.zeros((*x.shape[:2], *at.padded), gy.dtype)
    for element, won in zip(at.elements(gx), first_maxima(x, y, size, stride, padding=padding), strict=True):
        element += gy * won
    return at.crop(gx)


@register
@dataclass(frozen=True)
class MaxPooling(Pooling):
    """The largest value of each patch: (c, h, w) -> (c, (h + 2P - K) // S + 1, (w + 2P - K) // S + 1), likewise (c, n).

    size : K, of K x K pixels, or of K in a signal
    stride : S, pixels from one patch to the next; 0: side by side
    padding : P pixels around x that are never the largest, at most half of K; "same": as many as give y ceil(h / S)
        rows and ceil(w / S) columns, an odd one behind x

    A size is one number, or one for each axis. NetworkError for an input that is neither image nor signal, and for one
    smaller than a patch. Source: the lecture.
    """

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        y = max_pooling(x, self.size, self.step, padding=self.padding)
        return y, (x, y)

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        x, y = saved
        return max_pooling_input_gradient(gy, x, y, self.size, stride=self.step, padding=self.padding), {}

    def kinks(self, x: np.ndarray) -> np.ndarray:
        y = max_pooling(x, self.size, self.step, padding=self.padding)
        return np.stack(list(first_maxima(x, y, self.size, self.step, padding=self.padding)))
