"""What machine this is, in words."""

import os
import platform
from contextlib import suppress
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def processor() -> str:
    """As its maker calls it, where the system says so; else its kind."""
    with suppress(OSError):
        for line in CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()


def described() -> str:
    """Processor, cores, system and Python, in a line."""
    cores = os.cpu_count() or 1
    count = "1 core" if cores == 1 else f"{cores} cores"
    return f"{processor()}, {count}; {platform.system()}; Python {platform.python_version()}"
