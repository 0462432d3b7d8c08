"""A network's w and statistics of one moment, while a fit in another thread brings them up to date.

A fit works on vectors of its own, and replaces the network's after every epoch. Whoever copies them by `numbers_of`
gets those of before the fit or of the end of an epoch, never some of each.
"""

import threading
from copy import copy
from typing import Protocol, TypeVar

import numpy as np

from chainrule.base.forking import held_at_forks

_whole = threading.RLock()
held_at_forks(_whole)


class Numbers(Protocol):
    """A network."""

    w: np.ndarray
    statistics: np.ndarray


def numbers_of(network: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Copies of w and statistics."""
    with _whole:
        return network.w.copy(), network.statistics.copy()


N = TypeVar("N", bound=Numbers)


def still(network: N) -> N:
    """The network as it is now, with numbers of its own: what is written in several steps is to be of one moment."""
    kept = copy(network)
    kept.w, kept.statistics = numbers_of(network)
    return kept


def put_numbers(network: Numbers, w: np.ndarray, statistics: np.ndarray) -> None:
    """Put others in their place, in the same memory."""
    with _whole:
        network.w[:] = w
        network.statistics[:] = statistics
