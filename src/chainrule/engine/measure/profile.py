"""Where a training step's time goes: its calls are run one by one in one thread, and each is timed (`stopwatch`).

A call belongs to a stage and says itself what it is for (`calls`): forward, input gradient, weight gradient; update
(with the squares of |dL/dw|); definition, which is all that the interpreter runs; or other: what is prepared once a
step, the input's scaling, the masks of ReLU and dropout, the loss.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from chainrule.base.errors import UsageError
from chainrule.base.random import Source
from chainrule.engine.compiled import Compiled
from chainrule.engine.runtime.calls import DEFINITION, PRODUCTS, ROLES, Call
from chainrule.engine.runtime.program import INPUT, LOSS, OTHER_WEIGHTS, Owner, Unit
from chainrule.engine.runtime.stopwatch import Stopwatch
from chainrule.network.network import Network


@dataclass(frozen=True)
class Row:
    """The time and work of a stage in one role, for each sample of the batch."""

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


def rows(engine: Compiled, steps: Sequence[Mapping[Unit, float]], samples: int) -> list[Row]:
    """A row for each stage's phases: medians over steps, of the seconds of each unit, on batches of that size."""
    plan, watch = engine.plan(samples), watch_of(engine)
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


def watched(network: Network, source: Source | int = 0) -> Compiled:
    """The compiled engine in one thread, each call timed."""
    return Compiled(network, source, 1, watch=Stopwatch())


def watch_of(engine: Compiled) -> Stopwatch:
    """The stopwatch of an engine; UsageError if it has none."""
    if engine.watch is None:
        raise UsageError("this engine is not watched; expected one that `watched` made")
    return engine.watch


def place_of(owner: Owner, stages: int) -> int:
    """Where its row stands: the input, the stages, the loss, other weights."""
    if isinstance(owner.stage, int):
        return 1 + owner.stage
    return {INPUT: 0, LOSS: stages + 1, OTHER_WEIGHTS: stages + 2}[owner.stage]


def role_of(unit: Unit) -> str:
    """The role of a unit."""
    return getattr(unit, "role", DEFINITION)
