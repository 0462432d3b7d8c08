"""What is done with dL/dw where it arises: its squares are summed, and the optimizer moves w."""

import math
from collections.abc import Sequence

import numpy as np

from chainrule.engine.kernels.elementwise import add_up
from chainrule.engine.kernels.optimizers import CHUNK, Rows, constants_of, kernel_of, squares
from chainrule.engine.runtime.calls import UPDATE, Call, Window, bind
from chainrule.engine.runtime.program import TASKS, Phase, Task, cut
from chainrule.engine.simd import LANES
from chainrule.training.objective import runs
from chainrule.training.optimizers import Optimizer, State


class Updates:
    """What one program does: the squares of dL/dw, block by block, and the updates of w, if the optimizer, which it
    knows by kind, has a kernel."""

    def __init__(
        self,
        w: np.ndarray,
        state: State | None,
        optimizer: Optimizer | None,
        undecayed: Sequence[slice] = (),
    ) -> None:
        """`undecayed`: the parts of w that weight decay leaves alone."""
        self.w, self.state, self.kernel = w, state, kernel_of(optimizer)
        self.constants, self.without_decay = np.zeros(8, w.dtype), np.zeros(8, w.dtype)
        self.undecayed = undecayed
        self.taken: list[slice] = []
        self._sums = np.zeros(len(w) // LANES + 1)  # of squares, block by block: each has a whole vector at least
        self._blocks, self._square = 0, np.zeros(1)

    @property
    def complete(self) -> bool:
        """Whether w moves."""
        return self.kernel is not None

    def begin(self, optimizer: Optimizer, step: int) -> None:
        """Take the optimizer's constants for that update."""
        for to, chosen in ((self.constants, optimizer), (self.without_decay, optimizer.without_decay())):
            constants = constants_of(chosen, step)
            to[: len(constants)] = constants

    def norm(self) -> float:
        """|dL/dw| of the last run."""
        return math.sqrt(self._square[0])

    def calls(self, gw: np.ndarray | Window, rows: Rows, count: int, block: int, squared: bool = True) -> list[Call]:
        """For `count` rows in blocks of at most `block`; each element of w belongs to one such list."""
        self.taken.append(slice(rows.w_at, rows.w_at + count * rows.floats))
        calls = []
        if squared:
            begin, self._blocks = self._blocks, self._blocks - (-count // block)
            calls.append(bind(squares, gw, self._sums[begin : self._blocks], rows, block, role=UPDATE))
        if self.kernel is not None and self.state is not None:
            vectors, decays = self.state.vectors, not any(p.start <= rows.w_at < p.stop for p in self.undecayed)
            constants = self.constants if decays else self.without_decay
            moved = rows.floats * self.w.itemsize * (3 + 2 * len(vectors))
            calls.append(bind(self.kernel, self.w, gw, *vectors, constants, rows, role=UPDATE, moved=moved))
        return calls

    def rest(self, gw: np.ndarray, squared: bool = True) -> list[Phase]:
        """All of w that no list of calls has taken yet, in chunks; then the sum of all squares."""
        tasks: list[Task] = []
        whole = [part for part, _ in runs(self.undecayed, len(self.w))]
        for gap in (gap for part in whole for gap in _gaps(self.taken, part)):
            count = gap.stop - gap.start
            calls = self.calls(gw, Rows(gap.start, gap.start, 1), count, CHUNK, squared)
            tasks += [Task(calls, 0, a, b, CHUNK) for a, b in cut(count, CHUNK, TASKS)]
        total = Task([bind(add_up, self._sums, self._square, role=UPDATE)], 0, 0, self._blocks, self._blocks)
        return [Phase(tasks), Phase([total])] if squared else [Phase(tasks)]


def _gaps(taken: Sequence[slice], whole: slice) -> list[slice]:
    """What of the whole none of the slices covers; each lies in it or outside."""
    gaps, at = [], whole.start
    for part in sorted(taken, key=lambda part: part.start):
        if whole.start <= part.start < whole.stop:
            if part.start > at:
                gaps.append(slice(at, part.start))
            at = part.stop
    return [*gaps, slice(at, whole.stop)] if at < whole.stop else gaps
