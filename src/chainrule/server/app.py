"""All of the server as one application of ASGI."""

from collections import defaultdict
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Endpoint
from starlette.types import ASGIApp

from chainrule.base.showing import short
from chainrule.server.answering import Answering, refused
from chainrule.server.doorkeeper import Doorkeeper
from chainrule.server.page import KINDS, Page
from chainrule.server.route import Route
from chainrule.server.subject import Subject


def make_app(subject: Subject, *, token: str, port: int, once: str, routes: Sequence[Route]) -> ASGIApp:
    """The page and its routes, for whoever has the token."""
    page, answering, by_path = Page(token, once), Answering(subject), defaultdict[str, dict[str, Route]](dict)
    for route in routes:
        by_path[f"/api{route.path}"][route.method] = route
    files = [f"/{name}" for name in KINDS]
    endpoints = [
        Endpoint("/", page.index, methods=["GET"]),
        Endpoint("/open/{once}", page.visit, methods=["GET"]),
        *(Endpoint(path, page.file, methods=["GET"]) for path in files),
        *(Endpoint(path, answering.endpoint(own), methods=list(own)) for path, own in by_path.items()),
    ]
    app = Starlette(routes=endpoints, exception_handlers={HTTPException: wrong})
    app.router.redirect_slashes = False
    return Doorkeeper(app, token, port, frozenset([*files, f"/open/{once}"]))


async def wrong(request: Request, error: Exception) -> Response:
    """For what no route takes."""
    if not isinstance(error, HTTPException):
        raise error
    path = short(request.url.path)
    if error.status_code == 405:
        allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))  # Starlette has a set
        return refused(f"the method is {request.method}; expected {allowed} for {path}", 405, Allow=allowed)
    return refused(f"there is nothing at {path}; expected the page, or a path of its", error.status_code)
