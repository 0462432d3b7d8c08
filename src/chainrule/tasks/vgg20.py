"""20vgg: what the sibling of the lecture's C++ program is made of: its layers, weights, data and draws.

All is drawn from drand48 (`tasks/drand48.py`), from a stream each for the weights, the shuffle of the data, the batches
and each of ten dropouts. The program itself: tasks/vgg20_program.py.

Source: K. Simonyan, A. Zisserman, *Very Deep Convolutional Networks* (2015); the program is K. Taura's.
"""

from dataclasses import dataclass

import numpy as np

from chainrule.base.random import Draws, Source
from chainrule.layers import BatchNormalisation, Convolution, Dropout, Layer, Linear, MaxPooling, ReLU
from chainrule.network.network import Network
from chainrule.tasks.drand48 import Stream, drawn_again

SHAPE = 3, 32, 32
CLASSES = 10
SHUFFLES = 15
EPS = 2e-5


def block(channels: int) -> list[Layer]:
    return [Convolution(channels, padding=1, bias=False), *normalised()]


def normalised() -> list[Layer]:
    return [BatchNormalisation(eps=EPS, running=False), ReLU(derivative_at_zero=1)]


def layers(channels: int, dropout: bool, dtype: np.dtype) -> list[Layer]:
    """The program's layers; without dropout the same as with its probabilities at 0."""
    drop = {p: [Dropout(float(dtype.type(p)))] if dropout else [] for p in (0.3, 0.4, 0.5)}
    c, pool = channels, MaxPooling()
    twice = [*block(c), *drop[0.3], *block(c), pool, *block(2 * c), *drop[0.4], *block(2 * c), pool]
    thrice = [[*block(n), *drop[0.4], *block(n), *drop[0.4], *block(n), pool] for n in (4 * c, 8 * c, 8 * c)]
    head = [Linear(8 * c, bias=False), *normalised(), *drop[0.5], Linear(CLASSES, bias=False)]
    return [*twice, *(layer for group in thrice for layer in group), *drop[0.5], *head]


def weights(network: Network, seed: int) -> np.ndarray:
    """(size,) of w's type: filters and matrices normal of variance 1/fan_in, matrices drawn (in, out); all others
    uniform from 0 to 1."""
    w, stream = np.empty_like(network.w), Stream(seed)
    for placed in network.parameters:
        view = placed.view(w)
        if view.ndim == 1:
            view[...] = stream.uniform(view.size)
            continue
        drawn = stream.normal(view.size, placed.parameter.fan_in**-0.5, w.dtype)
        view[...] = drawn.reshape(view.shape[::-1]).T if view.ndim == 2 else drawn.reshape(view.shape)
    return w


def scaled(pixels: np.ndarray) -> np.ndarray:
    """(n, 3, 32, 32) float32 of bytes: each image divided by its largest."""
    largest = pixels.reshape(len(pixels), -1).max(axis=1).astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):  # a black image becomes NaN, as in the program
        return pixels * (np.float32(1) / largest)[:, None, None, None]


def shuffled(n: int, seed: int) -> np.ndarray:
    """(n,) int64: 0 .. n-1 after the program's shuffles."""
    order, stream = np.arange(n), Stream(seed)
    for _ in range(SHUFFLES):
        for i, j in enumerate(stream.below(n - np.arange(n)).tolist()):
            order[i], order[i + j] = order[i + j], order[i]
    return order


@dataclass(frozen=True)
class StreamDraws(Draws):
    """Those of a dropout, a stream of its own, after as many samples as the batch's offset."""

    streams: tuple[tuple[int, int], ...] = ()  # (the number of a dropout's layer, its seed)

    def keep(self, p: float, samples: int, elements: int) -> np.ndarray:
        seed = dict(self.streams)[self.layer]
        return drawn_again(seed, self.offset * elements, samples * elements).reshape(samples, elements) >= p


@dataclass(frozen=True)
class Streams(Source):
    """The random words of a run."""

    streams: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, network: Network, seed: int) -> "Streams":
        """The k-th dropout, from 1 on, has the seed + 100 k."""
        numbers = [node.number for node in network.graph.nodes if isinstance(node.layer, Dropout)]
        return cls(0, tuple((number, seed + 100 * k) for k, number in enumerate(numbers, 1)))

    def draws(self, step: int = 0, offset: int = 0) -> Draws:
        return StreamDraws(0, 0, step, offset, self.streams)
