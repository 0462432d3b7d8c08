"""The forward pass in evaluation, for any number of callers at once: each has buffers of its own meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from chainrule.engine.bound import Bound
from chainrule.engine.lowering import Lowering
from chainrule.engine.plan import Plan
from chainrule.engine.runtime.program import Program
from chainrule.engine.stages.ends import Samples
from chainrule.network.given import check_vector

Run = Callable[[Program, Samples, int, int], None]
"""Of a program, for so many samples there, by at most so many threads."""


class Forward:
    """Buffers for the samples of one caller at a time, and programs bound to them."""

    def __init__(self, lowering: Lowering, statistics: np.ndarray, threads: int) -> None:
        """`statistics`: the engine's own; `threads`: for so many there is room."""
        self.lowering, self.statistics, self.threads = lowering, statistics, threads
        self._plan: Plan | None = None
        self._bound = Bound()
        self._packed: tuple[np.ndarray, int, Samples] | None = None  # what the buffers hold that is made of w once

    def outputs(self, w: np.ndarray, x: np.ndarray, version: int, run: Run) -> np.ndarray:
        """y = f_w(x); `version`: another one whenever w may have changed."""
        plan = self._plan_for(len(x))
        source = plan.input.take(x)

        def make() -> tuple[Program, Program]:
            check_vector("w", w, self.lowering.layout.size, self.lowering.network.w.dtype)
            step = plan.step(w, len(x))
            return plan.program(source, step, loss=False), plan.program(source, step, loss=False, prepared=True)

        whole, prepared = self._bound.once((id(w), len(x), id(source)), make, w, source)
        known = self._packed is not None and self._packed[0] is w and self._packed[1:] == (version, source)
        self._packed = self._packed if known else None  # half of it may be there, if this is interrupted
        run(prepared if known else whole, source, len(x), self.threads)
        self._packed = w, version, source
        return plan.outputs(len(x))

    def _plan_for(self, samples: int) -> Plan:
        """The plan, with room for so many samples."""
        if self._plan is None or self._plan.capacity < samples:
            self._packed = None
            self._bound.clear()
            self._plan = Plan(self.lowering, samples, gradients=False, threads=self.threads, statistics=self.statistics)
        return self._plan


class Forwards:
    """As many of them as there were callers at once: the first, which a lone caller has, with room for all threads, the
    others for one. What an interrupt takes away is made anew: nobody ever waits."""

    def __init__(self, lowering: Lowering, statistics: np.ndarray, threads: int) -> None:
        self._make = lambda threads: Forward(lowering, statistics, threads)
        self._first, self._others = [self._make(threads)], list[Forward]()

    @contextmanager
    def one(self) -> Iterator[Forward]:
        """One that nobody else has."""
        idle, taken = self._first, _pop(self._first)
        if taken is None:
            idle, taken = self._others, _pop(self._others) or self._make(1)
        try:
            yield taken
        finally:
            idle.append(taken)


def _pop(idle: list[Forward]) -> Forward | None:
    """The last one, if there is one: another thread may be faster."""
    try:
        return idle.pop()
    except IndexError:
        return None
