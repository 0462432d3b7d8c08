"""Random numbers that any engine, thread or machine draws alike: Philox4x32-10, a counter in, four words out.

A generator with a state must be walked through in order. A counter-based one is a pure function,

    four 32-bit words = philox4x32(counter of four words, key of two words),

so the mask of any element of any sample of any step can be drawn alone, by whoever needs it. Here
key = seed and counter = (element // 4, position in the global batch, layer, step since the start); the word of
element e is word e % 4. Purposes that are no layer (shuffles, initial weights, ...) take the layer numbers from
2**32 - 1 downwards.

Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, *Parallel Random Numbers: As Easy as 1, 2, 3* (SC 2011);
the tests hold its published vectors.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from chainrule.base.arrays import read_only
from chainrule.base.errors import UsageError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import short

ROUNDS = 10
MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
KEY_STEPS = 0x9E3779B9, 0xBB67AE85  # the golden ratio and sqrt(3) - 1
LOW = np.uint64(0xFFFFFFFF)  # the low half of 64 bits
HIGH = np.uint64(32)  # shifts the high half down
AT_ONCE = 1 << 15  # counters

SHUFFLE, WEIGHTS, SUBSET, HOLD_OUT, CHECK, AUGMENT, WINDOW, MIX = (2**32 - 1 - k for k in range(8))
"""The layer numbers of purposes that are no layer."""


def philox4x32(counter: tuple, key: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """The four 32-bit words (as uint64 arrays) of a counter of four words; words may be arrays that broadcast."""
    c0, c1, c2, c3 = (np.asarray(word, np.uint64) for word in counter)
    k0, k1 = key
    for _ in range(ROUNDS):
        product0, product1 = MULTIPLIERS[0] * c0, MULTIPLIERS[1] * c2
        c0, c2 = (product1 >> HIGH) ^ c1 ^ np.uint64(k0), (product0 >> HIGH) ^ c3 ^ np.uint64(k1)
        c1, c3 = product1 & LOW, product0 & LOW
        k0, k1 = (k0 + KEY_STEPS[0]) & 0xFFFFFFFF, (k1 + KEY_STEPS[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


def check_seed(seed: int) -> int:
    """The seed, if it is a whole number of 0 to 2**64 - 1; else UsageError."""
    if not is_whole(seed, 0) or seed >= 2**64:
        raise UsageError(f"the seed is {short(seed)}; expected a whole number from 0 to 2**64 - 1")
    return int(seed)


@dataclass(frozen=True)
class Draws:
    """The place in the stream of the words of one layer for one batch."""

    seed: int
    layer: int
    step: int = 0
    offset: int = 0  # position of the batch's first sample in the global batch

    def bits(self, samples: int, elements: int) -> np.ndarray:
        """(samples, elements) uint32, read-only: word `element` of position `offset + sample`."""
        return _bits(self, samples, elements)

    def after(self, layers: int) -> "Draws":
        """The draws of the layer that comes so many layers later."""
        return replace(self, layer=self.layer + layers)

    def keep(self, p: float, samples: int, elements: int) -> np.ndarray:
        """(samples, elements) bool: which elements a dropout keeps; each is dropped with probability p."""
        return self.bits(samples, elements) >= np.uint32(threshold_of(p))


def threshold_of(p: float) -> int:
    """The number, 0 to 2**32 - 1, that a word is below with probability p."""
    return min(round(p * 2.0**32), 2**32 - 1)


@dataclass(frozen=True)
class Source:
    """The random words of a whole run."""

    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", check_seed(self.seed))

    def draws(self, step: int = 0, offset: int = 0) -> Draws:
        """The draws of the first layer for a batch: `step` updates since the start, `offset` as in `Draws`."""
        return Draws(self.seed, 0, step, offset)


def _words(draws: Draws, samples: int, elements: int) -> np.ndarray:
    """A range of elements at a time: the generator takes twenty times the memory of what it draws."""
    blocks, at_once = (elements + 3) // 4, max(1, AT_ONCE // max(1, samples))
    position = draws.offset + np.arange(samples)[:, None]
    seed = int(draws.seed)
    key = seed & 0xFFFFFFFF, seed >> 32
    out = np.empty((samples, blocks, 4), np.uint32)
    for first in range(0, blocks, at_once):
        block = np.arange(first, min(first + at_once, blocks))
        words = philox4x32((block, position, draws.layer, draws.step & 0xFFFFFFFF), key)
        for k, word in enumerate(words):
            out[:, first : first + at_once, k] = word
    return read_only(out.reshape(samples, 4 * blocks)[:, :elements])


_bits = lru_cache(maxsize=8)(_words)  # the backward pass asks for the forward pass's words again


def uniform(draws: Draws, n: int) -> np.ndarray:
    """(n,) float64 in [0, 1): the words divided by 2**32."""
    return _words(draws, 1, n)[0] / 2.0**32


def permutation(draws: Draws, n: int) -> np.ndarray:
    """(n,) int64: 0 .. n-1 shuffled, by sorting on random words (equal words keep their order)."""
    keyed = (_words(draws, 1, n)[0].astype(np.uint64) << HIGH) | np.arange(n, dtype=np.uint64)
    return (np.sort(keyed) & LOW).astype(np.int64)


def subset(draws: Draws, n: int, size: int) -> np.ndarray:
    """(size,) int64 drawn from 0 .. n-1 with replacement: the lecture's "randomly draw a subset"."""
    return (uniform(draws, size) * n).astype(np.int64)
