"""A recorded pass as one file of HTML: the page with its script, its style and all answers in it, for any browser."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from chainrule.base.writing import write_atomically
from chainrule.server.page import built
from chainrule.server.recording import Recording
from chainrule.server.subject import Subject

MOST = 3_000_000
"""Bytes of the file."""
STYLE = re.compile(r'<link rel="stylesheet"[^>]*href="/app\.css"[^>]*>')
SCRIPT = re.compile(r'<script type="module"[^>]*src="/app\.js"[^>]*></script>')
FIRST = re.compile(r"<head>")


def write_recorded_page(path: Path, subject: Subject, asked: dict[str, Any], most: int = MOST) -> int:
    """Write the page of one pass, which is `asked` for as by a page; how many bytes, `most` at most, it has."""
    style, script = built("app.css"), built("app.js").replace("</script", "<\\/script")
    recorded = Recording(subject, asked, most - room_for(style, script)).make().decode()
    html = built("index.html")
    policy = f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}; img-src data: blob:"
    head = f'<head>\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    data = f'<script type="application/json" id="recorded">{recorded.replace("<", chr(92) + "u003c")}</script>'
    for place, text in (
        (FIRST, head), (STYLE, f"<style>{style}</style>"), (SCRIPT, f'{data}\n<script type="module">{script}</script>'),
    ):  # fmt: skip
        html = put(html, place, text)
    content = html.encode()
    write_atomically(path, content)
    return len(content)


def room_for(*parts: str) -> int:
    """Bytes of the page beside what is recorded, with some to spare."""
    return sum(len(part.encode()) for part in (*parts, built("index.html"))) + 8_000


def put(html: str, place: re.Pattern[str], text: str) -> str:
    """The text in the one place where the built page has that."""
    made, times = place.subn(lambda found: text, html)
    if times != 1:
        raise RuntimeError(f"the built page has {times} of {place.pattern}; expected one")
    return made


def digest(text: str) -> str:
    """As a Content-Security-Policy names a script or a style that stands in the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
