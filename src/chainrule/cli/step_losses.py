"""What losses.jsonl keeps of a run: the loss of each update, in a line from one checkpoint to the next."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np

from chainrule.base.typed import ONE_OR_MORE, Within
from chainrule.training.events import BatchEvent, Progress

MOST = 400
"""Numbers of a line: of more updates these are means of a few."""
DIGITS = 6
"""Of a number: it is to be drawn."""


@dataclass(frozen=True)
class LossLine:
    """A line of losses.jsonl: the mean losses of so many updates `each`, one after the other from the `first`."""

    epoch: Annotated[int, ONE_OR_MORE]
    batch: Annotated[int, ONE_OR_MORE]  # of this epoch, the last one
    first: Annotated[int, ONE_OR_MORE]  # of all updates of the run
    each: Annotated[int, ONE_OR_MORE]
    losses: Annotated[tuple[float | None, ...], Within(1, MOST)]

    @property
    def place(self) -> tuple[int, int]:
        """(epochs done, batches done in the next one), before an epoch is said to be done."""
        return self.epoch - 1, self.batch


@dataclass
class StepLosses:
    """The updates since the last line."""

    losses: list[float] = field(default_factory=list)
    epoch: int = 0
    batch: int = 0

    def add(self, event: BatchEvent) -> None:
        self.losses.append(event.loss)
        self.epoch, self.batch = event.epoch + 1, event.batch + 1

    def line(self, progress: Progress) -> dict[str, Any]:
        """What is told of them, where the run stands now; the next line begins here."""
        losses, self.losses = np.array(self.losses), []
        first, each = progress.state.step - len(losses) + 1, -(-len(losses) // MOST)
        means = [losses[k : k + each].mean() for k in range(0, len(losses), each)]
        told = [float(f"{mean:.{DIGITS}g}") for mean in means]
        return {"epoch": self.epoch, "batch": self.batch, "first": first, "each": each, "losses": told}
