"""Faults of a disk: the next calls of one step of writing fail with one error, as a full or broken disk makes them."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

ERRORS = tuple(getattr(errno, name) for name in ("ENOSPC", "EIO", "EACCES", "EROFS", "EDQUOT"))
STEPS = "open", "write", "short write", "fsync", "replace", "folder fsync"


@contextmanager
def fault(step: str, error: int) -> Iterator[None]:
    """Meanwhile that step fails with that error, each time."""
    name = step.split()[-1]
    true = getattr(os, name)

    def failing(*given: Any, **named: Any) -> Any:
        if step == "open" and not given[1] & os.O_CREAT:
            return true(*given, **named)
        if step.endswith("fsync") and stat.S_ISDIR(os.fstat(given[0]).st_mode) != (step == "folder fsync"):
            return true(*given, **named)
        if step == "short write" and len(given[1]) > 1:  # half of it is taken, until nothing more is
            return true(given[0], given[1][: len(given[1]) // 2])
        raise OSError(error, os.strerror(error))

    with patch.object(os, name, failing):
        yield
