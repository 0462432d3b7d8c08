"""One at a time: what two threads would spoil, were both to change it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from chainrule.base.errors import UsageError
from chainrule.base.forking import in_forked_children

_locks: WeakKeyDictionary[Any, threading.Lock] = WeakKeyDictionary()
in_forked_children(_locks.clear)


@contextmanager
def trained_alone(thing: Any) -> Iterator[None]:
    """Meanwhile nobody else trains it: UsageError where somebody does already."""
    check_untrained(thing)
    with _locks[thing]:  # of two that come here in the same instant, one waits
        yield


def check_untrained(thing: Any) -> None:
    """UsageError where somebody trains it at this moment."""
    if _locks.setdefault(thing, threading.Lock()).locked():
        raise UsageError(f"this {type(thing).__name__} is being trained already; expected one fit of it at a time")
