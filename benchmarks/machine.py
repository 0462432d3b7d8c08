"""On what machine, with what versions, and how busy it was."""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("chainrule", "numba", "numpy", "torch", "scikit-learn", "jax", "jaxlib")


def machine() -> list[tuple[str, str]]:
    """(what, value), for the head of the results."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    rows = [
        ("processor", f"{_processor()}, {processors} logical processors for this process"),
        ("vector extensions", ", ".join(_extensions()) or "not known"),
        ("memory", _memory()),
        (
            "system",
            f"{platform.system()} {platform.release()}, {platform.machine()}, Python {platform.python_version()}",
        ),
        ("versions", ", ".join(f"{name} {_version(name)}" for name in PACKAGES)),
    ]
    if hasattr(os, "getloadavg"):
        rows.append(("load before", "{:.2f}, {:.2f}, {:.2f} (1, 5, 15 minutes)".format(*os.getloadavg())))
    return rows


def busy(seconds: float = 0.3) -> float | None:
    """What part of the machine others use, seen while we sleep so long; None where that cannot be seen."""
    before, _, after = _times(), time.sleep(seconds), _times()
    spent = [b - a for a, b in zip(before, after, strict=False)]
    return 1 - (spent[3] + spent[4]) / sum(spent) if len(spent) > 4 and sum(spent) else None


def _times() -> list[int]:
    """Ticks of all processors, by what they did; idle and waiting are the fourth and fifth."""
    return [int(ticks) for line in _lines("/proc/stat")[:1] for ticks in line.split()[1:9]]


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _field(path: str, name: str) -> str:
    return next((line.partition(":")[2].strip() for line in _lines(path) if line.startswith(name)), "")


def _processor() -> str:
    return _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()


def _extensions() -> list[str]:
    known = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16")
    flags = (_field("/proc/cpuinfo", "flags") or _field("/proc/cpuinfo", "Features")).split()
    return [name for name in known if name in flags]


def _memory() -> str:
    kib = _field("/proc/meminfo", "MemTotal").split()
    return f"{int(kib[0]) / 2**20:.1f} GiB" if kib else "not known"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
