"""Ranks that are threads of one process: what exchanges by memory, for tests of many networks and numbers of ranks.

Their engines are to have one thread each: a process has one team of a size, whose turns they would wait for.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.base.ranks import Ranks, among, extent

Found = TypeVar("Found")


class Meeting:
    """Where they meet, and lay down what the others are to have."""

    def __init__(self, size: int) -> None:
        self.size, self.barrier, self.table = size, threading.Barrier(size, timeout=60), [None] * size


class ThreadRanks(Ranks):
    """One of them."""

    def __init__(self, meeting: Meeting, rank: int) -> None:
        self.meeting, self.rank, self.size = meeting, rank, meeting.size
        self.exchanges = 0

    def exchange(self, whole: np.ndarray, ends: Sequence[int]) -> None:
        self.exchanges += 1
        begin, end = extent(ends, self.rank)
        parts = self.everyones((whole[..., begin:end].copy(), begin, end))
        for part, first, last in parts:
            whole[..., first:last] = part

    def turn(self, whole: np.ndarray, rows: Sequence[int], columns: Sequence[int], *, has_rows: bool) -> None:
        self.exchanges += 1
        for rank, theirs in enumerate(self.everyones(whole.copy())):
            i, j = (rank, self.rank) if has_rows else (self.rank, rank)
            block = slice(*extent(rows, i)), slice(*extent(columns, j))
            whole[block] = theirs[block]

    def add_up(self, numbers: np.ndarray) -> None:
        numbers[...] = sum(self.everyones(numbers.copy()))

    def told(self, thing: Any, root: int = 0) -> Any:
        return self.everyones(thing)[root]

    def settle(self) -> None:
        pass

    def outlive(self) -> None:
        raise UsageError("threads cannot; expected processes")

    def everyones(self, thing: Any) -> list[Any]:
        self.meeting.table[self.rank] = thing
        self.meeting.barrier.wait()
        found = list(self.meeting.table)
        self.meeting.barrier.wait()
        return found


def on_ranks(size: int, what: Callable[[Ranks], Found]) -> list[Found]:
    """What each of so many ranks finds; the exception of one ends all."""
    meeting = Meeting(size)

    def one(rank: int) -> Found:
        try:
            with among(ThreadRanks(meeting, rank)) as ranks:
                return what(ranks)
        except BaseException:
            meeting.barrier.abort()
            raise

    with ThreadPoolExecutor(size) as pool:
        done = [pool.submit(one, rank) for rank in range(size)]
    errors = [each.exception() for each in done]
    for error in errors:
        if error and not isinstance(error, threading.BrokenBarrierError):
            raise error
    return [each.result() for each in done]
