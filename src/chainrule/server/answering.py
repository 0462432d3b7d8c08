"""From a request to its answer: routes as endpoints of Starlette, which answer in threads, so that nobody waits for
the event loop; whatever goes wrong in one is its answer, and ends nothing else."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from chainrule.base.errors import ChainruleError
from chainrule.base.printable import in_a_line
from chainrule.server.asked import Asked
from chainrule.server.events import Events
from chainrule.server.plain import from_json, to_json
from chainrule.server.refusal import MET_WRONGLY, Refusal
from chainrule.server.route import Route
from chainrule.server.subject import Subject
from chainrule.server.taken import shown

QUICK, SLOW = 8, 2
"""Answers that are being made at once, of either kind."""
PATIENCE = 30
"""Seconds that a body may take."""
log = logging.getLogger("chainrule.server")
Endpoint = Callable[[Request], Awaitable[Response]]


class Answering:
    """Makes endpoints."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._quick, self._slow = CapacityLimiter(QUICK), CapacityLimiter(SLOW)

    def endpoint(self, routes: dict[str, Route]) -> Endpoint:
        """Of one path; the routes by their methods."""

        async def answer(request: Request) -> Response:
            route = routes.get(request.method) or routes["GET"]  # HEAD
            try:
                body = await body_of(request, route.most)
                limiter = self._quick if route.quick else self._slow
                made = await to_thread.run_sync(
                    self._answer, route, dict(request.query_params), body, abandon_on_cancel=True, limiter=limiter
                )
            except ClientDisconnect:
                return Response(status_code=400)
            except Exception as error:  # whatever it is: the page is told, and the server lives
                return failed(error)
            if isinstance(made, Events):
                return StreamingResponse(made.listen(), media_type="text/event-stream")
            return Response(made, media_type="application/json")

        return answer

    def _answer(self, route: Route, query: dict[str, str], body: bytes) -> bytes | Events:
        """In a thread: from a body's bytes to those of the answer."""
        asked = Asked(query, body if route.raw else from_json(body) if body else None)
        subject = self.subject if route.given else shown(self.subject, query.get("network"))
        answer = route.answer(subject, asked)
        return answer if isinstance(answer, Events) else to_json(answer)


async def body_of(request: Request, most: int) -> bytes:
    """The body, of at most so many bytes, which also a client that does not say its length may not exceed."""
    parts, size = [], 0
    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said[:20]) > most:
        raise too_large(said, most)
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.stream():
                parts.append(part)
                size += len(part)
                if size > most:
                    raise too_large(f"more than {most:,}", most)
    except TimeoutError:
        raise Refusal(f"the body is {size:,} bytes after {PATIENCE} seconds; expected all of it", 408) from None
    return b"".join(parts)


def too_large(said: str, most: int) -> Refusal:
    return Refusal(f"the body has {said[:40]} bytes; expected at most {most:,}", 413)


def failed(error: Exception) -> Response:
    """The answer that says what went wrong."""
    if isinstance(error, ChainruleError):
        return refused(str(error), error.status if isinstance(error, Refusal) else MET_WRONGLY)
    told = f"{type(error).__name__}: {in_a_line(str(error))}"
    log.error("chainrule: an answer of the page's server failed: %s", told, exc_info=log.isEnabledFor(logging.DEBUG))
    return refused(f"the server failed at it: {told}", 500)


def refused(line: str, status: int, **headers: Any) -> Response:
    return Response(to_json({"error": line}), status, headers or None, media_type="application/json")
