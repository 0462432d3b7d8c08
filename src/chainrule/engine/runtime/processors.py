"""How many threads this process may keep busy."""

import os
import re
from pathlib import Path
from typing import TypeGuard

from chainrule.base.errors import warn
from chainrule.base.showing import short

GROUPS = Path("/sys/fs/cgroup")
MOST_THREADS = 1024
"""More than there are processors; memory is taken for each."""
LIMITS = "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"


def default_threads() -> int:
    """One for each processor of this process, or for each that its container may use; fewer by OMP_NUM_THREADS or
    NUMBA_NUM_THREADS."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = [int(limit) for limit in map(os.environ.get, LIMITS) if is_limit(limit)]
    return max(1, int(min(here, container_share(GROUPS), *asked)))


def is_limit(text: str | None) -> TypeGuard[str]:
    """Whether it is a number of threads: some digits, in ASCII, not all 0."""
    return text is not None and re.fullmatch("0*[1-9][0-9]{0,9}", text) is not None


def drop_what_is_no_limit() -> None:
    """Before Numba is loaded, which would raise at any other text: such a variable limits nothing, and that is said."""
    for name in LIMITS:
        text = os.environ.get(name)
        if text is not None and not is_limit(text):
            del os.environ[name]
            if text:
                warn(f"{name} is {short(text)}, which limits nothing; expected a whole number of at least 1")


def container_share(groups: Path) -> float:
    """Processors' worth of time that the control group gives a container (`docker run --cpus`); without end if all.

    It still sees every processor of its host: threads that wait for one another by spinning would use its time up.
    """
    try:
        if (groups / "cpu.max").exists():  # version 2
            quota, period = (groups / "cpu.max").read_text().split()
        else:
            quota, period = ((groups / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return float(quota) / float(period) if float(quota) > 0 else float("inf")
    except (OSError, ValueError, ZeroDivisionError):
        return float("inf")
