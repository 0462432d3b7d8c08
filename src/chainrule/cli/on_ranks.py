"""The command line of a process that a launcher has started beside others, as in `mpiexec -n 4 chainrule train`.

The first rank reads and writes what is read and written once, and speaks; all compute. A command that is not for
several is the first rank's alone, and MPI is not loaded for it.
"""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from chainrule.base import signals
from chainrule.base.errors import ChainruleError
from chainrule.base.launcher import Launch
from chainrule.base.ranks import among
from chainrule.base.together import check_same
from chainrule.cli.streams import usable_streams
from chainrule.distribution.ending import START, Ending, of_rank
from chainrule.distribution.launched import has_mpi, world
from chainrule.distribution.processors import own_processors
from chainrule.distribution.versions import versions

LATER = 2.0  # seconds after which a rank says what the first would have said, had it not been alike there
Run = Callable[[list[str]], Ending]


def run_on_ranks(run: Run, launch: Launch, distributes: bool) -> int:
    """Execute the process's command line, by `run`, and return its exit code; of several the first rank's counts."""
    if not distributes and launch.rank:
        return 0
    with silent_unless(launch.rank == 0), usable_streams():
        ending = _together(run, launch) if distributes else run(sys.argv[1:])
        if ending.message:
            print(ending.message, file=sys.stderr)
        return 0 if launch.rank else ending.code


@contextmanager
def silent_unless(first: bool) -> Iterator[None]:
    """Meanwhile what Python prints goes nowhere, except on the first rank."""
    if first:
        yield
        return
    before = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdout = sys.stderr = nowhere
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


def _together(run: Run, launch: Launch) -> Ending:
    try:
        communicator = world(launch)
    except ChainruleError as error:
        if launch.rank:
            _leave_apart(Ending.by(error), launch)
        return Ending.by(error)
    from chainrule.distribution.job import Job  # MPI is loaded where there are several

    job = Job(communicator)
    try:
        with among(job.ranks), own_processors(job.ranks):
            check_same(versions())
            ending = run(sys.argv[1:])
    except KeyboardInterrupt:
        ending = Ending(signals.exit_code(), f"{START}{signals.WORD}")
    except BaseException as error:
        ending = Ending.by(error)
    signals.ignore()
    ending = job.leave(ending)
    job.finish()
    return ending


def _leave_apart(ending: Ending, launch: Launch) -> NoReturn:
    """End a rank that found no others. Its word is that of the first, which a launcher ends all for; or its machine
    alone lacks MPI."""
    time.sleep(LATER)
    if launch.wired and not has_mpi():
        os.write(2, f"{of_rank(ending.message, launch.rank, platform.node())}\n".encode(errors="replace"))
    os._exit(ending.code)
