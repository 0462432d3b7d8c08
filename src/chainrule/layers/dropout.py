"""Dropout(x): in training, zero each value with probability p and scale the others by 1/(1-p).

    y[s,j]     = x[s,j] k[s,j] / (1-p)        k[s,j] = 0 with probability p, else 1
    dL/dx[s,j] = dL/dy[s,j] k[s,j] / (1-p)

so that the mean of y is x; in evaluation it is the identity. The masks k come from `chainrule.random`, which gives
every engine the same ones: an element is dropped where its 32-bit word is below p 2**32. A dropout may instead have
a `stream` of its own (the lecture's program does): then an element is dropped where u < p, in (s, c, i, j) order, the
backward pass replays the draws of its forward pass, and evaluation consumes draws too.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.base.lcg48 import Lcg48
from chainrule.base.random import Draws
from chainrule.layers.layer import Layer, Parameters


def dropout(x: np.ndarray, keep: np.ndarray, p: float) -> np.ndarray:
    """y, of x's shape, from the mask `keep`, likewise."""
    return x * (keep * x.dtype.type(1 / (1 - p)))


def dropout_input_gradient(gy: np.ndarray, keep: np.ndarray, p: float) -> np.ndarray:
    """dL/dx, of gy's shape."""
    return gy * (keep * gy.dtype.type(1 / (1 - p)))


@dataclass(frozen=True)
class Dropout(Layer):
    """Probabilistically zero some values."""

    p: float = 0.5
    stream: Lcg48 | None = None

    def __post_init__(self) -> None:
        if isinstance(self.p, bool) or not isinstance(self.p, int | float) or not 0 <= self.p < 1:
            raise NetworkError(f"Dropout: p is {self.p!r}; expected a probability from 0 to below 1")

    def __str__(self) -> str:
        return f"Dropout({self.p})" if self.stream is None else f"Dropout({self.p}, {self.stream})"

    def keep(self, x: np.ndarray, draws: Draws) -> np.ndarray:
        """The mask k of this batch, of x's shape."""
        if self.stream is not None:
            return (self.stream.replay(draws, x.size) >= self.p).reshape(x.shape)
        threshold = np.uint32(min(round(self.p * 2.0**32), 2**32 - 1))
        return (draws.bits(len(x), prod(x.shape[1:])) >= threshold).reshape(x.shape)

    def forward(self, x: np.ndarray, parameters: Parameters, draws: Draws | None) -> np.ndarray:
        if draws is None:
            if self.stream is not None:
                self.stream.skip(x.size)
            return x
        return dropout(x, self.keep(x, draws), self.p)

    def input_gradient(
        self, gy: np.ndarray, x: np.ndarray, y: np.ndarray, parameters: Parameters, draws: Draws | None
    ) -> np.ndarray:
        return gy if draws is None else dropout_input_gradient(gy, self.keep(x, draws), self.p)
