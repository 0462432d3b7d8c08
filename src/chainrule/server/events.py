"""Events that a page is told of as they happen: who has something to tell sends it from any thread."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from chainrule.server.plain import to_json

WAITING = 256
"""Events that wait for one listener at most: whoever is slower misses the oldest."""
STILL_THERE = 15.0
"""Seconds after which a listener is sent a comment where nothing happens, by which one that is gone is noticed."""


class Events:
    """What happens, for any number of listeners."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[asyncio.Queue[bytes], asyncio.AbstractEventLoop] = {}
        self._last: dict[str, bytes] = {}

    def send(self, kind: str, values: Any, *, keep: bool = False) -> None:
        """Tell all listeners; `keep`: also those who come later, until there is another of that kind."""
        event = f"event: {kind}\ndata: ".encode() + to_json(values) + b"\n\n"
        with self._lock:
            if keep:
                self._last[kind] = event
            for queue, loop in self._listeners.items():
                with suppress(RuntimeError):  # the loop has just ended
                    loop.call_soon_threadsafe(_put, queue, event)

    @property
    def listeners(self) -> int:
        """How many there are."""
        return len(self._listeners)

    async def listen(self) -> AsyncIterator[bytes]:
        """All that happens from now on, in the form of server-sent events."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        with self._lock:
            before = list(self._last.values())
            self._listeners[queue] = asyncio.get_running_loop()
        try:
            yield b": here\n\n"
            for event in before:
                yield event
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), STILL_THERE)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            with self._lock:
                del self._listeners[queue]


def _put(queue: asyncio.Queue[bytes], event: bytes) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(event)
