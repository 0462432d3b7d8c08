"""What is packed in a file, unpacked no further than asked: some kilobytes of zeros may become gigabytes.

Real data become 2 to 20 times larger, tables of mostly zeros perhaps 50 times. Gzip and zip can do 1,000.
"""

import gzip
import os
import zlib
from typing import BinaryIO, Protocol

import numpy as np

from chainrule.base.errors import DataError, reason

GZIP = b"\x1f\x8b"
TIMES, FREE = 100, 1 << 25
"""So many times what is packed may grow, or to so many bytes if these are more."""
PIECE = 1 << 20
"""Bytes that are unpacked, or read, at a time."""


class Stream(Protocol):
    """Whatever bytes can be read from, some at a time; none are left when it gives none."""

    def read(self, size: int = -1, /) -> bytes: ...


class Unpacking:
    """What gzip has packed in a file; a DataError that calls it `name` where it is damaged, or grows too much."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file, self.name = file, name
        self.stream, self.size = gzip.GzipFile(fileobj=file, mode="rb"), 0

    def read(self, size: int = PIECE, /) -> bytes:
        """So many bytes at most, and at most a `PIECE`."""
        try:
            piece = self.stream.read(min(size, PIECE))
        except EOFError:
            raise DataError(f"{self.name}: truncated: the gzip data ends too early") from None
        except (OSError, zlib.error) as error:
            raise DataError(f"{self.name}: corrupt gzip data: {reason(error)}") from None
        self.size += len(piece)
        check_growth(self.file.tell(), self.size, self.name)
        return piece


def unpacked(file: BinaryIO, name: str) -> Stream:
    """The bytes of a file, or those that gzip has packed in it; errors call it `name`."""
    begins = file.read(len(GZIP))
    file.seek(-len(begins), os.SEEK_CUR)
    return Unpacking(file, name) if begins == GZIP else file


def check_growth(packed: int, size: int, name: str) -> None:
    """DataError that calls it `name` if nobody's data, of so many bytes, can be packed in so few."""
    if size > max(FREE, TIMES * packed):
        given = f"{packed:,} bytes that become {size:,} or more"
        raise DataError(
            f"{name}: {given}; expected at most {TIMES} times as many; if they are right, unpack them first"
        )


def wrong_length(found: int, announced: int) -> str | None:
    """What is wrong with so many bytes behind a header that announces so many; None if nothing is."""
    if found == announced:
        return None
    problem = "truncated" if found < announced else "too long"
    return f"{problem}: {found} bytes follow the header; expected {announced}"


def rest_of(stream: Stream) -> bytes:
    """All bytes that are left."""
    return b"".join(iter(lambda: stream.read(PIECE), b""))


def fill(array: np.ndarray, stream: Stream) -> int:
    """Read an array (n,) of numbers as they lie in memory; how many bytes were there."""
    content, start = array.view(np.uint8).data, 0
    while start < len(content) and (piece := stream.read(min(PIECE, len(content) - start))):
        content[start : start + len(piece)] = piece
        start += len(piece)
    return start
