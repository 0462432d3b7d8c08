"""Ranks that exchange through MPI, by mpi4py; where it lets them, they go on without those that die.

Ranks that survive agree after each exchange of theirs whether all have it (`Agree` says the same on all that live, and
counts a rank that died as a no). If so, it counts, whoever dies next. If not, whoever waits in it is told (`Revoke`),
they leave the dead behind (`Shrink`), and do it again.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numpy as np
from mpi4py import MPI

from chainrule.base.errors import UsageError, warn
from chainrule.base.ranks import NOTHING, Ranks, extent
from chainrule.distribution.launched import survivable

T = TypeVar("T")
FAILURES = MPI.ERR_PROC_FAILED, MPI.ERR_PROC_FAILED_PENDING, MPI.ERR_REVOKED


class Unsettled(Exception):
    """A rank has died before all had settled."""


class MpiRanks(Ranks):
    """The processes of a communicator."""

    def __init__(self, communicator: MPI.Intracomm = MPI.COMM_WORLD, *others: MPI.Intracomm) -> None:
        """`others`: communicators of the same processes, which the dead are to leave, too."""
        self.communicator, self.others = communicator, list(others)
        self.rank, self.size = communicator.rank, communicator.size
        self.when_first: list[Callable[[], None]] = []  # what is done once the ranks before this one are dead

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

    def turn(self, whole: np.ndarray, rows: Sequence[int], columns: Sequence[int], *, has_rows: bool) -> None:
        """Rank p sends rank q what p has and q is to have; it lies in the same place on both."""
        kind, own, starts = MPI._typedict[whole.dtype.char], self.rank, [0] * self.size

        def block(i: int, j: int) -> MPI.Datatype:
            """What rank i has of what rank j is to have; the kind itself, if that is nothing to send."""
            at = (i, j) if has_rows else (j, i)
            return kind if i == j else _block(whole, kind, extent(rows, at[0]), extent(columns, at[1]))

        sent = [block(own, other) for other in range(self.size)]
        received = [block(other, own) for other in range(self.size)]
        counts, arriving = ([int(each is not kind) for each in blocks] for blocks in (sent, received))
        try:
            self.communicator.Alltoallw([whole, counts, starts, sent], [whole, arriving, starts, received])
        finally:
            for each in (*sent, *received):
                if each is not kind:
                    each.Free()

    def add_up(self, numbers: np.ndarray) -> None:
        numbers[...] = self._reduced(numbers, MPI.SUM)

    def told(self, thing: Any, root: int = 0) -> Any:
        return self._settled(lambda: self.communicator.bcast(thing, root))

    def everyones(self, thing: Any) -> list[Any]:
        return self._settled(lambda: self.communicator.allgather(thing))

    def any_of(self, wishes: Sequence[bool]) -> list[bool]:
        return self._reduced(np.array(wishes, np.int32), MPI.MAX).astype(bool).tolist()

    def outlive(self) -> None:
        if self.size > 1 and not survivable():
            given = f"{MPI.Get_library_version().split(',')[0]} ends all of the {self.size} processes when one dies"
            raise UsageError(f"{given}; expected Open MPI 5's mpiexec --with-ft ulfm")
        self.survive = True

    def attempt(self, do: Callable[[], T], moved: np.ndarray = NOTHING) -> T:
        if not self.survive:
            return do()
        before = moved.copy()
        while True:
            try:
                return do()
            except Unsettled:
                pass
            except MPI.Exception as error:
                if error.Get_error_class() not in FAILURES:
                    raise
                self.communicator.Revoke()
                self._agree(False)
            self._leave_the_dead()
            moved[:] = before

    def settle(self) -> None:
        if self.survive and not self._agree(True):
            raise Unsettled

    def _reduced(self, numbers: np.ndarray, by: MPI.Op) -> np.ndarray:
        def exchange() -> np.ndarray:
            found = numbers.copy()
            self.communicator.Allreduce(MPI.IN_PLACE, found, by)
            return found

        return self._settled(exchange)

    def _settled(self, exchange: Callable[[], T]) -> T:
        def do() -> T:
            found = exchange()
            self.settle()
            return found

        return self.attempt(do)

    def _agree(self, well: bool) -> bool:
        try:
            return bool(self.communicator.Agree(int(well)))
        except MPI.Exception:
            return False

    def _leave_the_dead(self) -> None:
        before, was_first = self.communicator, self.first
        self.communicator = cast(MPI.Intracomm, before.Shrink())
        self.others = [cast(MPI.Intracomm, other.Shrink()) for other in self.others]
        self.rank, self.size = self.communicator.rank, self.communicator.size
        if self.first and not was_first:
            for each in self.when_first:
                each()
        warn(f"{before.size - self.size} of {before.size} ranks died; the others go on, {self.size} in all")


def _block(whole: np.ndarray, kind: MPI.Datatype, rows: tuple[int, int], columns: tuple[int, int]) -> MPI.Datatype:
    """Some of a matrix, as it lies in it; the kind itself for none of it."""
    starts, lengths = [rows[0], columns[0]], [rows[1] - rows[0], columns[1] - columns[0]]
    if 0 in lengths:
        return kind
    return kind.Create_subarray([len(whole), whole.strides[0] // whole.itemsize], lengths, starts).Commit()
