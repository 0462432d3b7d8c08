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
    lock = _locks.setdefault(thing, threading.Lock())
    if lock.locked():
        raise UsageError(f"this {type(thing).__name__} is being trained already; expected one fit of it at a time")
    with lock:  # of two that come here in the same instant, one waits
        yield
