"""The server as a part of this process: from a free port of this machine until Ctrl-C, which ends it at once."""

import asyncio
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from chainrule.base import signals
from chainrule.base.errors import UsageError, reason
from chainrule.server.app import make_app
from chainrule.server.connections import Connection
from chainrule.server.doorkeeper import NAMES
from chainrule.server.route import Route
from chainrule.server.routes import ROUTES
from chainrule.server.subject import Subject

WAITING = 256
"""Connections that nobody has taken yet."""


@dataclass(frozen=True)
class Address:
    """Where the page is."""

    port: int
    token: str
    once: str
    """A word for one visit: what a browser is called with others on this machine can see."""

    @property
    def page(self) -> str:
        return f"http://{NAMES[0]}:{self.port}/?token={self.token}"

    @property
    def visit(self) -> str:
        return f"http://{NAMES[0]}:{self.port}/open/{self.once}"


class Server(uvicorn.Server):
    """uvicorn's, which is told to end by us, and then waits for nobody."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        handlers = signals.handle(self.end)
        try:
            yield
        finally:
            for signum, handler in handlers.items():
                signal.signal(signum, handler)

    def end(self, signum: int, frame: Any = None) -> None:
        """By a signal, which is what the command line then leaves by; a second one leaves here and now."""
        if self.should_exit:
            signals.leave(signum)
        signals.CAUGHT.signum = signum
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()


def serve(subject: Subject, listener: socket.socket, ready: Callable[[Address], None]) -> None:
    """Show the page of the subject at a socket that listens already, until the process is told to end; `ready` is
    called with its address before."""
    address, server = server_of(subject, listener)
    ready(address)
    try:
        asyncio.run(server.serve([listener]))
    finally:
        subject.close()


def server_of(subject: Subject, listener: socket.socket, routes: Sequence[Route] = ROUTES) -> tuple[Address, Server]:
    """What serves the page at a socket that listens already, and with which words one comes in."""
    found = Address(listener.getsockname()[1], secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    config = uvicorn.Config(
        make_app(subject, token=found.token, port=found.port, once=found.once, routes=routes),
        http=Connection, ws="none", lifespan="off", loop="asyncio", backlog=WAITING,
        log_config=None, log_level="critical", access_log=False,
        server_header=False, date_header=False, proxy_headers=False,
    )  # fmt: skip
    return found, Server(config)


@contextmanager
def listening(port: int | None) -> Iterator[socket.socket]:
    """A socket that takes connections from this machine, at that port or at any that is free; UsageError if it is not
    to be had."""
    tcp = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP  # named, or asyncio lets answers wait 40 ms (Nagle)
    with socket.socket(*tcp) as listener:
        if sys.platform != "win32":  # there it would share the port with another program
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((NAMES[0], port or 0))
            listener.listen(WAITING)
        except OSError as error:
            raise UsageError(f"--port is {port}: {reason(error)}; expected one that is free, or none") from None
        yield listener


def open_browser(address: str) -> None:
    """In the user's browser, if there is one with windows: one of text would take the terminal."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if type(browser) is not webbrowser.GenericBrowser:
        threading.Thread(target=browser.open, args=[address], daemon=True).start()
