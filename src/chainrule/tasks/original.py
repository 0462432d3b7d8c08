"""The preset 21mnist: the lecture's C++ program, number for number.

That program draws from drand48, x <- (0x5deece66d x + 0xb) mod 2**48, u = x / 2**48: its initial weights from one
stream, each dropout from a stream of its own. A stream's draws are the elements of all samples, in (s, c, i, j) order,
of those trained on and of those evaluated after each epoch; an element is dropped where u < p.

So what has been drawn before a batch follows from where it stands in the run, and a stream can jump there, since k
steps are again one linear step, x -> A_k x + C_k, with A_2k = A_k A_k and C_2k = A_k C_k + C_k. Nothing has to be kept.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from chainrule.base.arrays import read_only
from chainrule.base.errors import UsageError
from chainrule.base.random import Draws, Source
from chainrule.layers import Convolution, Dropout, Layer, Linear, MaxPooling, ReLU
from chainrule.network.network import Network
from chainrule.training.sampling import batch_count

A, C, MODULUS = 0x5DEECE66D, 0xB, 2**48
MASK = np.uint64(MODULUS - 1)
BETWEEN = 6  # number of a layer between the two dropouts, whether or not a Standardise stands before all


def uniform48(seed: int, before: int, n: int) -> np.ndarray:
    """(n,) float64 in [0, 1): the draws of a stream from state `seed` on, after so many others."""
    x = np.empty(n + 1, np.uint64)
    x[0] = jumped(check_state(seed), before)
    a, c, filled = A, C, 1
    while filled <= n:  # the second half of each doubling is the first half, `filled` steps later
        more = min(filled, n + 1 - filled)
        x[filled : filled + more] = (x[:more] * np.uint64(a) + np.uint64(c)) & MASK
        a, c, filled = a * a % MODULUS, (a * c + c) % MODULUS, filled + more
    return x[1:] / float(MODULUS)


def jumped(state: int, steps: int) -> int:
    """The state so many steps later."""
    a, c = A, C
    while steps:
        if steps & 1:
            state = (a * state + c) % MODULUS
        a, c, steps = a * a % MODULUS, (a * c + c) % MODULUS, steps >> 1
    return state


def check_state(seed: int) -> int:
    """The seed, if it is a state of the generator; else UsageError."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < MODULUS:
        raise UsageError(f"the seed of drand48 is {seed!r}; expected a whole number from 0 to 2**48 - 1")
    return seed


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
        return _uniform(seed, self.samples * elements, samples * elements).reshape(samples, elements) >= p


@lru_cache(maxsize=4)  # the backward pass asks for the forward pass's draws again
def _uniform(seed: int, before: int, n: int) -> np.ndarray:
    """As `uniform48`, read-only."""
    return read_only(uniform48(seed, before, n))


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
