"""The file that a network is written to: looked at first, then written whole or not at all."""

import os
from pathlib import Path

from chainrule.base.errors import ChainruleError, UsageError
from chainrule.base.files import write_atomically
from chainrule.base.reading import reason


def check_target(path: str | Path, source: str | Path | None = None) -> None:
    """UsageError unless a file may be written there: in a folder that exists, and not over the `source`."""
    path = Path(path)
    if not os.path.isdir(path.parent):
        raise UsageError(f"{path}: there is no folder {path.parent}; expected one that exists")
    if os.path.isdir(path):
        raise UsageError(f"{path}: is a folder; expected the name of a file")
    if source is not None and os.path.realpath(path) == os.path.realpath(source):
        raise UsageError(f"{path}: is the file that is read; expected another one to write")


def write_target(path: str | Path, content: bytes) -> None:
    """Write the file, over an older one if there is one; ChainruleError if it cannot be written."""
    check_target(path)
    try:
        write_atomically(Path(path), lambda file: file.write(content))
    except (OSError, ValueError) as error:
        raise ChainruleError(f"{path}: cannot be written: {reason(error)}") from None
