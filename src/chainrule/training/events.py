"""What a training run tells whoever listens: progress bars, loggers, early stopping, a web page.

    BatchEvent        an update was made
    EpochEvent        all batches of an epoch were made; on held-out data, if there are any, w did so well
    CheckpointEvent   everybody has heard of that, or somebody asked for it inside an epoch (`Progress.due`): what is
                      written down now can be gone on from, bit for bit
    StopEvent         the run is over

A listener is a function of one event. To end the run after the current update it raises StopTraining. One that must
remember something from epoch to epoch also has `state()` and `restore(state)` (`Stateful`): a run that goes on
from a checkpoint gives it back what it had then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from chainrule.base.arguments import takes
from chainrule.base.errors import UsageError
from chainrule.base.showing import brief, short
from chainrule.training.objective import Objective
from chainrule.training.optimizers import State

Memory = dict[str, Any]  # of a listener: numbers, strings, None, and vectors like w in canonical order


@dataclass(frozen=True)
class Evaluation:
    """How well w does on data that it is shown without learning: means over `samples`, weighted if these are."""

    loss: float
    accuracy: float | None  # 0 to 1; None where the loss has no classes
    samples: int
    r2: float | None = None  # of a regression, the mean over its outputs; None where t are constant
    rmse: float | None = None  # root of the mean squared error, over all its outputs, in the unit of t

    @property
    def correct(self) -> int:
        return round((self.accuracy or 0.0) * self.samples)


@dataclass
class Sums:
    """Over the batches of an epoch that are done."""

    loss: float = 0.0
    weight: float = 0.0
    samples: int = 0
    seconds: float = 0.0


class Numbers(NamedTuple):
    """What a network computes with, in the engine's order."""

    w: np.ndarray
    statistics: np.ndarray


@dataclass
class Progress:
    """Where a run stands: enough to go on from, bit for bit. w and the state are the engine's own vectors."""

    objective: Objective
    w: np.ndarray
    state: State
    epoch: int = 0
    batch: int = 0  # the next batch of this epoch
    sums: Sums = field(default_factory=Sums)
    memories: dict[str, Memory] = field(default_factory=dict)  # of listeners, by name: what they begin with
    due: bool = False  # a listener sets it for a CheckpointEvent after this batch, without waiting for the epoch's end
    average: Callable[[], Numbers | None] | None = None  # of w, if the run has one; None: not yet

    __repr__ = brief

    def averaged(self) -> Numbers | None:
        """The average that is evaluated and saved in w's place, with its statistics; None: w itself is."""
        return self.average() if self.average else None

    def answer(self) -> Numbers:
        """What is evaluated and saved, as copies, w in canonical order: w and statistics, or their averages."""
        w, statistics = self.averaged() or Numbers(self.w, self.objective.statistics)
        return Numbers(self.objective.layout.unpack(w), statistics.copy())

    def end(self) -> None:
        """What is evaluated and saved becomes w itself: nothing follows."""
        found, self.average = self.averaged(), None
        if found:
            self.w[:], self.objective.statistics[:] = found

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
    gradient_norm: float  # of the gradient, before it is clipped

    __repr__ = brief


@dataclass(frozen=True, slots=True)
class EpochEvent:
    """All batches of an epoch were made."""

    progress: Progress
    epoch: int  # from 0
    samples: int  # seen in this epoch
    loss: float  # mean error over them, each before its update
    gradient_norm: float  # of the last batch
    lr: float  # of the last batch
    seconds: float  # of training steps, listeners not counted
    validation: Evaluation | None = None  # of w after this epoch

    __repr__ = brief


@dataclass(frozen=True, slots=True)
class CheckpointEvent:
    """An epoch's event has been told; or the run ends inside one, or somebody asked. Until the next batch w stays."""

    progress: Progress
    listeners: Sequence[Listener]

    __repr__ = brief

    def memories(self) -> dict[str, Memory]:
        """What the listeners remember, by their names."""
        return {name_of(each): each.state() for each in self.listeners if isinstance(each, Stateful)}


@dataclass(frozen=True, slots=True)
class StopEvent:
    """The run is over; `reason` is "done" or what a listener gave. w is the run's average, if it has one.

    A listener may still put other weights into w.
    """

    progress: Progress
    reason: str

    __repr__ = brief


Event = BatchEvent | EpochEvent | CheckpointEvent | StopEvent
Listener = Callable[[Event], None]


class StopTraining(Exception):
    """A listener raises it to end the run after the current update; its text is the reason."""


@runtime_checkable
class Stateful(Protocol):
    """A listener that remembers. Where what it remembers has ended the run, `restore` raises StopTraining, too."""

    def state(self) -> Memory: ...

    def restore(self, state: Memory) -> None: ...


def check_listeners(listeners: Sequence[Listener]) -> None:
    """UsageError unless they are some functions in a row."""
    if not isinstance(listeners, list | tuple):
        raise UsageError(f"the listeners are {short(listeners)}; expected a list of functions of one event")
    for each in listeners:
        if takes(each, 1) is False:
            raise UsageError(f"a listener is {short(each)}; expected a function of one event")


def name_of(listener: object) -> str:
    """What a checkpoint calls a listener: its type."""
    return type(listener).__name__
