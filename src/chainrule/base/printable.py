"""Text that a terminal shows as it is."""

import re

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, C0 but tab and newline, and C1
    "\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # of no width, or of direction
    "\ud800-\udfff\U000e0000-\U000e0fff]"  # no characters, and tags
)
"""What moves a cursor, colours a terminal, turns a line's direction or hides in it."""


def printable(text: str) -> str:
    """The text with what nobody would see of it escaped, as \\x1b: names come from files, and a terminal obeys them."""
    return UNSEEN.sub(lambda found: repr(found[0])[1:-1], text)
