"""What stands where a file is expected, and is none that can be read."""

import os
from pathlib import Path

ODD_FILES = ["pipe", "folder", "loop", "large"]


def put_odd_file(kind: str, path: Path) -> None:
    """One of that kind, at the path."""
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to(path)
        case "large":  # far larger than what may be read, and without a byte on the disk
            with path.open("wb") as file:
                file.truncate(10 * 2**30)
