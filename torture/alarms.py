"""Signals from a timer, in the middle of whatever the main thread does."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def nothing(signum: int, frame: Any) -> None:
    """Handle a signal that is late."""


@contextmanager
def alarms(handler: Any, first: float, then: float = 0.0) -> Iterator[None]:
    """Meanwhile `handler` has a signal after so many seconds, and again every so many (0: never)."""
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, first, then)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, nothing)  # ignored, one that has come and waits for Python would be an error
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
