"""Flatten(x): each sample as one vector, in (c, i, j) order.

    y[s,(c H + i) W + j] = x[s,c,i,j],    dL/dx[s,c,i,j] = dL/dy[s,(c H + i) W + j]

A Linear does that by itself; this is for who looks for it, and for what takes vectors only.

Compiled: engine/stages/reshaping.py, engine/kernels/flatten.py.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.layers.layer import Arrays, Context, Layer, Shape, register
from chainrule.layers.linear import flat


@register
class Flatten(Layer):
    """Each sample as one vector: any shape -> (n,)."""

    def y_shape(self, x_shape: Shape) -> Shape:
        return (prod(x_shape),)

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return flat(x), x.shape

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return gy.reshape(saved), {}
