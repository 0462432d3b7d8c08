"""The processes of one start, which end together: with one message, and never one of them waiting for another in vain.

Whoever fails comes here, and waits a little for the others. Where all come, because all have failed alike or were told,
each leaves in its own way. Where some do not, as they wait in an exchange for the one that failed, that one says what
went wrong, and ends all of them.
"""

import os
import platform
import time
from typing import NoReturn

from mpi4py import MPI

from chainrule.distribution.ending import Ending, of_rank
from chainrule.distribution.mpi import MpiRanks

GRACE = 3.0  # seconds in which ranks that fail alike come together
STEP, MOST = 0.1, 3.0  # seconds that a rank waits longer than the one before it, so that one speaks; and the last
HEARD = 0.3  # seconds in which a launcher hands on what was said last: some lose it once the job is aborted
NAP = 0.002  # seconds between two looks at who is there: the first rank may write for long


class Job:
    """The ranks of a communicator."""

    def __init__(self, communicator: MPI.Intracomm) -> None:
        self.ranks = MpiRanks(communicator.Dup(), communicator.Dup())  # nobody else's messages come in between

    def leave(self, ending: Ending) -> Ending:
        """How all end: as the lowest rank that failed, or well. All are here then.

        If some do not come although this one has failed, this does not return.
        """
        rank = self.ranks.rank
        patience = None if ending.code == 0 else GRACE + min(STEP * rank, MOST)
        try:
            if not self._all_come(patience):
                self._abort(ending)
            endings = self._aside.allgather((platform.node(), ending))
            self.ranks.communicator.Free()
            self._aside.Free()
        except MPI.Exception:  # another rank has died, of which the launcher tells
            time.sleep(GRACE + min(STEP * rank, MOST))
            self._abort(ending)
        failed = [k for k, (_, each) in enumerate(endings) if each.code]
        if not failed:
            return ending
        node, first = endings[failed[0]]
        return first if len(failed) == len(endings) else Ending(first.code, of_rank(first.message, failed[0], node))

    @property
    def _aside(self) -> MPI.Intracomm:
        """Where none of them exchanges anything but how it ends."""
        return self.ranks.others[0]

    def finish(self) -> None:
        """After all have left: nothing of MPI is used any more, and a launcher finds nothing wrong with an exit."""
        MPI.Finalize()

    def _all_come(self, seconds: float | None) -> bool:
        request, end = self._aside.Ibarrier(), None if seconds is None else time.monotonic() + seconds
        while not request.Test():
            if end is not None and time.monotonic() > end:
                return False
            time.sleep(NAP)
        return True

    def _abort(self, ending: Ending) -> NoReturn:
        message = of_rank(ending.message or "another rank has ended", self.ranks.rank, platform.node())
        os.write(2, f"{message}\n".encode(errors="backslashreplace"))
        time.sleep(HEARD)
        MPI.COMM_WORLD.Abort(ending.code or 1)
        os._exit(ending.code or 1)
