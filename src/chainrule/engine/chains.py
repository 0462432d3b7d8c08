"""Chains: from what the stages do, one after the other, to the phases of a program."""

from collections.abc import Sequence
from typing import Any

from chainrule.engine.runtime.calls import Call, PerSlot
from chainrule.engine.runtime.program import TASKS, Owner, Phase, Task, Unit, cut, units_of
from chainrule.engine.stages.stage import Work
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.together import Exchange


class Chains:
    """Phases in the making: calls in a row make one phase, slot by slot, and within it sample by sample for stages
    whose images are handed on in cache."""

    def __init__(self, step: Step) -> None:
        self.step, self.by_sample = step, False
        self.phases: list[Phase] = []
        self.owners: dict[Unit, Owner] = {}
        self._chain: list[Call] = []
        self._sums: dict[PerSlot, None] = {}

    def add(self, work: Work, by_sample: bool, owner: Owner) -> None:
        """Append a stage's work; `by_sample`: whether its calls want one sample at a time."""
        for item in self.noted(work, owner):
            if isinstance(item, Phase):
                self.end().append(item)
                self._forget_sums(item)
                continue
            if self.by_sample != by_sample:
                self.end()
            self.by_sample = by_sample
            self._chain.append(item)
            self._sums |= dict.fromkeys(item.sums)

    @property
    def sums(self) -> list[PerSlot]:
        """The sums by slot that each rank has of its own slots only."""
        return list(self._sums)

    def _forget_sums(self, phase: Phase) -> None:
        """Those that it exchanges."""
        made = [each for one in phase.functions if isinstance(one, Exchange) for each in one.made]
        for each in made:
            if isinstance(each, PerSlot):
                self._sums.pop(each, None)

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
        """Of the rank's own samples: slot by slot, where sums are made so; else, of what goes by sample, many: the last
        one is soon done."""
        if self.by_sample and not any(call.by_slot for call in self._chain):
            first, last = self.step.own
            return [Task(self._chain, 0, first + a, first + b) for a, b in cut(last - first, 1, TASKS)]
        block = 1 if self.by_sample else self.step.samples
        own = self.step.shares[self.step.ranks.rank]
        return [Task(self._chain, k, *self.step.slot(k), block) for k in own]
