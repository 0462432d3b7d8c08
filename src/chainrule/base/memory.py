"""How much memory there is for data, so that what does not fit is refused in a line, before the system ends us."""

import os
import re
import sys
from pathlib import Path

from chainrule.base.errors import DataError

MEMORY = Path("/proc/meminfo")
GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says how much is available, and a container how much it may have at all."""

LITTLE = 1 << 24
"""Bytes for which nobody looks."""


def available() -> int:
    """The bytes that are free, or can be freed, as far as the system tells."""
    found = re.search(r"MemAvailable: *(\d+) kB", _text(MEMORY))
    limit = _text(GROUP_LIMIT).strip()
    return min(int(found[1]) << 10 if found else _all(), int(limit) if limit.isdecimal() else sys.maxsize)


def check_room(size: int, what: str) -> None:
    """DataError that names `what` so many bytes are of, if these cannot be held in memory."""
    if size > LITTLE and size > (room := available()):
        raise DataError(f"{what}: {size:,} bytes; expected no more than there is memory for: {room:,}")


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _all() -> int:
    """The machine's memory, where the system does not say what is available."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return sys.maxsize
