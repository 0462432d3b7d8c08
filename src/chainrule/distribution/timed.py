"""How long ranks exchange, and how much: beside a step's time that is what its communication costs."""

from collections.abc import Sequence
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from chainrule.base.ranks import Ranks

ROUNDS = 7


class Exchange(NamedTuple):
    """One of a step."""

    shape: tuple[int, ...]
    dtype: np.dtype
    ends: tuple[int, ...]
    columns: tuple[int, ...] = ()  # where a matrix is turned; then `ends` is where each rank's rows end
    has_rows: bool = False

    @property
    def nbytes(self) -> int:
        """Of all that every rank has after it; of a matrix that is turned, of what it lacked by as much as it had."""
        return int(np.prod(self.shape)) * self.dtype.itemsize // (len(self.ends) if self.columns else 1)

    def make(self, ranks: Ranks, buffer: np.ndarray) -> None:
        """The same, of a buffer of that shape."""
        if self.columns:
            ranks.turn(buffer, self.ends, self.columns, has_rows=self.has_rows)
        else:
            ranks.exchange(buffer, self.ends)


class Timed(Ranks):
    """Ranks that remember their exchanges, and how long they were in them: waiting for others counts."""

    def __init__(self, ranks: Ranks) -> None:
        self.ranks, self.rank, self.size = ranks, ranks.rank, ranks.size
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.seconds, self.made = 0.0, list[Exchange]()

    def exchange(self, whole: np.ndarray, ends: Sequence[int]) -> None:
        self._make(Exchange(whole.shape, whole.dtype, tuple(ends)), whole)

    def turn(self, whole: np.ndarray, rows: Sequence[int], columns: Sequence[int], *, has_rows: bool) -> None:
        self._make(Exchange(whole.shape, whole.dtype, tuple(rows), tuple(columns), has_rows), whole)

    def _make(self, exchange: Exchange, whole: np.ndarray) -> None:
        began = perf_counter()
        exchange.make(self.ranks, whole)
        self.seconds += perf_counter() - began
        self.made.append(exchange)

    def add_up(self, numbers: np.ndarray) -> None:
        began = perf_counter()
        self.ranks.add_up(numbers)
        self.seconds += perf_counter() - began

    def settle(self) -> None:
        self.ranks.settle()

    def outlive(self) -> None:
        self.ranks.outlive()

    def any_of(self, wishes: Sequence[bool]) -> list[bool]:
        return self.ranks.any_of(wishes)

    def told(self, thing: Any, root: int = 0) -> Any:
        return self.ranks.told(thing, root)

    def everyones(self, thing: Any) -> list[Any]:
        return self.ranks.everyones(thing)


def again(ranks: Ranks, exchanges: Sequence[Exchange]) -> float:
    """Seconds of the same exchanges one after the other, while nobody computes: what they cost if nobody waits."""
    buffers = [np.zeros(each.shape, each.dtype) for each in exchanges]
    times = []
    for _ in range(ROUNDS):
        ranks.everyones(None)
        began = perf_counter()
        for buffer, each in zip(buffers, exchanges, strict=True):
            each.make(ranks, buffer)
        times.append(perf_counter() - began)
    return median(times)
