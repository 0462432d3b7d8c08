"""The processors of one machine, divided among the ranks on it, so that these do not take them from each other.

Launchers often do so themselves (`mpiexec --bind-to core`); ranks that were given processors of their own keep these.
"""

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from chainrule.base.ranks import Ranks


@contextmanager
def own_processors(ranks: Ranks) -> Iterator[None]:
    """Meanwhile this process has its share of those that it may use, and the threads that it starts, too."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before, node = os.sched_getaffinity(0), platform.node()
    everyones = ranks.everyones((node, before))
    beside = [rank for rank, (other, its) in enumerate(everyones) if other == node and its & before]
    os.sched_setaffinity(0, share(sorted(before), beside.index(ranks.rank), len(beside)))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def share(processors: Sequence[int], place: int, count: int) -> Sequence[int]:
    """What the one at that place, of so many, has of them: all are had, by few where there are few."""
    n = len(processors)
    return processors[place * n // count : (place + 1) * n // count] or [processors[place % n]]
