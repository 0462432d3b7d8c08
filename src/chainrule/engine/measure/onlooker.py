"""A step of the compiled engine, looked at: what each stage makes of x, and sends back, in canonical order.

Its calls are run one by one, in one thread. What goes along a chain of stages, some samples at a time, is copied at
once: the next stage may change it, and what is handed on sample by sample is kept no longer. The rest is copied when
all of a phase is done, before others write into the same memory.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from chainrule.engine.layout import View
from chainrule.engine.plan import Plan
from chainrule.engine.runtime.calls import BY_INPUT, Call, Window
from chainrule.engine.runtime.denormals import denormals_flushed
from chainrule.engine.runtime.program import INPUT, LOSS, Program, Task, Unit, units_of
from chainrule.engine.runtime.stopwatch import Stopwatch, timed_call
from chainrule.engine.stages.value import Value

X = -1
"""The number of the network's input, among those of the stages."""
Place = tuple[int, bool]  # y of that stage; or its dL/dx, going back
Numbers = tuple[str, str, np.ndarray]  # what they are, and of which stage


class Onlooker(Stopwatch):
    """Runs the programs of a plan, and keeps what its stages make for a batch."""

    plan: Plan
    samples: int

    def watch(self, plan: Plan, samples: int) -> None:
        """From now on of that plan, for so many samples."""
        self.plan, self.samples, self.made = plan, samples, dict[Place, np.ndarray]()

    def forward(self) -> Iterator[Numbers]:
        """x, and y of all stages."""
        yield "x", "of the batch", self.made[X, False]
        for k in range(len(self.plan.stages)):
            yield "y", self._name(k), self.made[k, False]

    def backward(self) -> Iterator[Numbers]:
        """dL/dx of all stages that send one back, from the last to the first.

        Behind a ReLU some write it only where x is not 0, as it is of use: it is 0 elsewhere.
        """
        for k, stage in reversed(list(enumerate(self.plan.stages))):
            if (k, True) in self.made:
                gx = self.made[k, True]
                yield "dL/dx", self._name(k), np.where(self.x_of(k) != 0, gx, 0) if stage.x.rectified else gx

    def run(self, program: Program) -> None:
        self.owners.update(program.owners)
        going_back = backward_units(program)
        for phase in program.phases:
            written: dict[Place, View] = {}
            is_chain = covers(phase.tasks, self.samples)
            with denormals_flushed():
                for task in phase.tasks:
                    written |= self._run(task, going_back, is_chain)
            for function in phase.functions:
                function()
                written |= self._written(function, function in going_back)
            for place, view in written.items():
                if not (is_chain or isinstance(view.values, Window)):
                    self.made[place] = Value(view, view).canonical(self.samples)

    def _run(self, task: Task, going_back: set[Unit], is_chain: bool) -> dict[Place, View]:
        """Block by block, as `program.run_task` does; what it may have written."""
        written: dict[Place, View] = {}
        for first in range(task.first, task.last, task.block):
            last = min(first + task.block, task.last)
            for call in task.calls:
                timed_call(call.entry.address, call.words.ctypes.data, 0, task.slot, first, last)
                found = self._written(call, call in going_back)
                written |= found
                for place, view in found.items():
                    if is_chain or isinstance(view.values, Window):
                        self._copy(place, view, first, last)
        return written

    def _written(self, unit: Unit, going_back: bool) -> dict[Place, View]:
        """What a unit may have written of what is kept; what it only computes again is none of it."""
        stage, again = self.owners[unit]
        if stage == INPUT:
            return {(X, False): self.plan.values[0].view}
        if not isinstance(stage, int) or again:
            return {}
        if not going_back:
            return {(stage, False): self.plan.stages[stage].y.view}
        sends = self.plan.lowering.learns[self.plan.stages[stage].group.inputs[0]]
        if not sends or (isinstance(unit, Call) and unit.role != BY_INPUT):
            return {}
        return {(stage, True): self.plan.stages[stage].x.gradient}

    def _copy(self, place: Place, view: View, first: int, last: int) -> None:
        """Samples first .. last - 1; a window has room for just these."""
        stride, values = view.image.stride, view.values
        rows = values.array[0] if isinstance(values, Window) else values[first * stride :]
        block = view._replace(values=rows[: (last - first) * stride])
        found = Value(block, block).canonical(last - first)
        if place not in self.made:
            self.made[place] = np.zeros((self.samples, *found.shape[1:]), found.dtype)
        self.made[place][first:last] = found

    def x_of(self, k: int) -> np.ndarray:
        """What stage k reads."""
        (value,) = self.plan.stages[k].group.inputs[:1]
        writers = [j for j, stage in enumerate(self.plan.stages) if stage.group.output == value]
        return self.made[writers[0] if writers else X, False]

    def _name(self, k: int) -> str:
        group = self.plan.stages[k].group
        return f"{group.nodes[0].name}, {group.name}"


def covers(tasks: Sequence[Task], samples: int) -> bool:
    """Whether their ranges are those of a batch, one behind the other."""
    ranges = sorted({(task.first, task.last) for task in tasks})
    ends = [last for _, last in ranges]
    return [first for first, _ in ranges] == [0, *ends[:-1]] and ends[-1:] == [samples]


def backward_units(program: Program) -> set[Unit]:
    """What runs after the loss is met first."""
    order = dict.fromkeys(unit for phase in program.phases for unit in units_of(phase))
    found, met = set(), False
    for unit in order:
        met = met or program.owners[unit].stage == LOSS
        if met:
            found.add(unit)
    return found
