"""What makes networks quick that are small: each step of theirs takes less time than what surrounds it may cost.

Threads: BLAS's wait for one another longer than one of them computes, above all where other processes use the
processors too, so that small matrices get one.

Memory: by default the C library of Linux hands it back to the system after a step and asks for it again in the next,
page by page: more than half of the time of a step was that. A block as large as BLOCK, freed once, teaches it to keep
up to twice as much.
"""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np

from chainrule.base.one_thread import single_thread

WORTH = 1 << 22  # multiply-adds of a forward pass for which a second thread is worth waking
BLOCK = 1 << 24  # bytes


class Worth(Protocol):
    """A network, or what does its work."""

    @property
    def work(self) -> int: ...


def threads_for(wanted: int | None) -> int | None:
    """One in a worker of a `multiprocessing` pool, which does not say what its share is, as joblib's own do."""
    return 1 if wanted is None and multiprocessing.current_process().daemon else wanted


@contextmanager
def small_steps(network: Worth, samples: int) -> Iterator[None]:
    """Meanwhile BLAS has one thread, unless passes of so many samples through the network are worth more."""
    np.empty(BLOCK, np.uint8)
    if samples * network.work >= WORTH:
        yield
        return
    with single_thread():
        yield
