"""`with chainrule.distributed():` processes train as one, in a program of the user's own that MPI has started."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chainrule.base.arguments import of_kind
from chainrule.base.errors import ChainruleError, UsageError
from chainrule.base.launcher import several
from chainrule.base.ranks import ALONE, Ranks, among, current
from chainrule.base.showing import short
from chainrule.base.together import check_same
from chainrule.distribution.ending import Ending
from chainrule.distribution.launched import mpi, world
from chainrule.distribution.processors import own_processors
from chainrule.distribution.versions import versions


@contextmanager
def distributed(comm: Any = None, *, on_rank_failure: str = "end") -> Iterator[Ranks]:
    """Meanwhile all processes of a communicator train, evaluate and predict as one, each a share of the samples.

        with chainrule.distributed():
            chainrule.fit(network, data, training)

    comm : any communicator of mpi4py (default: all processes that `mpiexec` or `srun` has started; none were: then this
        changes nothing, and MPI is not loaded)
    on_rank_failure : "continue" goes on without a process that dies, to the same bits, where MPI can (mpiexec --with-ft
        ulfm); "end" ends the job

    What is in it is the same on all ranks, and done by all of them: the same calls in the same order, with the same
    arguments. The result is the same on all, and to the bit what one process computes. An exception that not all ranks
    raise ends the whole job, with a message. Raises UsageError where processes do not find one another, or do not run
    the same version.
    """
    if on_rank_failure not in ("end", "continue"):
        raise UsageError(f"on_rank_failure is {short(on_rank_failure)}; expected end or continue")
    if current().size > 1:
        raise UsageError("several ranks compute as one here already; expected no distributed() within another")
    if comm is None:
        beside = several()
        if beside is None:
            yield ALONE
            return
        comm = world(beside)
    of_kind("comm", comm, mpi().Intracomm, "one of mpi4py, as MPI.COMM_WORLD")
    from chainrule.distribution.job import Job  # MPI is loaded where there are several

    job = Job(comm)
    try:
        with among(job.ranks), own_processors(job.ranks):
            if on_rank_failure == "continue":
                job.ranks.outlive()
            check_same(versions())
            yield job.ranks
    except BaseException as error:
        job.leave(Ending.by(error))
        raise
    ended = job.leave(Ending())
    if ended.code:
        raise ChainruleError(ended.message)
