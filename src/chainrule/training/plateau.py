"""Where the loss stops falling: what `ReduceOnPlateau` waits for."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Annotated

from chainrule.base.typed import COUNT, Within
from chainrule.training.events import EpochEvent, Event, Memory
from chainrule.training.memories import remembers
from chainrule.training.monitor import measured
from chainrule.training.schedule import Wait

Count = Annotated[int, COUNT]


@dataclass
class Watched:
    """What a checkpoint keeps of it."""

    best: Annotated[float, Within(infinite=True)] = math.inf
    waited: Count = 0  # epochs in a row that were no better
    resting: Count = 0  # epochs that do not count yet
    stalls: Count = 0  # how often it has stopped falling


@remembers(Watched)
@dataclass
class Plateau:
    """A listener that counts how often the loss has not fallen for too long."""

    wait: Wait
    seen: Watched = field(default_factory=Watched)

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochEvent):
            self._judge(measured(event, self.wait.monitor))

    def _judge(self, now: float) -> None:
        seen, wait = self.seen, self.wait
        if now < seen.best * (1 - wait.threshold):
            seen.best, seen.waited = now, 0
        else:
            seen.waited += 1
        if seen.resting:
            seen.resting, seen.waited = seen.resting - 1, 0
        if seen.waited > wait.patience:
            seen.stalls, seen.waited, seen.resting = seen.stalls + 1, 0, wait.cooldown

    def state(self) -> Memory:
        """What a checkpoint keeps."""
        return asdict(self.seen)

    def restore(self, state: Memory) -> None:
        """Go on from what a checkpoint kept."""
        self.seen = Watched(**state)
