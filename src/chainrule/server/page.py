"""The page itself: the files that were built of `web/`, read once, so that no path of a request reaches the disk."""

from importlib import resources

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

KINDS = {"app.js": "text/javascript", "app.css": "text/css"}
PLACE = '<meta name="chainrule-token" content="">'
"""Where the page finds its token."""


def built(name: str) -> str:
    """One of the files."""
    return resources.files("chainrule.server").joinpath("built", name).read_text(encoding="utf-8")


class Page:
    """Its endpoints. `once` is a word for one visit, by which a browser is sent to the page: what a browser is called
    with others on this machine can see."""

    def __init__(self, token: str, once: str) -> None:
        self._address = f"/?token={token}"
        self._once: str | None = once
        self._html = built("index.html").replace(PLACE, PLACE.replace('""', f'"{token}"'))
        self._files = {name: built(name) for name in KINDS}

    async def index(self, request: Request) -> Response:
        return Response(self._html, media_type="text/html")

    async def file(self, request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        return Response(self._files[name], media_type=KINDS[name])

    async def visit(self, request: Request) -> Response:
        """To the page, whoever has the word, once."""
        if request.path_params["once"] != self._once:
            return Response("This address was for one visit; the terminal shows the page's.", 403)
        self._once = None
        return RedirectResponse(self._address, 303)
