"""Text that a terminal shows as it is, and paths as a shell takes them."""

import re
import shlex
from os import PathLike, fspath

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, C0 but tab and newline, and C1
    "\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # of no width, or of direction
    "\ud800-\udfff\U000e0000-\U000e0fff]"  # no characters, and tags
)
"""What moves a cursor, colours a terminal, turns a line's direction or hides in it."""
NO_TEXT = re.compile("[\udc80-\udcff]")
"""Bytes of a file's name that are no text."""


def printable(text: str) -> str:
    """The text with what nobody would see of it escaped, as \\x1b: names come from files, and a terminal obeys them."""
    return UNSEEN.sub(lambda found: repr(found[0])[1:-1], text)


def in_a_line(text: str) -> str:
    """`printable`, and all of it in one line: a name may hold a newline, too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def typed(path: str | PathLike[str]) -> str:
    """A path as it is typed in a shell, in one line: $'...' where it holds what cannot be shown."""
    text = fspath(path)
    text = f"./{text}" if text.startswith("-") else text
    if text == in_a_line(text):
        return shlex.quote(text)
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{in_a_line(NO_TEXT.sub(_as_a_byte, quoted))}'"


def _as_a_byte(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]) - 0xDC00:02x}"
