"""The door for files from outside: only what is a file is opened, so that nothing blocks or never ends."""

import errno
import io
import os
import stat
from typing import BinaryIO

from chainrule.base.arguments import as_path
from chainrule.base.errors import DataError, reason

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


def opened(path: str | os.PathLike[str]) -> BinaryIO:
    """The file at a path, opened to be read from any place; also what is piped in, as /dev/stdin or /dev/fd/3.

    DataError if nothing is there, or no file but a folder, a pipe, a device or a socket, or it may not be read.
    """
    path = as_path(path)
    try:
        descriptor = os.open(path, FLAGS)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        if getattr(error, "errno", None) == errno.ENXIO:  # which only sockets have no reader for
            raise DataError(f"{path}: is a socket; expected a file") from None
        if os.path.isdir(path):  # on Windows these cannot be opened at all
            raise DataError(f"{path}: is a folder; expected a file") from None
        raise DataError(f"{path}: cannot be read: {reason(error)}") from None
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind == stat.S_IFREG:
        return open(descriptor, "rb")
    if kind == stat.S_IFIFO and os.fspath(path).startswith(("/dev/stdin", "/dev/fd/", "/proc/self/fd/")):
        return _piped(descriptor, str(path))
    os.close(descriptor)
    raise DataError(f"{path}: is {KINDS.get(kind, 'no file')}; expected a file")


def size_of(file: BinaryIO) -> int:
    """The bytes in an opened file; it is read from its beginning again."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _piped(descriptor: int, name: str) -> BinaryIO:
    """All that a pipe brings."""
    os.set_blocking(descriptor, True)
    with open(descriptor, "rb") as pipe:
        content = pipe.read(PIPED + 1)
    if len(content) > PIPED:
        raise DataError(f"{name}: more than {PIPED:,} bytes are piped in; expected a file of so many")
    return io.BytesIO(content)
