"""One thread that times what it runs, call by call.

seconds of a call = what `run_call` takes as Python sees it, less what a call that does nothing takes
"""

from collections import defaultdict
from statistics import median
from time import perf_counter

from chainrule.engine.runtime.calls import Call, bind, run_call
from chainrule.engine.runtime.denormals import denormals_flushed
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.runtime.program import Owner, Program, Task, Unit

EMPTY_CALLS = 2001


@kernel
def timed_call(entry, words, worker, slot, first, last):
    """Run a call."""
    run_call(entry, words, worker, slot, first, last)


@range_kernel
def nothing(n, first, last):
    """An empty kernel: its time is the timing's own."""


class Stopwatch:
    """Runs programs in the calling thread, call by call, and times each."""

    def __init__(self) -> None:
        self.owners: dict[Unit, Owner] = {}
        self.runs: list[dict[Unit, float]] = []  # of each program run, the seconds of each unit
        self.ranges: dict[Unit, int] = defaultdict(int)  # in the last run: the lengths of all that a unit ran over
        self.overhead, empty = 0.0, bind(nothing, 0)
        self.overhead = median(
            self._timed(empty, empty.words.ctypes.data, slot=0, first=0, last=1) for _ in range(EMPTY_CALLS)
        )

    def run(self, program: Program) -> None:
        self.owners.update(program.owners)
        self.runs.append(defaultdict(float))
        self.ranges.clear()
        for phase in program.phases:
            with denormals_flushed():
                for task in phase.tasks:
                    self._run_task(task)
            for function in phase.functions:
                began = perf_counter()
                function()
                self._add(function, perf_counter() - began, 1)

    def _run_task(self, task: Task) -> None:
        """Block by block, as `program.run_task` does."""
        calls = [(call, call.words.ctypes.data) for call in task.calls]
        for first in range(task.first, task.last, task.block):
            last = min(first + task.block, task.last)
            for call, words in calls:
                self._add(call, self._timed(call, words, slot=task.slot, first=first, last=last), last - first)

    def _timed(self, call: Call, words: int, *, slot: int, first: int, last: int) -> float:
        entry, began = call.entry.address, perf_counter()
        timed_call(entry, words, 0, slot, first, last)
        return perf_counter() - began - self.overhead

    def _add(self, unit: Unit, seconds: float, length: int) -> None:
        self.runs[-1][unit] += seconds
        self.ranges[unit] += length
