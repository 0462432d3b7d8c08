"""Dropout(x): in training, zero each value with probability p and scale the others by 1/(1-p).

    y[s,j]     = x[s,j] k[s,j] / (1-p)        k[s,j] = 0 with probability p, else 1
    dL/dx[s,j] = dL/dy[s,j] k[s,j] / (1-p)

so that the mean of y is x; in evaluation it is the identity. The context's draws say which are kept, so that every
engine drops the same ones: an element is dropped where its 32-bit random word is below p 2**32.

With `channels` the j of k[s,j] is the channel: of one, all pixels are dropped, or none. Neighbouring pixels tell much
the same, so that one dropped alone is no loss.

Compiled: engine/stages/elementwise.py, engine/kernels/channel_dropout.py, engine/kernels/philox.py.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from chainrule.base.arguments import real_number, truth
from chainrule.base.errors import NetworkError
from chainrule.layers.layer import Arrays, Context, Layer, register


def dropout(x: np.ndarray, keep: np.ndarray, p: float) -> np.ndarray:
    """y, of x's shape, from the mask `keep`, likewise, or of one number a channel."""
    return x * (keep * x.dtype.type(1 / (1 - p)))


def dropout_input_gradient(gy: np.ndarray, keep: np.ndarray, p: float) -> np.ndarray:
    """dL/dx, of gy's shape."""
    return gy * (keep * gy.dtype.type(1 / (1 - p)))


@register
@dataclass(frozen=True)
class Dropout(Layer):
    """Probabilistically zero some values, in training: any shape -> the same.

    p : the probability of each, from 0 to below 1
    channels : whether a channel is zeroed as a whole; a feature of a vector is one

    NetworkError for others. Source: the lecture; N. Srivastava et al., *Dropout* (2014); of channels, J. Tompson et al.
    (2015).
    """

    p: float = 0.5
    channels: bool = False

    def __post_init__(self) -> None:
        expected = "a probability from 0 to below 1"
        p = real_number("Dropout: p", self.p, expected, lambda p: 0 <= p < 1, error=NetworkError)
        object.__setattr__(self, "p", p)
        object.__setattr__(self, "channels", truth("Dropout: channels", self.channels, NetworkError))

    def __str__(self) -> str:
        return f"Dropout({self.p}{', channels=True' if self.channels else ''})"

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        if not context.training:
            return x, None
        shape = (*x.shape[:2], *[1] * (x.ndim - 2)) if self.channels else x.shape
        keep = context.draws.keep(self.p, len(x), prod(shape[1:])).reshape(shape)
        return dropout(x, keep, self.p), keep

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return gy if saved is None else dropout_input_gradient(gy, saved, self.p), {}
