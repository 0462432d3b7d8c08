"""Reading a file whole: whatever the operating system answers becomes one line of text."""

import os
from pathlib import Path

from chainrule.base.errors import DataError


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file. A missing file, a folder or a file that may not be read is a `DataError`."""
    path = Path(path)
    if os.path.isdir(path):  # unlike Path.is_dir it never raises
        raise DataError(f"{path}: is a folder, expected a file")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise DataError(f"{path}: cannot be read: {reason(error)}") from None


def reason(error: Exception) -> str:
    """What an exception says, without the path and number that an OSError adds."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
