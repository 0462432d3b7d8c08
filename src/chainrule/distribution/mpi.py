"""Ranks that exchange through MPI, by mpi4py."""

import math
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
        """Of a matrix the common divisor of the ends is how many columns go as one."""
        width = 1 if whole.ndim == 1 else max(math.gcd(*ends), 1)
        kind = MPI._typedict[whole.dtype.char]
        lasts = [end // width for end in ends]
        firsts = [0, *lasts[:-1]]
        counts = [last - first for first, last in zip(firsts, lasts, strict=True)]
        if whole.ndim == 1:
            self.communicator.Allgatherv(MPI.IN_PLACE, [whole, counts, firsts, kind])
            return
        rows, step = len(whole), whole.strides[0] // whole.itemsize
        apart = kind.Create_vector(rows, width, step)
        columns = apart.Create_resized(0, width * whole.itemsize).Commit()
        try:
            self.communicator.Allgatherv(MPI.IN_PLACE, [whole.reshape(-1), counts, firsts, columns])
        finally:
            columns.Free()
            apart.Free()

    def add_up(self, numbers: np.ndarray) -> None:
        self.communicator.Allreduce(MPI.IN_PLACE, numbers)

    def largest(self, numbers: np.ndarray) -> None:
        self.communicator.Allreduce(MPI.IN_PLACE, numbers, MPI.MAX)

    def told(self, thing: Any, root: int = 0) -> Any:
        return self.communicator.bcast(thing, root)

    def everyones(self, thing: Any) -> list[Any]:
        return self.communicator.allgather(thing)
