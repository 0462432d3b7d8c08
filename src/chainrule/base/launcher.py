"""Who started this process beside others like it: MPI's `mpiexec`, or Slurm's `srun`. The environment says so.

Nothing of MPI is loaded for that: most commands are started alone.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple

SRUN = "srun"
SIZES = (
    ("mpiexec", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),  # Open MPI's
    ("mpiexec", "PMI_SIZE", "PMI_RANK"),  # MPICH's, Intel's, Microsoft's
    ("mpiexec", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),  # MVAPICH's
    (SRUN, "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
    (SRUN, "SLURM_NTASKS", "SLURM_PROCID"),
)
WIRED = "PMIX_RANK", "PMI_RANK"
"""What a launcher sets that lets processes find one another."""


class Launch(NamedTuple):
    """How this process was started."""

    by: str
    rank: int  # which of them it is, from 0
    size: int | None  # how many processes there are; None: the launcher does not say
    wired: bool  # whether they can find one another


def launch(environment: Mapping[str, str] = os.environ) -> Launch | None:
    """What the environment says of a launcher; None if it names none."""
    wired = any(name in environment for name in WIRED)
    for by, size, rank in SIZES:
        if (count := _number(environment.get(size))) and (at := _number(environment.get(rank))) is not None:
            return Launch(by, at, count, wired or by != SRUN)
    at = _number(environment.get("PMIX_RANK"))
    return None if at is None else Launch("a launcher of PMIx", at, None, True)


def several(environment: Mapping[str, str] = os.environ) -> Launch | None:
    """How this process was started, if others were, too."""
    found = launch(environment)
    return found if found and found.size != 1 else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
