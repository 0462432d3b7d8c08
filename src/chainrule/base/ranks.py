"""Ranks: processes that train one network together, each some samples of every batch.

Who computes with others asks `current()`: outside of `chainrule.distributed` that is one rank, alone, for which nothing
has to be exchanged. All ranks do the same in the same order (`together` has what is for one of them).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
NOTHING = np.empty(0)


def extent(ends: Sequence[int], rank: int) -> tuple[int, int]:
    """Where a rank's part begins and ends, if the parts end there."""
    return ends[rank - 1] if rank else 0, ends[rank]


class Ranks(ABC):
    """All of them call each method, in the same order. Whatever is returned is the same on every rank."""

    rank: int  # which one this process is, from 0
    size: int  # how many there are
    survive: bool = False  # whether they go on without those that die: then both numbers may change in an `attempt`

    @abstractmethod
    def exchange(self, whole: np.ndarray, ends: Sequence[int]) -> None:
        """Let every rank have all of a flat array, of which rank r has those elements that end before ends[r] and
        begin where the rank before ends; of a matrix in one piece, likewise all columns, of each row."""

    @abstractmethod
    def turn(self, whole: np.ndarray, rows: Sequence[int], columns: Sequence[int], *, has_rows: bool) -> None:
        """Of a matrix in one piece, of which every rank has its rows (those that end before rows[r]) or else its
        columns, let it have all of its columns, or else of its rows, too."""

    @abstractmethod
    def add_up(self, numbers: np.ndarray) -> None:
        """Replace an array by the sum of all ranks' arrays, in an order that is not fixed: within rounding."""

    @abstractmethod
    def told(self, thing: Any, root: int = 0) -> Any:
        """What rank `root` has as `thing`; what it is on the others does not matter, unless they survive it."""

    @abstractmethod
    def everyones(self, thing: Any) -> list[Any]:
        """What each rank has as `thing`, in the order of ranks."""

    def attempt(self, do: Callable[[], T], moved: np.ndarray = NOTHING) -> T:
        """What `do` gives, which exchanges by `exchange` and then, once, calls `settle`. Where ranks that survive lose
        one of them meanwhile, all others do it again; `moved`: what it may have moved until then is put back."""
        return do()

    @abstractmethod
    def settle(self) -> None:
        """All have exchanged what there is: behind it nothing is done again."""

    def any_of(self, wishes: Sequence[bool]) -> list[bool]:
        """For each of a few wishes, whether a rank has it."""
        return [any(each) for each in zip(*self.everyones(list(wishes)), strict=True)]

    @abstractmethod
    def outlive(self) -> None:
        """From now on they survive; UsageError where what they exchange by cannot do without one of them."""

    @property
    def first(self) -> bool:
        """Whether this is the rank that shows progress, logs, and writes files."""
        return self.rank == 0


class Alone(Ranks):
    """One rank."""

    rank, size = 0, 1

    def exchange(self, whole: np.ndarray, ends: Sequence[int]) -> None:
        pass

    def turn(self, whole: np.ndarray, rows: Sequence[int], columns: Sequence[int], *, has_rows: bool) -> None:
        pass

    def add_up(self, numbers: np.ndarray) -> None:
        pass

    def told(self, thing: Any, root: int = 0) -> Any:
        return thing

    def settle(self) -> None:
        pass

    def outlive(self) -> None:
        pass

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
