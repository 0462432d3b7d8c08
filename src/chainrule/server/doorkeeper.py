"""Who may come in: only the page that this server itself has given out, on this machine.

* The Host must be this machine's own name for itself, so that no name of a stranger's leads here (DNS rebinding).
* The Origin, if a browser names one, must be this page's; requests that another site's page began are refused.
* Whoever asks for more than the page's script and style must know the token, which is drawn anew at each start.

A browser keeps no answer, takes scripts and styles only from here, and sends nothing elsewhere.
"""

import hmac
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chainrule.server.answering import refused

TOKEN = "x-chainrule-token"
NAMES = "127.0.0.1", "localhost"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
OURS = "same-origin", "none"
"""What a browser may say of where a request comes from: this page, or the user's own hand."""


@dataclass(frozen=True)
class Doorkeeper:
    """Stands before all else."""

    app: ASGIApp
    token: str
    port: int
    open: frozenset[str]
    """Paths for which no token is needed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # no page of ours opens a web socket
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        why = self.objection(scope)
        await (refused(why, 403) if why else self.app)(scope, receive, with_headers)

    def objection(self, scope: Scope) -> str | None:
        """Why a request is refused, if it is."""
        headers = Headers(scope=scope)
        hosts = {f"{name}:{self.port}" for name in NAMES}
        if headers.get("host", "").lower() not in hosts or len(headers.getlist("host")) > 1:
            return f"the Host is another one; expected {NAMES[0]}:{self.port}"
        origin = headers.get("origin")
        if origin is not None and origin not in {f"http://{host}" for host in hosts}:
            return "the Origin is another one; expected this server's own page"
        if headers.get("sec-fetch-site", "none") not in OURS:
            return "another site's page sent the request; expected this server's own"
        if scope["path"] not in self.open and not self._is_known(headers, scope["query_string"]):
            return "the token is missing or wrong; expected the address that the terminal shows"
        return None

    def _is_known(self, headers: Headers, query: bytes) -> bool:
        """Whether the token is given, compared in a time that does not tell how much of it was right."""
        given = headers.get(TOKEN) or parse_qs(query.decode("latin-1")).get("token", [""])[0]
        return hmac.compare_digest(given.encode(), self.token.encode())
