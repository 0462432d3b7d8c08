"""Memory that buffers share: those of them that are never needed at one moment.

A training step is cut into *moments* (`engine/moments.py`). A buffer's *life* is a whole number whose bit k says that
it is needed in moment k: from when it is written, all of it, to when it is last read. Two lives without a common bit
may have the same memory. The largest buffer is placed first, each where it fits lowest.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from chainrule.engine.runtime.memory import CACHE_LINE, aligned_zeros

FOREVER = -1
"""The life of what shares its memory with nobody."""

shares = True
"""Or each buffer has memory of its own, for tests that see who goes beside one."""


class Span(NamedTuple):
    """The moments in which a pass of a stage begins and ends."""

    begin: int
    end: int


class Passes(NamedTuple):
    """Both passes of a stage."""

    forward: Span
    backward: Span

    @property
    def kept(self) -> int:
        """The life of what is kept from the one for the other."""
        return between(self.forward.begin, self.backward.end)


AT_ONCE = Passes(Span(0, 0), Span(0, 0))
"""Of a stage without moments of its own."""


def between(first: int, last: int) -> int:
    """The life from one moment to another."""
    return (1 << last + 1) - (1 << first)


class Shared:
    """A buffer of so many numbers; its memory is known once all that may share it are."""

    def __init__(self, pool: "Pool", n: int, dtype: type, life: int) -> None:
        self.pool, self.n, self.dtype, self.life = pool, n, dtype, life

    @property
    def size(self) -> int:
        """In bytes, whole cache lines."""
        return -(-self.n * np.dtype(self.dtype).itemsize // CACHE_LINE) * CACHE_LINE

    @cached_property
    def array(self) -> np.ndarray:
        return self.pool.array_of(self)


class Pool:
    """Buffers that share memory. Those that are asked for once the first of them was used share among themselves."""

    def __init__(self) -> None:
        self._asked: list[Shared] = []
        self._placed: dict[Shared, np.ndarray] = {}

    def ask(self, n: int, dtype: type, life: int) -> Shared:
        """A buffer of n numbers that lives so long."""
        shared = Shared(self, n, dtype, life)
        if n and shares and life != FOREVER:
            self._asked.append(shared)
        else:
            self._placed[shared] = aligned_zeros(n, dtype)
        return shared

    def array_of(self, shared: Shared) -> np.ndarray:
        """Its memory: that of all is taken when the first one is asked for."""
        if self._asked:
            asked, self._asked = self._asked, []
            at = places([(each.size, each.life) for each in asked])
            memory = aligned_zeros(max(a + each.size for a, each in zip(at, asked, strict=True)), np.uint8)
            for a, each in zip(at, asked, strict=True):
                self._placed[each] = memory[a : a + each.size].view(each.dtype)[: each.n]
        return self._placed.pop(shared)


def places(buffers: Sequence[tuple[int, int]]) -> list[int]:
    """Where each buffer, of some (size, life), begins."""
    found, taken = [0] * len(buffers), list[tuple[int, int, int]]()  # (begin, end, life)
    for k in sorted(range(len(buffers)), key=lambda k: -buffers[k][0]):
        size, life = buffers[k]
        at = 0
        for begin, end, other in sorted(taken):
            if other & life and begin < at + size:
                at = max(at, end)
        found[k] = at
        taken.append((at, at + size, life))
    return found
