"""Arrays mapped into memory, for those that do not fit there; and whether their files are still as they were.

What is mapped is read when it is touched. If its file became shorter meanwhile, the system ends the process (SIGBUS),
and no program can say why. So everyone who goes through data asks before each batch, or megabyte, whether a file has
changed: that costs a microsecond, and leaves only the moment in which a batch is read.
"""

import os
import weakref
from typing import BinaryIO, NamedTuple

import numpy as np

from chainrule.base.errors import DataError
from chainrule.data.npy_header import Header


class Watched(NamedTuple):
    """A file that is mapped: its descriptor, its name, and its size and the time of its last change."""

    descriptor: int
    name: str
    state: tuple[int, int]


_watched: set[Watched] = set()


def map_numbers(file: BinaryIO, name: str, header: Header, start: int) -> np.ndarray:
    """The array in an open file whose numbers begin at that byte, mapped, read-only."""
    order = "F" if header.in_columns else "C"
    array = np.memmap(file, header.dtype, "r", start, header.shape, order)
    descriptor = os.dup(file.fileno())
    watched = Watched(descriptor, name, _state(descriptor))
    _watched.add(watched)
    weakref.finalize(array.base, _forget, watched)
    return np.asarray(array)  # a plain view of the map: slicing it is faster, and every library knows it


def check_mapped() -> None:
    """DataError that names a mapped file which has changed."""
    for watched in tuple(_watched):
        if _state(watched.descriptor) != watched.state:
            raise DataError(f"{watched.name}: has changed while it was used; expected it to stay as it was")


def _state(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_size, found.st_mtime_ns


def _forget(watched: Watched) -> None:
    _watched.discard(watched)
    os.close(watched.descriptor)
