"""Where a training step's time goes: its calls are run one by one in one thread, and each is timed.

    seconds of a call = what `run_call` takes as Python sees it, less what a call that does nothing takes

A call belongs to a stage and says itself what it is for (`calls`): forward, input gradient, weight gradient; update
(with the squares of |dL/dw|); definition, which is all that the interpreter runs; or other: what is prepared once a
step, the input's scaling, the masks of ReLU and dropout, the loss.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np

from chainrule.base.random import Source
from chainrule.engine.compiled import Compiled
from chainrule.engine.runtime.calls import DEFINITION, PRODUCTS, ROLES, Call, bind, run_call
from chainrule.engine.runtime.denormals import denormals_flushed
from chainrule.engine.runtime.jit import range_kernel
from chainrule.engine.runtime.program import INPUT, LOSS, OTHER_WEIGHTS, Owner, Program, Task, Unit
from chainrule.engine.runtime.threads import Team
from chainrule.engine.stages.ends import Samples
from chainrule.network.engine import LayerTime
from chainrule.network.network import Network

EMPTY_CALLS = 2001


@range_kernel
def timed_call(entry, words, worker, slot, first, last):
    """Run a call."""
    run_call(entry, words, worker, slot, first, last)


@range_kernel
def nothing(n, first, last):
    """What it takes to time nothing."""


class Stopwatch(Team):
    """A team of the calling thread alone, which does what any team does, call by call, and times each."""

    def __init__(self) -> None:
        super().__init__(1)
        self.owners: dict[Unit, Owner] = {}
        self.runs: list[dict[Unit, float]] = []  # of each program run, the seconds of each unit
        self.ranges: dict[Unit, int] = defaultdict(int)  # in the last run: the lengths of all that a unit ran over
        self.overhead, empty = 0.0, bind(nothing, 0)
        self.overhead = median(self._timed(empty, empty.words.ctypes.data, 0, 0, 1) for _ in range(EMPTY_CALLS))

    def run(self, program: Program) -> None:
        self.owners.update(program.owners)
        self.runs.append(defaultdict(float))
        self.ranges.clear()
        with denormals_flushed():
            for phase in program.phases:
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
                self._add(call, self._timed(call, words, task.slot, first, last), last - first)

    def _timed(self, call: Call, words: int, slot: int, first: int, last: int) -> float:
        entry, began = call.entry, perf_counter()
        timed_call(entry, words, 0, slot, first, last)
        return perf_counter() - began - self.overhead

    def _add(self, unit: Unit, seconds: float, length: int) -> None:
        self.runs[-1][unit] += seconds
        self.ranges[unit] += length


class Timed(Compiled):
    """The compiled engine in one thread, each call timed."""

    def __init__(self, network: Network, source: Source | int = 0) -> None:
        super().__init__(network, source, threads=1)
        self.watch = Stopwatch()

    def _team(self, source: Samples, samples: int) -> Team:
        return self.watch


@dataclass(frozen=True)
class Row:
    """What a phase of a stage takes, for each sample of the batch."""

    place: int  # of the stage among all
    stage: str
    phase: str
    seconds: float
    executed: float = 0  # multiply-adds; 0: none that are counted
    dense: float = 0  # multiply-adds of the definition
    moved: float = 0  # bytes that an update reads and writes: w, dL/dw, the optimizer's state

    def rate(self, amount: float) -> float:
        """That amount a second."""
        return amount / self.seconds if self.seconds else 0.0


def rows(engine: Timed, steps: Sequence[Mapping[Unit, float]], samples: int) -> list[Row]:
    """A row for each stage's phases: medians over steps, of the seconds of each unit, on batches of that size."""
    plan, watch = engine.plan(samples), engine.watch
    names = {INPUT: INPUT, LOSS: str(plan.network.loss), OTHER_WEIGHTS: OTHER_WEIGHTS}
    groups: dict[tuple[int, str], list[Unit]] = defaultdict(list)
    for unit in steps[-1]:
        groups[place_of(watch.owners[unit], len(plan.stages)), role_of(unit)].append(unit)
    found = []
    for (place, role), units in sorted(groups.items(), key=lambda item: (item[0][0], ROLES.index(item[0][1]))):
        owner = watch.owners[units[0]].stage
        stage = plan.stages[owner] if isinstance(owner, int) else None
        seconds = max(median(sum(step[unit] for unit in units) for step in steps), 0.0) / samples
        made = dense = 0.0
        if stage and role in PRODUCTS:
            times = 1 + any(watch.owners[unit].again for unit in units)
            dense, made = stage.multiply_adds, times * stage.executed(role, samples)
        moved = sum(unit.moved * watch.ranges[unit] for unit in units if isinstance(unit, Call)) / samples
        found.append(Row(place, stage.name if stage else names[str(owner)], role, seconds, made, dense, moved))
    return found


def place_of(owner: Owner, stages: int) -> int:
    """Where its row stands: the input, the stages, the loss, other weights."""
    if isinstance(owner.stage, int):
        return 1 + owner.stage
    return {INPUT: 0, LOSS: stages + 1, OTHER_WEIGHTS: stages + 2}[owner.stage]


def role_of(unit: Unit) -> str:
    """What a unit is for."""
    return unit.role if isinstance(unit, Call) else DEFINITION


def forward_times(network: Network, x: np.ndarray, runs: int) -> list[LayerTime]:
    """What each stage takes of a forward pass over x, for a sample: medians over `runs`, after one more."""
    engine = Timed(network)
    w = engine.layout.pack(network.w)
    for run in range(1 + runs):
        engine.outputs(w, x, unchanged=run > 0)
    groups = engine.lowering.groups
    totals: list[dict[int, float]] = []
    for timed in engine.watch.runs[1:]:
        totals.append(defaultdict(float))
        for unit, seconds in timed.items():
            totals[-1][place_of(engine.watch.owners[unit], len(groups))] += seconds
    names = [(), *(tuple(node.name for node in group.nodes) for group in groups)]
    return [
        LayerTime(each, max(median(total[place] for total in totals), 0.0) / len(x)) for place, each in enumerate(names)
    ]
