"""Locks on open files: they end with the process that holds them, whatever ends it."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DAY = 86400.0  # seconds

if sys.platform == "win32":
    import msvcrt

    FAR = 2**31 - 2  # a byte that no content reaches, as Windows lets nobody else read what is locked

    def take(descriptor: int, *, shared: bool = False) -> bool | None:
        """As below; never shared."""
        os.lseek(descriptor, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def take(descriptor: int, *, shared: bool = False) -> bool | None:
        """Lock an open file until it is closed, for us alone or for all who only look.

        False if somebody else has locked it, None where the file system has no locks.
        """
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True


@contextmanager
def is_left(path: str) -> Iterator[bool]:
    """Whether a file that its writer locks while it lives is a dead one's; meanwhile nobody locks it, as one would who
    has made it but not locked it yet.

    Where there are no locks, nobody writes any more to what has not changed for a day.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        free = take(descriptor, shared=True)
        yield time.time() - os.fstat(descriptor).st_mtime > DAY if free is None else free
    finally:
        os.close(descriptor)


@contextmanager
def only_one(path: Path) -> Iterator[bool]:
    """Meanwhile no other process is in here with this path, where an empty file is made and removed.

    False where the file system has no locks, so that others may be. BlockingIOError if somebody is; OSError if the file
    cannot be made.
    """
    descriptor, free = _opened(path)
    try:
        if free is False:
            raise BlockingIOError(f"{path}: is locked")
        yield free is True
    finally:
        if free:
            with suppress(OSError):
                path.unlink()  # before it is unlocked: who opened it meanwhile sees that it is gone
        os.close(descriptor)


def _opened(path: Path) -> tuple[int, bool | None]:
    """The file, and what `take` says of it; not one that its last owner has just removed."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        free = take(descriptor)
        if not free or _is_at(descriptor, path):
            return descriptor, free
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is the one that has this path."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
