"""What libtiff prints of a damaged file, which nobody can ask it not to: while a TIFF is read, it goes nowhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import BinaryIO

from chainrule.base.forking import held_at_forks, in_forked_children

TIFF = (b"II", b"MM")
"""How TIFFs begin."""
STDERR = 2
"""The descriptor that C libraries print errors to."""


@contextmanager
def libtiff_quiet(file: BinaryIO) -> Iterator[None]:
    """While a file is read, if it is a TIFF, nobody's errors are printed; it is at its beginning."""
    begins = file.read(len(TIFF[0]))
    file.seek(0)
    if begins not in TIFF or sys.__stderr__ is None:  # closed: descriptor 2 may be any other file's
        yield
        return
    _silence.begin()
    try:
        yield
    finally:
        _silence.end()


class Silence:
    """The descriptor is the process's: the first who wants silence turns it away, the last one turns it back."""

    def __init__(self) -> None:
        self._lock, self._users, self._kept = RLock(), 0, -1
        held_at_forks(self._lock)
        in_forked_children(self._end_for_all)

    def begin(self) -> None:
        with self._lock:
            if self._users == 0:
                self._kept = os.dup(STDERR)
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, STDERR)
                os.close(nowhere)
            self._users += 1

    def end(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._turn_back()

    def _turn_back(self) -> None:
        os.dup2(self._kept, STDERR)
        os.close(self._kept)

    def _end_for_all(self) -> None:
        """A forked process has none of the threads that wanted it."""
        if self._users > 0:
            self._users = 0
            self._turn_back()


_silence = Silence()
