"""The folder for what can be made again at any time, and how files get into it."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO

import platformdirs


def cache_folder() -> Path:
    """`$CHAINRULE_CACHE_DIR` if it is set, else the user's cache folder. It may not exist yet."""
    chosen = os.environ.get("CHAINRULE_CACHE_DIR")
    if chosen:
        return Path(os.path.expanduser(chosen))
    return Path(platformdirs.user_cache_dir("chainrule", appauthor=False))


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Fill `path` by `write(file)`, so that a reader finds the old file or the whole new one, never a part.

    Two processes may do this at once: each writes a temporary file of its own, and the last to finish wins.
    The bytes are on the disk before the name is theirs, so that this holds after a power cut too.
    OSError if the folder cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
