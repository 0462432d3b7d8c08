"""stdout and stderr that can write everything: what their encoding lacks is written in plain characters.

A picture's blocks become `#`, a dash `-`; what has no likeness is escaped, as \\u2603 is, and so are the bytes of a
file's name that are no text. It is an error handler of Python's codecs, so it holds for whatever writes there.
"""

import codecs
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

PLAIN = "chainrule.plain"
ALIKE = {
    **dict.fromkeys("█▉▊▋▌", "#"), **dict.fromkeys("▍▎▏", " "), "▀": '"', "▄": "_",
    **dict.fromkeys("–—━─", "-"), "·": ".", "•": "*", "×": "x", "…": "~", "²": "2", "³": "3",
}  # fmt: skip
"""One character for one, so that columns stay where they are."""


def plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that cannot be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(ALIKE.get(each) or each.encode("ascii", "backslashreplace").decode() for each in lacking), error.end


codecs.register_error(PLAIN, plain)


@contextmanager
def plain_where_needed() -> Iterator[None]:
    """Meanwhile stdout and stderr refuse no character, whatever PYTHONIOENCODING says."""
    before = [(each, each.errors) for each in (sys.stdout, sys.stderr) if isinstance(each, TextIOWrapper)]
    for stream, _ in before:
        stream.reconfigure(errors=PLAIN)
    try:
        yield
    finally:
        for stream, errors in before:
            if not stream.closed:
                stream.reconfigure(errors=errors)
