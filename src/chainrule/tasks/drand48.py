"""drand48, from which the lecture's programs draw: x <- (0x5deece66d x + 0xb) mod 2**48, u = x / 2**48.

k steps are again one linear step, x -> A_k x + C_k, with A_2k = A_k A_k and C_2k = A_k C_k + C_k: a stream can jump to
any place, and its draws are made by doubling.
"""

from functools import lru_cache

import numpy as np

from chainrule.base.arrays import read_only
from chainrule.base.elementary import cosine_of_turns, log
from chainrule.base.errors import UsageError

A, C, MODULUS = 0x5DEECE66D, 0xB, 2**48
MASK = np.uint64(MODULUS - 1)


def states(seed: int, before: int, n: int) -> np.ndarray:
    """(n,) uint64: the states of a stream from state `seed` on, after so many others."""
    x = np.empty(n + 1, np.uint64)
    x[0] = jumped(check_state(seed), before)
    a, c, filled = A, C, 1
    while filled <= n:  # the second half of each doubling is the first half, `filled` steps later
        more = min(filled, n + 1 - filled)
        x[filled : filled + more] = (x[:more] * np.uint64(a) + np.uint64(c)) & MASK
        a, c, filled = a * a % MODULUS, (a * c + c) % MODULUS, filled + more
    return x[1:]


def uniform48(seed: int, before: int, n: int) -> np.ndarray:
    """(n,) float64 in [0, 1): the draws of a stream from state `seed` on, after so many others."""
    return states(seed, before, n) / float(MODULUS)


@lru_cache(maxsize=16)
def drawn_again(seed: int, before: int, n: int) -> np.ndarray:
    """`uniform48`, read-only, for a backward pass that asks for the forward pass's draws again."""
    return read_only(uniform48(seed, before, n))


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


class Stream:
    """A generator that is walked through in order."""

    def __init__(self, seed: int) -> None:
        self.seed, self.drawn = check_state(seed), 0

    def rewind(self) -> None:
        self.drawn = 0

    def uniform(self, n: int) -> np.ndarray:
        """(n,) float64 in [0, 1)."""
        return self._next(n) / float(MODULUS)

    def below(self, limits: np.ndarray) -> np.ndarray:
        """(n,) int64: of each limit's draw the upper 31 bits, modulo the limit."""
        return ((self._next(len(limits)) >> np.uint64(17)) % limits.astype(np.uint64)).astype(np.int64)

    def normal(self, n: int, sigma: float, dtype: np.dtype) -> np.ndarray:
        """(n,) of mean 0 and that deviation: sqrt(-2 log u) cos(2 pi v), of u and v rounded to the type."""
        u, v = self.uniform(2 * n).astype(dtype).reshape(n, 2).T
        logarithm = log(u.astype(np.float64)).astype(dtype)
        z = np.sqrt(-2 * logarithm.astype(np.float64)) * cosine_of_turns(v.astype(np.float64))
        return z.astype(dtype) * dtype.type(sigma)

    def _next(self, n: int) -> np.ndarray:
        found = states(self.seed, self.drawn, n)
        self.drawn += n
        return found
