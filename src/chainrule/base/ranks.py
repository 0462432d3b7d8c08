"""Ranks: processes that train one network together, each some samples of every batch.

Who computes with others asks `current()`: outside of `chainrule.distributed` that is one rank, alone, for which nothing
has to be exchanged. All ranks do the same in the same order (`together` has what is for one of them).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np


class Ranks(ABC):
    """All of them call each method, in the same order. Whatever is returned is the same on every rank."""

    rank: int  # which one this process is, from 0
    size: int  # how many there are

    @abstractmethod
    def exchange(self, whole: np.ndarray, ends: Sequence[int]) -> None:
        """Let every rank have all of a flat array, of which rank r has those elements that end before ends[r] and
        begin where the rank before ends; of a matrix in one piece, likewise all columns, of each row."""

    @abstractmethod
    def add_up(self, numbers: np.ndarray) -> None:
        """Replace an array by the sum of all ranks' arrays, in an order that is not fixed: within rounding."""

    @abstractmethod
    def told(self, thing: Any, root: int = 0) -> Any:
        """What rank `root` has as `thing`; what it is on the others does not matter."""

    @abstractmethod
    def everyones(self, thing: Any) -> list[Any]:
        """What each rank has as `thing`, in the order of ranks."""

    def largest(self, numbers: np.ndarray) -> None:
        """Replace each number of an array by the largest that a rank has in its place."""
        numbers[:] = np.max(self.everyones(numbers), axis=0)

    @property
    def first(self) -> bool:
        """Whether this is the rank that shows progress, logs, and writes files."""
        return self.rank == 0


class Alone(Ranks):
    """One rank."""

    rank, size = 0, 1

    def exchange(self, whole: np.ndarray, ends: Sequence[int]) -> None:
        pass

    def add_up(self, numbers: np.ndarray) -> None:
        pass

    def told(self, thing: Any, root: int = 0) -> Any:
        return thing

    def everyones(self, thing: Any) -> list[Any]:
        return [thing]


ALONE = Alone()
_current: ContextVar[Ranks] = ContextVar("ranks", default=ALONE)


def current() -> Ranks:
    """The ranks that this process computes with."""
    return _current.get()


@contextmanager
def among(ranks: Ranks) -> Iterator[Ranks]:
    """Meanwhile `current()` is `ranks`."""
    before = _current.set(ranks)
    try:
        yield ranks
    finally:
        _current.reset(before)
