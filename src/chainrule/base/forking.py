"""What a forked process must not inherit: locks that are held by threads which it does not have."""

import os
import threading
from collections.abc import Callable
from typing import Any

from threadpoolctl import ThreadpoolController

TEAM = "chainrule-"  # how the names of the engine's threads begin, which call no BLAS


def in_forked_children(renew: Callable[[], None]) -> Callable[[], None]:
    """A decorator: call it in every process that is forked off from now on, before anything else runs there."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)
    return renew


def held_at_forks(lock: Any) -> None:
    """Let no process be forked off while another thread holds that RLock: what it guards is whole in the child."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)


class Fork:
    """What is known of the last fork; only before it can anybody see the other threads."""

    among_threads = False


def _look() -> None:
    """Note whether other threads may be in the middle of a product of matrices."""
    others = (each for each in threading.enumerate() if each is not threading.current_thread())
    Fork.among_threads = any(not each.name.startswith(TEAM) for each in others)


@in_forked_children
def _take_one_thread() -> None:
    """Let OpenBLAS have one thread, which needs no lock: those of several may have been locked while another thread
    multiplied, and in the child they are so for ever."""
    if Fork.among_threads:
        ThreadpoolController().limit(limits=1, user_api="blas")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_look)
