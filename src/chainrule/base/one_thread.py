"""BLAS with one thread: quicker where matrices are small, and the same bits on every machine's number of threads.

    with single_thread():
        ...

And no harm at a fork by another thread: OpenBLAS ends its threads then, and who waits for one of them waits for ever.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import RLock
from typing import Any

from threadpoolctl import OpenBLASController, ThreadpoolController

from chainrule.base.forking import held_at_forks


def give_control() -> None:
    """Let any thread set BLAS's number: threadpoolctl 3.8 ignores all but the first that did, without a word."""
    getattr(OpenBLASController, "clear_controlling_thread", lambda force: None)(force=True)


class Limit:
    """The process's: set for the first who wants it, lifted after the last.

    Ctrl-C may come between any two operations. Each is therefore such that one that is broken off can be made again.
    """

    def __init__(self) -> None:
        self._lock, self._users = RLock(), set[int]()
        self._before: list[int] | None = None  # each library's number, if it is not one now
        held_at_forks(self._lock)

    def add(self, user: int) -> None:
        """Set it, if nobody else has."""
        with self._lock:
            self._users.add(user)
            if self._before is None:
                self._before = [library.get_num_threads() for library in self._libraries]
                self._set([1] * len(self._libraries))

    def remove(self, user: int) -> None:
        """Lift it, if nobody else wants it."""
        with self._lock:
            self._users.discard(user)
            if self._before is not None and not self._users:
                self._set(self._before)
                self._before = None

    def _set(self, numbers: list[int]) -> None:
        give_control()
        for library, number in zip(self._libraries, numbers, strict=True):
            library.set_num_threads(number)
        give_control()

    @cached_property
    def _libraries(self) -> list[Any]:
        """Looking for them takes as long as a small fit."""
        return ThreadpoolController().select(user_api="blas").lib_controllers


LIMIT = Limit()


class User:
    """Who wants one thread, until it says that it does no more; or is gone, where Ctrl-C has kept it from saying so."""

    def enter(self) -> None:
        LIMIT.add(id(self))

    def leave(self) -> None:
        LIMIT.remove(id(self))

    __del__ = leave


@contextmanager
def single_thread() -> Iterator[None]:
    """Meanwhile BLAS has one thread, in all of the process's."""
    user = User()
    try:
        user.enter()
        yield
    finally:
        user.leave()
