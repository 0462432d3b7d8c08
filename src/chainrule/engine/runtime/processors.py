"""How many threads this process may keep busy."""

import os
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")


def default_threads() -> int:
    """One for each processor of this process, or for each that its container may use; fewer by OMP_NUM_THREADS or
    NUMBA_NUM_THREADS."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = (os.environ.get(name, "") for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"))
    asked = [int(limit) for limit in limits if limit.isdigit() and int(limit) > 0]
    return max(1, int(min(here, container_share(GROUPS), *asked)))


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
