"""Files of a user's, opened for reading: a file, of a size that is asked for, and nothing that blocks or never ends."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from typing import IO

from chainrule.base.errors import ChainruleError
from chainrule.base.files import AnyPath, reason

DIRECT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A pipe would wait for its writer; Windows would change the ends of lines."""


@contextmanager
def opened(
    path: AnyPath, error: type[ChainruleError], most: float = inf, wanted: str = "a file"
) -> Iterator[tuple[IO[bytes], int]]:
    """A file and its size, of at most so many bytes; `error` for another, for what is no file, and if it cannot be
    read, now or later. `wanted` is what errors say was expected."""
    try:
        descriptor = os.open(path, os.O_RDONLY | DIRECT)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                what = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
                raise error(f"{path}: is {what}; expected {wanted}")
            if status.st_size > most:
                raise error(f"{path}: has {status.st_size:,} bytes; expected at most {most:,}")
            with open(descriptor, "rb", closefd=False) as file:
                yield file, status.st_size
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise error(f"{path}: no such file; expected {wanted}") from None
    except ChainruleError:
        raise
    except (OSError, ValueError) as failed:  # ValueError: a zero byte in the path
        raise error(f"{path}: cannot be read: {reason(failed)}") from None
