"""The lecture program's own generator: x <- (0x5deece66d x + 0xb) mod 2**48, u = x / 2**48.

It has a state, unlike `chainrule.random`: what a draw gives depends on how many were made before. A stream can
jump, since k steps are again one linear step, x -> A_k x + C_k, with A_2k = A_k A_k and C_2k = A_k C_k + C_k.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.base.errors import UsageError

A, C, MODULUS = 0x5DEECE66D, 0xB, 2**48
MASK = np.uint64(MODULUS - 1)


@dataclass
class Lcg48:
    """A stream of u in [0, 1), from the first state `seed`."""

    seed: int
    state: int = field(init=False, repr=False, compare=False)
    _key: Any = field(default=None, init=False, repr=False, compare=False)
    _start: int = field(default=0, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < MODULUS:
            raise UsageError(f"the seed of Lcg48 is {self.seed!r}; expected a whole number from 0 to 2**48 - 1")
        self.state = self.seed

    def uniform(self, n: int) -> np.ndarray:
        """(n,) float64: the next n draws."""
        x = np.empty(n + 1, np.uint64)
        x[0] = self.state
        a, c, filled = A, C, 1
        while filled <= n:  # the second half of each doubling is the first half, `filled` steps later
            more = min(filled, n + 1 - filled)
            x[filled : filled + more] = (x[:more] * np.uint64(a) + np.uint64(c)) & MASK
            a, c, filled = a * a % MODULUS, (a * c + c) % MODULUS, filled + more
        self.state = int(x[n])
        return x[1:] / float(MODULUS)

    def replay(self, key: Any, n: int) -> np.ndarray:
        """The next n draws, or, where `key` is the last call's, the same draws again (for the backward pass)."""
        if key == self._key:
            self.state = self._start
        self._key, self._start = key, self.state
        return self.uniform(n)

    def skip(self, n: int) -> None:
        """Jump over n draws; the last replay's are gone by then."""
        self._key = None
        a, c, x = A, C, self.state
        while n:
            if n & 1:
                x = (a * x + c) % MODULUS
            a, c, n = a * a % MODULUS, (a * c + c) % MODULUS, n >> 1
        self.state = x
