"""What a training run tells whoever listens: progress bars, loggers, early stopping, a web page.

A listener is a function of one event. To end the run after the current update it raises StopTraining.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.objective import Objective
from chainrule.optimizers import State


@dataclass
class Progress:
    """Where a run stands: enough to go on from, bit for bit. w and the state are the engine's own vectors."""

    objective: Objective
    w: np.ndarray
    state: State
    epoch: int = 0
    batch: int = 0  # the next batch of this epoch

    def weights(self) -> np.ndarray:
        """A copy of w in canonical order."""
        return self.objective.layout.unpack(self.w)

    def optimizer_vectors(self) -> np.ndarray:
        """A copy of the optimizer's state, (slots, size), in canonical order."""
        unpacked = [self.objective.layout.unpack(v) for v in self.state.vectors]
        return np.stack(unpacked) if unpacked else np.empty((0, len(self.weights())), self.w.dtype)


@dataclass(frozen=True, slots=True)
class BatchEvent:
    """An update was made."""

    progress: Progress
    epoch: int  # from 0
    batch: int  # from 0, in its epoch
    samples: int  # in this batch
    loss: float  # mean error of the batch, before the update
    gradient_norm: float  # of the gradient that the optimizer got


@dataclass(frozen=True, slots=True)
class EpochEvent:
    """All batches of an epoch were made."""

    progress: Progress
    epoch: int  # from 0
    samples: int  # seen in this epoch, or since a resume inside it
    loss: float  # mean error over them, each before its update
    gradient_norm: float  # of the last batch
    lr: float
    seconds: float  # of training steps, listeners not counted


@dataclass(frozen=True, slots=True)
class StopEvent:
    """The run is over; `reason` is "done" or what a listener gave."""

    progress: Progress
    reason: str


Event = BatchEvent | EpochEvent | StopEvent
Listener = Callable[[Event], None]


class StopTraining(Exception):
    """A listener raises it to end the run after the current update; its text is the reason."""
