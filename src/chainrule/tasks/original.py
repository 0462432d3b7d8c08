"""The preset 21mnist: the lecture's C++ program, number for number.

That program draws from drand48 (`tasks/drand48.py`): its initial weights from one stream, each dropout from a stream of
its own. A stream's draws are the elements of all samples, in (s, c, i, j) order, of those trained on and of those
evaluated after each epoch; an element is dropped where u < p. So what has been drawn before a batch follows from where
it stands in the run, and a stream can jump there. Nothing has to be kept.
"""

from dataclasses import dataclass

import numpy as np

from chainrule.base.random import Draws, Source
from chainrule.layers import Convolution, Dropout, Layer, Linear, MaxPooling, ReLU
from chainrule.network.network import Network
from chainrule.tasks.drand48 import check_state, drawn_again, uniform48
from chainrule.training.sampling import batch_count

BETWEEN = 6  # number of a layer between the two dropouts, whether or not a Standardise stands before all


@dataclass(frozen=True)
class Seeds:
    """The seeds of the lecture's program; 0 switches a dropout off."""

    weights: int = 45678901234523
    dropout1: int = 56789012345234
    dropout2: int = 67890123452345


@dataclass(frozen=True)
class StreamDraws(Draws):
    """Those of one dropout for one batch."""

    seeds: tuple[int, ...] = ()  # of the dropouts, in their order
    samples: int = 0  # that went through the network before this batch

    def keep(self, p: float, samples: int, elements: int) -> np.ndarray:
        seed = self.seeds[self.layer > BETWEEN]
        return drawn_again(seed, self.samples * elements, samples * elements).reshape(samples, elements) >= p


@dataclass(frozen=True)
class StreamSource(Source):
    """The words of a run in which so many samples are trained on, in file order, and evaluated after each epoch."""

    seeds: tuple[int, ...] = ()
    samples: int = 1
    batch_size: int = 1
    evaluated: int = 0

    def draws(self, step: int = 0, offset: int = 0) -> Draws:
        epochs, batch = divmod(step, batch_count(self.samples, self.batch_size))
        before = epochs * (self.samples + self.evaluated) + batch * self.batch_size
        return StreamDraws(self.seed, 0, step, offset, self.seeds, before)


@dataclass(frozen=True)
class Drand48:
    """A `Training`'s draws: a stream for each of the two dropouts."""

    dropout1: int
    dropout2: int

    def __post_init__(self) -> None:
        check_state(self.dropout1)
        check_state(self.dropout2)

    def of_run(self, samples: int, batch_size: int, evaluated: int) -> Source:
        return StreamSource(0, (self.dropout1, self.dropout2), samples, batch_size, evaluated)


def layers(seeds: Seeds) -> list[Layer]:
    """The program's layers."""
    p1, p2 = 0.25 if seeds.dropout1 else 0.0, 0.5 if seeds.dropout2 else 0.0
    relu = ReLU(derivative_at_zero=1)
    return [
        Convolution(32), relu, Convolution(64), relu, MaxPooling(), Dropout(p1),
        Linear(128), relu, Dropout(p2), Linear(10),
    ]  # fmt: skip


def weights(network: Network, seed: int) -> np.ndarray:
    """(size,): uniform in +-1/sqrt(fan_in) in the order of w, except that linear weights are drawn (in, out)."""
    w, drawn = np.empty(network.size), 0
    for placed in network.parameters:
        view, bound = placed.view(w), 1 / np.sqrt(placed.parameter.fan_in)
        u = -bound + 2 * bound * uniform48(seed, drawn, view.size)
        view[...] = u.reshape(view.shape[::-1]).T if view.ndim == 2 else u.reshape(view.shape)
        drawn += view.size
    return w
