"""Updates where dL/dw arises: its squares are summed, and the optimizer moves w."""

import math
from collections.abc import Sequence

import numpy as np

import chainrule.engine.kernels.adaptive  # noqa: F401  # it registers its updates
from chainrule.engine.kernels.clipping import blended, scaled, shortening
from chainrule.engine.kernels.elementwise import add_up
from chainrule.engine.kernels.optimizers import CHUNK, WeightSpan, squares, update_of
from chainrule.engine.runtime.calls import UPDATE, Call, Window, bind
from chainrule.engine.runtime.program import TASKS, Phase, Task, cut
from chainrule.engine.simd import LANES
from chainrule.training.objective import runs
from chainrule.training.optimizers import Optimizer, State


class Updates:
    """The updates of one program: the squares of dL/dw, block by block, and w moved, if there is a kernel for the
    optimizer's kind."""

    def __init__(
        self,
        w: np.ndarray,
        state: State | None,
        optimizer: Optimizer | None,
        undecayed: Sequence[slice] = (),
    ) -> None:
        """`undecayed`: the parts of w that weight decay leaves alone."""
        self.w, self.state, self.update = w, state, update_of(optimizer)
        count = len(self.update.constants(optimizer, 1)) if self.update else 0
        self.constants, self.without_decay = np.zeros(count, w.dtype), np.zeros(count, w.dtype)
        self.undecayed = undecayed
        self.taken: list[slice] = []
        self._sums = np.zeros(len(w) // LANES + 1)  # of squares, block by block: each has a whole vector at least
        self._blocks, self._square = 0, np.zeros(1)
        self._factor: np.ndarray | None = None  # of gw, where it is clipped

    @property
    def complete(self) -> bool:
        """Whether w moves."""
        return self.update is not None

    def begin(self, optimizer: Optimizer, step: int, clip_norm: float | None = None) -> None:
        """Take the optimizer's constants for that update, and how long its gradient may be."""
        if self.update:
            self.constants[:] = self.update.constants(optimizer, step)
            if self.undecayed:
                self.without_decay[:] = self.update.constants(optimizer.without_decay(), step)

    def norm(self) -> float:
        """|dL/dw| of the last run."""
        return math.sqrt(self._square[0])

    def calls(
        self, gw: np.ndarray | Window, span: WeightSpan, count: int, block: int, *, squared: bool = True
    ) -> list[Call]:
        """Calls that update `count` items, a block at a time; each element of w belongs to one such list."""
        self.taken.append(slice(span.w_at, span.w_at + count * span.floats))
        calls = []
        if squared:
            begin, self._blocks = self._blocks, self._blocks - (-count // block)
            calls.append(bind(squares, gw, self._sums[begin : self._blocks], span, block, role=UPDATE))
        if self._factor is not None:
            calls.append(bind(scaled, gw, self._factor, span, role=UPDATE))
        if self.update is not None and self.state is not None:
            vectors = self.state.vectors
            decays = not any(p.start <= span.w_at < p.stop for p in self.undecayed)
            constants = self.constants if decays else self.without_decay
            moved = span.floats * self.w.itemsize * (3 + 2 * len(vectors))
            calls.append(bind(self.update.kernel, self.w, gw, *vectors, constants, span, role=UPDATE, moved=moved))
        return calls

    def rest(self, gw: np.ndarray, squared: bool = True) -> list[Phase]:
        """Phases that update all of w that no list of calls has taken yet, in chunks; then sum all squares."""
        tasks: list[Task] = []
        whole = [part for part, _ in runs(self.undecayed, len(self.w))]
        for gap in (gap for part in whole for gap in _gaps(self.taken, part)):
            count = gap.stop - gap.start
            calls = self.calls(gw, WeightSpan(gap.start, gap.start, 1), count, CHUNK, squared=squared)
            tasks += [Task(calls, 0, a, b, CHUNK) for a, b in cut(count, CHUNK, TASKS)]
        total = Task([bind(add_up, self._sums, self._square, role=UPDATE)], 0, 0, self._blocks, self._blocks)
        return [Phase(tasks), Phase([total])] if squared else [Phase(tasks)]


class LateUpdates(Updates):
    """The updates of a program that clips: none before all squares are summed, chunk by chunk as for `norm`."""

    def __init__(self, w: np.ndarray, state: State, optimizer: Optimizer, undecayed: Sequence[slice] = ()) -> None:
        super().__init__(w, state, optimizer, undecayed)
        self._length, self._limit, self._factor = Updates(w, None, None), np.zeros(1), np.ones(1, w.dtype)

    def begin(self, optimizer: Optimizer, step: int, clip_norm: float | None = None) -> None:
        super().begin(optimizer, step)
        self._limit[0] = math.inf if clip_norm is None else clip_norm

    def norm(self) -> float:
        return self._length.norm()

    def phases(self, gw: np.ndarray) -> list[Phase]:
        """All of them."""
        length = self._length.rest(gw)
        found = bind(shortening, self._length._square, self._limit, self._factor, role=UPDATE)
        return [*length, Phase([Task([found])]), *self.rest(gw, squared=False)]


def blending(average: np.ndarray, w: np.ndarray, share: np.ndarray) -> list[Phase]:
    """Phases that move an average by that share, of one element, towards w."""
    call = bind(blended, average, w, share, WeightSpan(0, 0, 1), role=UPDATE)
    return [Phase([Task([call], 0, a, b, CHUNK) for a, b in cut(len(w), CHUNK, TASKS)])]


def _gaps(taken: Sequence[slice], whole: slice) -> list[slice]:
    """The parts of `whole` that none of the slices covers; each lies in it or outside."""
    gaps, at = [], whole.start
    for part in sorted(taken, key=lambda part: part.start):
        if whole.start <= part.start < whole.stop:
            if part.start > at:
                gaps.append(slice(at, part.start))
            at = part.stop
    return [*gaps, slice(at, whole.stop)] if at < whole.stop else gaps
