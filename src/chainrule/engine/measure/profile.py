"""Where a training step's time goes: its calls are run one by one in one thread, and each is timed.

    seconds of a call = what `run_call` takes as Python sees it, less what a call that does nothing takes

A call belongs to a stage and to a phase of it: forward, input gradient, weight gradient; update (with the squares of
|dL/dw|); definition, which is all that the interpreter runs; or other: what is prepared once a step, the input's
scaling, the masks of ReLU and dropout, the loss.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from chainrule.engine.compiled import Compiled
from chainrule.engine.kernels.optimizers import Rows
from chainrule.engine.measure.work import (
    BY_INPUT,
    BY_WEIGHTS,
    DEFINITION,
    FORWARD,
    OTHER,
    PHASES,
    PRODUCTS,
    UPDATE,
    executed,
)
from chainrule.engine.runtime.calls import Call, bind, run_call
from chainrule.engine.runtime.denormals import denormals_flushed
from chainrule.engine.runtime.jit import kernel
from chainrule.engine.runtime.program import Program, Role, Task, Unit
from chainrule.engine.runtime.threads import Team
from chainrule.engine.stages.ends import Source
from chainrule.network.network import Network

MASKS = ("draw_masks", "dropout", "copy_gradient")  # kernels
OF_WEIGHTS = ("weight_gradient", "bias_gradient", "plane_gradients", "shifted_start")  # in kernels' names
INPUT, OTHER_WEIGHTS = "input", "other weights"  # have a place as stages have
EMPTY_CALLS = 2001


@kernel
def timed_call(entry, words, worker, slot, first, last):
    """Run a call."""
    run_call(entry, words, worker, slot, first, last)


@kernel
def nothing(n, first, last):
    """What it takes to time nothing."""


class Stopwatch(Team):
    """A team of the calling thread alone, which does what any team does, call by call, and times each."""

    def __init__(self) -> None:
        super().__init__(1)
        self.roles: dict[Unit, Role] = {}
        self.runs: list[dict[Unit, float]] = []  # of each program run, the seconds of each unit
        self.ranges: dict[Unit, int] = defaultdict(int)  # in the last run: the lengths of all that a unit ran over
        self.overhead, empty = 0.0, bind(nothing, 0)
        self.overhead = median(self._timed(empty, empty.words.ctypes.data, 0, 0, 1) for _ in range(EMPTY_CALLS))

    def run(self, program: Program) -> None:
        self.roles.update(program.roles)
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

    def __init__(self, network: Network, seed: int = 0) -> None:
        super().__init__(network, seed, threads=1)
        self.watch = Stopwatch()

    def _team(self, source: Source, samples: int) -> Team:
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
    sizes = [row["multiply_adds"] for row in plan.rows()]
    names = [INPUT, *(stage.name for stage in plan.stages), str(plan.network.loss), OTHER_WEIGHTS]
    groups: dict[tuple[int, str], list[Unit]] = defaultdict(list)
    for unit in steps[-1]:
        role = watch.roles[unit]
        groups[place_of(role, len(plan.stages)), phase_of(unit, role)].append(unit)
    found = []
    for (place, phase), units in sorted(groups.items(), key=lambda item: (item[0][0], PHASES.index(item[0][1]))):
        seconds = max(median(sum(step[unit] for unit in units) for step in steps), 0.0) / samples
        made = dense = 0
        if phase in PRODUCTS:
            dense, times = sizes[place - 1], 1 + any(watch.roles[unit].work == "again" for unit in units)
            made = times * executed(plan.stages[place - 1], phase, dense, samples)
        moved = sum(moved_bytes(unit) * watch.ranges[unit] for unit in units) / samples
        found.append(Row(place, names[place], phase, seconds, made, dense, moved))
    return found


def place_of(role: Role, stages: int) -> int:
    """Where its row stands: the input, the stages, the loss, other weights."""
    if role.stage is not None:
        return 1 + role.stage
    return {"load": 0, "loss": stages + 1, "update": stages + 2}[role.work]


def phase_of(unit: Unit, role: Role) -> str:
    """Which of the phases a unit of that role belongs to."""
    if not isinstance(unit, Call):
        return DEFINITION
    if role.work == "update" or any(isinstance(argument, Rows) for argument in unit.arguments):
        return UPDATE
    if role.work in ("prepare", "load", "loss") or unit.name in MASKS:
        return OTHER
    if role.work in ("forward", "again"):
        return FORWARD
    return BY_WEIGHTS if role.work == "finish" or any(name in unit.name for name in OF_WEIGHTS) else BY_INPUT


def moved_bytes(unit: Unit) -> int:
    """Bytes that an optimizer's kernel (w, dL/dw, state ..., constants, rows) reads and writes for each of its rows."""
    if not isinstance(unit, Call) or not isinstance(unit.arguments[-1], Rows):
        return 0
    w, state = unit.arguments[0], len(unit.arguments) - 4
    return unit.arguments[-1].floats * w.itemsize * (3 + 2 * state)
