"""What a forked process must not inherit: locks that threads hold which it does not have."""

import os
from collections.abc import Callable
from typing import Any


def in_forked_children(renew: Callable[[], None]) -> Callable[[], None]:
    """A decorator: call it in every process that is forked off from now on, before anything else runs there."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)
    return renew


def held_at_forks(lock: Any) -> None:
    """Let no process be forked off while another thread holds that RLock: what it guards is whole in the child."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
