"""Early stopping: end a run that no longer gets better on held-out data, and give back the best w.

    best = EarlyStopping(patience=5)
    cr.fit(network, data, validation=held_out, listeners=[best])       # network.w is best.w now

It is a listener, and remembers from epoch to epoch what a run that is resumed needs of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, get_args

import numpy as np

from chainrule.base.arguments import as_real, name_among, real_number, truth
from chainrule.base.numbers import whole_number
from chainrule.base.showing import brief
from chainrule.base.typed import COUNT, Within
from chainrule.training.events import EpochEvent, Event, Memory, StopEvent, StopTraining
from chainrule.training.memories import remembers
from chainrule.training.monitor import Monitor, measured


@dataclass(frozen=True)
class Best:
    """What a checkpoint keeps of it, but for its vectors."""

    best: Annotated[float, Within(infinite=True)]
    best_epoch: Annotated[int, COUNT]
    waited: Annotated[int, COUNT]
    w: None = None
    statistics: None = None


@remembers(Best)
@dataclass
class EarlyStopping:
    """A listener that ends the run once `patience` epochs in a row have not improved by more than `min_delta`.

    `patience` may be `math.inf`: then it only gives back the best w.
    `monitor`: what should improve, the loss on the validation data (the training loss, if there are none) or the
    accuracy on them. When the run is over, for whatever reason, w is the best one again, unless `restore_best` is
    false.
    """

    patience: int | float = 10
    min_delta: float = 0.0
    monitor: Monitor = "loss"
    restore_best: bool = True
    best: float = field(default=math.inf, init=False)  # the loss, or 1 - accuracy
    best_epoch: int = field(default=0, init=False)  # from 1
    w: np.ndarray | None = field(default=None, init=False)  # the best one, in canonical order
    statistics: np.ndarray | None = field(default=None, init=False)  # what the layers kept then; None: nothing
    waited: int = field(default=0, init=False)  # epochs since the last improvement

    __repr__ = brief

    def __post_init__(self) -> None:
        if as_real(self.patience) != math.inf:
            self.patience = whole_number("patience", self.patience, 1)
        self.min_delta = real_number("min_delta", self.min_delta, "a number of at least 0", lambda delta: delta >= 0)
        name_among(get_args(Monitor), "monitor", self.monitor)
        self.restore_best = truth("restore_best", self.restore_best)

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochEvent):
            self._judge(event)
        elif isinstance(event, StopEvent) and self.restore_best and self.w is not None:
            event.progress.w[:] = event.progress.objective.layout.pack(self.w)
            if self.statistics is not None:
                event.progress.objective.statistics[:] = self.statistics

    def _judge(self, event: EpochEvent) -> None:
        now = measured(event, self.monitor)
        if now < self.best - self.min_delta:
            self.waited = 0
        else:
            self.waited += 1
        if now < self.best:
            self.best, self.best_epoch = now, event.epoch + 1
            self.w, kept = event.progress.answer() if self.restore_best else (None, None)
            self.statistics = kept if kept is not None and kept.size else None
        self._stop_if_over()

    def _stop_if_over(self) -> None:
        if self.waited >= self.patience:
            raise StopTraining(f"no better for {self.waited} epochs")

    def state(self) -> Memory:
        """What a checkpoint keeps."""
        memory: Memory = {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited, "w": self.w}
        return memory if self.statistics is None else memory | {"statistics": self.statistics}

    def restore(self, state: Memory) -> None:
        """Go on from what a checkpoint kept; StopTraining if the run was over then."""
        self.best, self.best_epoch, self.waited = state["best"], state["best_epoch"], state["waited"]
        self.w, self.statistics = state["w"], state.get("statistics")
        self._stop_if_over()
