"""A server of `chainrule explain` in a thread of this process, and one who asks it, as a page does."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

import numpy as np

from chainrule.server.route import Route
from chainrule.server.routes import ROUTES
from chainrule.server.serving import Address, listening, server_of
from chainrule.server.subject import Subject


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def values(self) -> Any:
        return json.loads(self.content)


@dataclass
class Client:
    """Asks one server; `headers` go with every request, in place of those of a page where a value is None."""

    address: Address
    headers: dict[str, str | None] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str | None) -> Answer:
        """`body`: bytes, or what JSON is made of. A header's name is written with _ for -."""
        given: dict[str, str | None] = {"X-Chainrule-Token": self.address.token, **self.headers}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = HTTPConnection("127.0.0.1", self.address.port, timeout=60)
        try:
            sent = {name: value for name, value in given.items() if value is not None}
            connection.request(method, path, content, sent)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        return good(self.ask("GET", path))

    def post(self, path: str, body: Any) -> Any:
        return good(self.ask("POST", path, body))


def good(answer: Answer) -> Any:
    assert answer.status == 200, answer.content[:500]
    return answer.values


@contextmanager
def served(subject: Subject, routes: Sequence[Route] = ROUTES) -> Iterator[Client]:
    """Meanwhile it is served."""
    with listening(None) as listener:
        address, server = server_of(subject, listener, routes)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
        thread.start()
        try:
            yield Client(address)
        finally:
            server.should_exit = True
            thread.join(10)
            subject.close()
            assert not thread.is_alive()


def numbers(sent: dict[str, Any]) -> np.ndarray:
    """An array, as it was sent."""
    return np.frombuffer(base64.b64decode(sent["data"]), "<f4").reshape(sent["shape"])


def in_bytes(x: np.ndarray) -> str:
    """Bytes, as they are sent."""
    return base64.b64encode(np.ascontiguousarray(x, np.uint8).tobytes()).decode()
