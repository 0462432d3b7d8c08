"""Connections, of which there may be more than are meant well: as many as fit, none without a request for long."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 128
"""Connections at once; a new one takes the place of the one that has been idle for longest."""
PATIENCE = 10.0
"""Seconds that a connection may be open without a whole request's head."""


class Connection(H11Protocol):
    """One of HTTP/1.1."""

    _since = 0.0
    _timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()
        others = [each for each in self.connections if isinstance(each, Connection) and each is not self]
        if len(others) >= MOST:
            idle = [each for each in others if each.is_idle]
            min(idle, key=lambda each: each._since, default=self).leave()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def leave(self) -> None:
        """End it at once."""
        self.connections.discard(self)
        self.transport.abort()

    def _watch(self) -> None:
        """From now on it may be idle for a while, however many bytes of a request come in that time."""
        if self._timer is not None:
            self._timer.cancel()
        self._since = self.loop.time()
        self._timer = self.loop.call_later(PATIENCE, self._end_if_idle)

    def _end_if_idle(self) -> None:
        if self.is_idle:
            self.leave()
