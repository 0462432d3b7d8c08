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
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import Any, NoReturn

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
STANDARD = 1, 2  # the descriptors of stdout and stderr
Run = Callable[[list[str]], Ending]


def run_on_ranks(run: Run, launch: Launch, distributes: bool) -> int:
    """Execute the process's command line, by `run`, and return its exit code; of several the first rank's counts."""
    if not distributes and launch.rank:
        return 0
    with silent_unless(launch.rank == 0) as speak, usable_streams():
        ending, first = _together(run, launch, speak) if distributes else (run(sys.argv[1:]), True)
        if ending.message:
            print(ending.message, file=sys.stderr)
        return ending.code if first else 0


@contextmanager
def silent_unless(first: bool) -> Iterator[Callable[[], None]]:
    """Meanwhile what Python prints goes nowhere, except on the first rank, or once what this gives is called."""
    if first:
        yield lambda: None
        return
    before = sys.stdout, sys.stderr
    ways = [Way(descriptor) for descriptor in STANDARD]
    sys.stdout, sys.stderr = (TextIOWrapper(BufferedWriter(way), "utf-8", line_buffering=True) for way in ways)

    def speak() -> None:
        for way in ways:
            way.open = True

    try:
        yield speak
    finally:
        sys.stdout, sys.stderr = before


class Way(RawIOBase):
    """What leads to an open file once it is open; until then nowhere."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.open = descriptor, False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.descriptor

    def write(self, content: Any) -> int:
        return os.write(self.descriptor, content) if self.open else memoryview(content).nbytes


def _together(run: Run, launch: Launch, speak: Callable[[], None]) -> tuple[Ending, bool]:
    """How all have ended, and whether this rank is the first then; `speak`: once it is, it prints."""
    try:
        communicator = world(launch)
    except ChainruleError as error:
        if launch.rank:
            _leave_apart(Ending.by(error), launch)
        return Ending.by(error), launch.rank == 0
    from chainrule.distribution.job import Job  # MPI is loaded where there are several

    job = Job(communicator)
    job.ranks.when_first.append(speak)
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
    return ending, job.ranks.first


def _leave_apart(ending: Ending, launch: Launch) -> NoReturn:
    """End a rank that found no others. Its word is that of the first, which a launcher ends all for; or its machine
    alone lacks MPI."""
    time.sleep(LATER)
    if launch.wired and not has_mpi():
        os.write(2, f"{of_rank(ending.message, launch.rank, platform.node())}\n".encode(errors="replace"))
    os._exit(ending.code)
