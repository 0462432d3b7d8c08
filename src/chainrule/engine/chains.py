"""Chains: from what the stages do, one after the other, to the phases of a program."""

from collections.abc import Sequence
from typing import Any

from chainrule.engine.runtime.calls import Call
from chainrule.engine.runtime.program import TASKS, Owner, Phase, Task, Unit, cut, units_of
from chainrule.engine.stages.stage import Work
from chainrule.engine.stages.step import Step


class Chains:
    """Phases in the making: calls in a row make one phase, slot by slot, and within it sample by sample for stages
    whose images are handed on in cache."""

    def __init__(self, step: Step) -> None:
        self.step, self.by_sample = step, False
        self.phases: list[Phase] = []
        self.owners: dict[Unit, Owner] = {}
        self._chain: list[Call] = []

    def add(self, work: Work, by_sample: bool, owner: Owner) -> None:
        """Append a stage's work; `by_sample`: whether its calls want one sample at a time."""
        for item in self.noted(work, owner):
            if isinstance(item, Phase):
                self.end().append(item)
                continue
            if self.by_sample != by_sample:
                self.end()
            self.by_sample = by_sample
            self._chain.append(item)

    def noted(self, work: Sequence[Any], owner: Owner) -> Sequence[Any]:
        """That work, whose owner is kept."""
        self.owners.update((unit, owner) for item in work for unit in units_of(item))
        return work

    def end(self) -> list[Phase]:
        """End the chain; all phases so far."""
        if self._chain:
            self.phases.append(Phase(self._tasks()))
            self._chain = []
        return self.phases

    def _tasks(self) -> list[Task]:
        """Slot by slot, where sums are made so; else, of what goes by sample, many: the last one is soon done."""
        if self.by_sample and not any(call.by_slot for call in self._chain):
            return [Task(self._chain, 0, a, b) for a, b in cut(self.step.samples, 1, TASKS)]
        block = 1 if self.by_sample else self.step.samples
        ranges = [self.step.slot(k) for k in range(self.step.slots)]
        return [Task(self._chain, k, a, b, block) for k, (a, b) in enumerate(ranges)]
