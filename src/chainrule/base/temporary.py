"""Temporary files beside a file that is being written, and what is left of them when their process is killed.

A temporary file is locked while its writer lives, so that whoever removes one knows that it is a dead one's.
"""

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chainrule.base.locks import is_left, take

LONGEST = 255  # bytes of a name, on nearly every file system
TEMPORARY = re.compile(r"\.[0-9a-f]{32}\.part\Z")  # how a temporary file's name ends, in 38 bytes
CHUNK = 1 << 20
BINARY = getattr(os, "O_BINARY", 0)  # Windows has two kinds of files


@contextmanager
def part_of(path: Path, content: bytes, mode: int | None) -> Iterator[Path]:
    """A file beside `path`, on the disk, with that mode or the usual one; gone afterwards, unless it was renamed."""
    part, descriptor = _created(path, 0o666 if mode is None else 0o600)
    try:
        put(descriptor, content)
        _check(part, content)
        if mode not in (None, stat.S_IMODE(os.stat(part).st_mode)):  # not every file system has modes
            os.chmod(part, mode)
        if sys.platform == "win32":  # which renames no open file
            os.close(descriptor)
            descriptor = -1
        yield part
    finally:
        if descriptor >= 0:
            os.close(descriptor)
        with suppress(OSError):
            os.unlink(part)


@contextmanager
def name_for(path: Path) -> Iterator[Path]:
    """Another name of a file, gone afterwards; where a file can have only one, as on FAT, that of a copy."""
    other = _beside(path)
    try:
        os.link(path, other)
    except OSError:
        with part_of(path, path.read_bytes(), None) as copy:
            yield copy
        return
    try:
        yield other
    finally:
        with suppress(OSError):
            os.unlink(other)


def remove_left(folder: Path, name: str | None = None) -> None:
    """Remove the temporary files that dead processes left in a folder: all, or those of the file of that name."""
    with suppress(OSError), os.scandir(folder) as files:
        for each in files:
            mark = TEMPORARY.search(each.name)
            ours = mark and (name is None or each.name[: mark.start()] == _stem(name))
            if ours and each.is_file(follow_symlinks=False):
                with suppress(OSError):  # somebody else's, or somebody else has just removed it
                    _remove_if_left(each.path)


def _remove_if_left(path: str) -> None:
    """While it is held, so that whoever has just made it, and not locked it yet, sees that and makes another; on
    Windows, where nobody removes an open file, afterwards."""
    held = sys.platform != "win32"
    with is_left(path) as left:
        if left and held:
            os.unlink(path)
    if left and not held:
        os.unlink(path)


def _created(path: Path, mode: int) -> tuple[Path, int]:
    """A new file beside `path` and its descriptor, locked, unless somebody has just removed it as left by the dead."""
    while True:
        part = _beside(path)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, mode)
        if take(descriptor) is not False and os.path.lexists(part):
            return part, descriptor
        os.close(descriptor)


def put(descriptor: int, content: bytes) -> None:
    """Write all of it, onto the disk."""
    left = memoryview(content)
    while left:
        written = os.write(descriptor, left)
        if not written:
            raise OSError(errno.EIO, "nothing more is taken")
        left = left[written:]
    os.fsync(descriptor)


def _check(part: Path, content: bytes) -> None:
    """OSError unless the file holds just that."""
    with open(part, "rb") as file:
        same = all(file.read(CHUNK) == content[at : at + CHUNK] for at in range(0, len(content), CHUNK))
        if not same or file.read(1):
            raise OSError(errno.EIO, "what is read back is not what was written")


def _beside(path: Path) -> Path:
    return path.with_name(f"{_stem(path.name)}.{os.urandom(16).hex()}.part")


def _stem(name: str) -> str:
    """A name, cut off so that a temporary file's fits."""
    while len(os.fsencode(name)) > LONGEST - 38:
        name = name[:-1]
    return name
