"""BLAS with one thread: quicker where matrices are small, and the same bits on every machine's number of threads.

And no harm at a fork by another thread: OpenBLAS ends its threads then, and who waits for one of them waits for ever.
"""

from functools import cached_property
from threading import RLock

from threadpoolctl import OpenBLASController, ThreadpoolController

from chainrule.base.forking import held_at_forks


def take_control() -> None:
    """Let this thread set BLAS's number: threadpoolctl 3.8 ignores all but the first that did, without a word."""
    getattr(OpenBLASController, "clear_controlling_thread", lambda force: None)(force=True)


class SingleThread:
    """The limit to one thread, which is the process's: set by the first who wants it, lifted by the last."""

    def __init__(self) -> None:
        self._lock, self._users = RLock(), 0
        held_at_forks(self._lock)

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                take_control()
                self._limit = self._libraries.limit(limits=1, user_api="blas")
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                take_control()
                self._limit.restore_original_limits()

    @cached_property
    def _libraries(self) -> ThreadpoolController:
        """Looking for them takes as long as a small fit."""
        return ThreadpoolController()


_LIMIT = SingleThread()


def single_thread() -> SingleThread:
    """The process's one."""
    return _LIMIT
