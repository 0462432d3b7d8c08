"""stdout and stderr that take everything, whatever their encoding, and whether anybody reads it or not.

What the encoding lacks is written in plain characters: a picture's blocks become `#`, a dash `-`; what has no likeness
is escaped, as \\u2603 is, and so are the bytes of a file's name that are no text. It is an error handler of Python's
codecs, so it holds for whatever writes there. What a terminal would obey, in the name of a class or a file, is escaped,
too; rich, whose colours a terminal is to obey, takes the stream behind that, and escapes by itself (`console`).
"""

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from errno import EIO, EPIPE
from io import TextIOWrapper
from typing import Any

from chainrule.base.printable import printable

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


class Patient:
    """A stream that goes on when its reader has seen enough (`| head`), or its terminal is gone: the rest is written
    nowhere. `bears_all`: whatever may be wrong with it, as it is where that would be told."""

    def __init__(self, stream: Any, bears_all: bool = False) -> None:
        self._stream, self._bears_all = stream, bears_all
        self._gone = (EPIPE, EIO) if stream.isatty() else (EPIPE,)  # a file's EIO is a broken disk, and is told

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._bear(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._bear(error)

    def end(self) -> None:
        """Flush; what cannot be written now, when there is nobody left to tell, is not tried again."""
        try:
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: it is closed
            self._leave()

    def _bear(self, error: OSError) -> None:
        if error.errno not in self._gone and not self._bears_all:
            raise error
        self._leave()

    def _leave(self) -> None:
        if self._stream.closed:
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Printable:
    """A stream for text alone: nothing of it is obeyed by a terminal."""

    def __init__(self, stream: Any) -> None:
        self.rich_proxied_file = stream  # what rich's consoles write to instead

    def write(self, text: str) -> int:
        self.rich_proxied_file.write(printable(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


@contextmanager
def usable_streams() -> Iterator[None]:
    """Meanwhile stdout and stderr refuse nothing: no character, whatever PYTHONIOENCODING says, no end of a pipe; and
    they are there, even where the process was given none (`>&-`)."""
    with ExitStack() as after:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            after.callback(setattr, sys, name, stream)
            if stream is None:
                stream = after.enter_context(open(os.devnull, "w", encoding="utf-8"))
            elif isinstance(stream, TextIOWrapper):
                after.callback(_restore, stream, stream.errors)
                stream.reconfigure(errors=PLAIN)
            patient = Patient(stream, bears_all=name == "stderr")
            after.callback(patient.end)
            setattr(sys, name, Printable(patient))
        yield


def _restore(stream: TextIOWrapper, errors: str | None) -> None:
    if not stream.closed:
        stream.reconfigure(errors=errors)
