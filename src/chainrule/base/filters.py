"""Warnings' filters, which are the whole process's: two threads that change them at once would mix them up."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from chainrule.base.forking import held_at_forks

_turn = threading.RLock()
held_at_forks(_turn)


@contextmanager
def own_filters() -> Iterator[None]:
    """Meanwhile filters may be changed, by one thread at a time; then they are what they were."""
    with _turn, warnings.catch_warnings():
        yield
