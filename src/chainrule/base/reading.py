"""The door for files from outside: only what is a file is opened, so that nothing blocks or never ends."""

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from typing import BinaryIO

from chainrule.base.arguments import AnyPath, as_path
from chainrule.base.errors import ChainruleError, DataError, reason

FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK"))
"""O_NONBLOCK: opening a pipe that nobody writes would wait for ever."""
PIPED = 1 << 30
"""Bytes at most that are read from a pipe, which does not say how many are to come."""
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
"""What a path may lead to that is no file."""


def opened(path: AnyPath, error: type[ChainruleError] = DataError, wanted: str | None = None) -> BinaryIO:
    """The file at a path, opened to be read from any place; also what is piped in, as /dev/stdin or /dev/fd/3.

    `error` if nothing is there, or no file but a folder, a pipe, a device or a socket, or it may not be read; it says
    that what is `wanted` was expected.
    """
    path, expected = as_path(path), f"; expected {wanted or 'a file'}"
    try:
        descriptor = os.open(path, FLAGS)
    except FileNotFoundError:
        raise error(f"{path}: no such file{expected if wanted else ''}") from None
    except (OSError, ValueError) as failed:  # ValueError: a zero byte in the path
        if getattr(failed, "errno", None) == errno.ENXIO:  # which only sockets have no reader for
            raise error(f"{path}: is a socket{expected}") from None
        if os.path.isdir(path):  # on Windows these cannot be opened at all
            raise error(f"{path}: is a folder{expected}") from None
        raise error(f"{path}: cannot be read: {reason(failed)}") from None
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind == stat.S_IFREG:
        return open(descriptor, "rb")
    if kind == stat.S_IFIFO and os.fspath(path).startswith(("/dev/stdin", "/dev/fd/", "/proc/self/fd/")):
        return _piped(descriptor, str(path), error)
    os.close(descriptor)
    raise error(f"{path}: is {KINDS.get(kind, 'no file')}{expected}")


@contextmanager
def sized(
    path: AnyPath, error: type[ChainruleError], most: float = inf, wanted: str | None = None
) -> Iterator[tuple[BinaryIO, int]]:
    """A file, opened as by `opened`, and its size, of at most so many bytes; `error` also where reading fails later."""
    with opened(path, error, wanted) as file:
        size = size_of(file)
        if size > most:
            raise error(f"{path}: has {size:,} bytes; expected at most {most:,}")
        try:
            yield file, size
        except OSError as failed:
            raise error(f"{path}: cannot be read: {reason(failed)}") from None


def size_of(file: BinaryIO) -> int:
    """The bytes in an opened file; it is read from its beginning again."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _piped(descriptor: int, name: str, error: type[ChainruleError]) -> BinaryIO:
    """All that a pipe brings; `error` if that is too much."""
    os.set_blocking(descriptor, True)
    with open(descriptor, "rb") as pipe:
        content = pipe.read(PIPED + 1)
    if len(content) > PIPED:
        raise error(f"{name}: more than {PIPED:,} bytes are piped in; expected a file of so many")
    return io.BytesIO(content)
