"""Work that several threads begin in one instant."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

LIMIT = 120  # seconds: what takes longer hangs


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """What each says, all begun in one instant; TimeoutError, or BrokenBarrierError, if one hangs."""
    begin = threading.Barrier(len(work))

    def wait_and(each: Callable[[], Any]) -> Any:
        begin.wait(LIMIT)
        return each()

    with ThreadPoolExecutor(len(work)) as pool:
        return [done.result(LIMIT) for done in [pool.submit(wait_and, each) for each in work]]
