"""Ranks that exchange through MPI, by mpi4py."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mpi4py import MPI

from chainrule.base.ranks import Ranks


class MpiRanks(Ranks):
    """The processes of a communicator."""

    def __init__(self, communicator: MPI.Comm = MPI.COMM_WORLD) -> None:
        self.communicator = communicator
        self.rank, self.size = communicator.rank, communicator.size

    def exchange(self, whole: np.ndarray, ends: Sequence[int]) -> None:
        starts = [0, *ends[:-1]]
        counts = [end - start for start, end in zip(starts, ends, strict=True)]
        self.communicator.Allgatherv(MPI.IN_PLACE, [whole, counts, starts, MPI._typedict[whole.dtype.char]])

    def add_up(self, numbers: np.ndarray) -> None:
        self.communicator.Allreduce(MPI.IN_PLACE, numbers)

    def told(self, thing: Any, root: int = 0) -> Any:
        return self.communicator.bcast(thing, root)

    def everyones(self, thing: Any) -> list[Any]:
        return self.communicator.allgather(thing)
