"""Files: read whole, what may be written to, and the folder for what can be made again at any time."""

import errno
import getpass
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import platformdirs

from chainrule.base.arguments import AnyPath, as_path
from chainrule.base.errors import DataError, UsageError
from chainrule.base.memory import check_room
from chainrule.base.reading import sized


def cache_folder() -> Path:
    """`$CHAINRULE_CACHE_DIR` if it is set, else the user's cache folder. It may not exist yet.

    A user without a home, as in a container, has one among the temporary files.
    """
    chosen = os.environ.get("CHAINRULE_CACHE_DIR")
    if chosen:
        return Path(os.path.expanduser(chosen))
    with suppress(RuntimeError):  # of platformdirs, where there is no home
        found = Path(platformdirs.user_cache_dir("chainrule", appauthor=False))
        if found.is_absolute():
            return found
    user = getattr(os, "getuid", getpass.getuser)  # Windows has no numbers of users
    return Path(tempfile.gettempdir(), f"chainrule-{user()}")


def read_bytes(path: AnyPath) -> bytes:
    """The bytes of a file; DataError where they cannot be read, or are more than there is memory for."""
    with sized(path, DataError) as (file, size):
        check_room(size, str(path))
        return file.read()


def check_writable(path: AnyPath, *, kinds: Sequence[str] = (), source: AnyPath | None = None) -> Path:
    """The path of a file to be written, as far as is known before: call it before a long run.

    kinds: how its name may end, as in (".png", ".svg"), "" for no ending; none given: as it likes.
    source: a file that it must not be.
    UsageError for another ending, a folder, a place in no folder that exists or where we may not write, or the source.
    """
    path = as_path(path)
    if kinds and path.suffix.lower() not in kinds:
        raise UsageError(f"{path}: is of the kind {path.suffix!r}; expected {', '.join(filter(None, kinds))}")
    if not os.path.isdir(path.parent):
        raise UsageError(f"{path}: there is no folder {path.parent}; expected one that exists")
    if os.path.isdir(path):
        raise UsageError(f"{path}: is a folder; expected the name of a file")
    if not os.access(path if os.path.exists(path) else path.parent, os.W_OK):
        raise UsageError(f"{path}: cannot be written: {os.strerror(errno.EACCES)}")
    if source is not None and os.path.realpath(path) == os.path.realpath(source):
        raise UsageError(f"{path}: is the file that is read; expected another one to write")
    return path
