"""A run's average of w, kept while it is trained, with the statistics that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from chainrule.base.typed import COUNT
from chainrule.data.dataset import Dataset
from chainrule.training.averages import Average
from chainrule.training.drawing import batch_of, batches_in, draw
from chainrule.training.events import BatchEvent, Event, Memory, Numbers
from chainrule.training.memories import remembers
from chainrule.training.objective import Batch, Objective
from chainrule.training.schedule import Moment
from chainrule.training.settings import Training

LEAST = 1e-5
"""Of m, that float32 tells from 0."""


@dataclass(frozen=True)
class Counted:
    """What a checkpoint keeps of it, but for its vectors."""

    count: Annotated[int, COUNT]
    w: None = None
    statistics: None = None


@remembers(Counted)
class Averaging:
    """A listener that averages w, and knows what is to be evaluated and saved in its place."""

    def __init__(self, average: Average, objective: Objective, data: Dataset, training: Training) -> None:
        self.average, self.objective, self.data, self.training = average, objective, data, training
        self.batches, self.count = batches_in(data, training), 0
        self.w: np.ndarray  # once there is one; so are its statistics
        self.statistics: np.ndarray
        self._measured: np.ndarray | None = None  # statistics of this w

    def __call__(self, event: Event) -> None:
        if not isinstance(event, BatchEvent):
            return
        done = event.epoch * self.batches + event.batch + 1
        if self.average.takes(Moment(done, self.training.epochs * self.batches, self.batches)):
            self._take(event.progress.w)

    def numbers(self) -> Numbers | None:
        """The average and its statistics, in the engine's order; None before there is one."""
        if self.count == 0:
            return None
        if not (self.average.measures_anew and self.statistics.size):
            return Numbers(self.w, self.statistics)
        if self._measured is None:
            self._measured = measured(self.objective, self.w, self.data, self.training)
        return Numbers(self.w, self._measured)

    def _take(self, w: np.ndarray) -> None:
        self.count, self._measured, kept = self.count + 1, None, self.objective.statistics
        if self.count == 1:
            self.w, self.statistics = w.copy(), kept.copy()
            return
        share = self.average.share(self.count)
        self.objective.blend(self.w, w, share)
        self.statistics += self.statistics.dtype.type(share) * (kept - self.statistics)

    def state(self) -> Memory:
        """What a checkpoint keeps."""
        memory: Memory = {"count": self.count}
        if self.count:
            memory["w"] = self.objective.layout.unpack(self.w)
        return memory | ({"statistics": self.statistics.copy()} if self.count and self.statistics.size else {})

    def restore(self, state: Memory) -> None:
        """Go on from what a checkpoint kept."""
        self.count, self._measured = state["count"], None
        if self.count:
            self.w = self.objective.layout.pack(state["w"])
            self.statistics = np.array(state.get("statistics", ()), self.w.dtype)


def measured(objective: Objective, w: np.ndarray, data: Dataset, training: Training) -> np.ndarray:
    """The statistics that belong to w: where they are running means, s <- (1-m) s + m b, the mean of the batches' b.

    The same batch from s = 0 and from another s tells m, and from s = 0 each batch tells its b. The other s is as large
    as what comes of s = 0: beside a large b float32 would lose a small one. What is no running mean stays. All batches
    of the first epoch count, but for a smaller last one; the objective's statistics are left alone.
    """
    moving, total, share, count = objective.statistics, 0.0, np.zeros(0), 0
    kept = moving.copy()
    try:
        for indices in draw(data, training, epoch=0, first=0):
            batch, _ = batch_of(data, indices, training, epoch=0, step=count)
            if count == 0:
                from_0 = _moved(objective, w, batch, 0.0)
                start = np.where(np.abs(from_0) > 1, from_0, 1.0)
                share = 1 - (_moved(objective, w, batch, start) - from_0) / start
            elif len(batch) < (training.batch_size or 0):
                continue
            total, count = total + _moved(objective, w, batch, 0.0), count + 1
        is_mean = (share > LEAST) & (share < 1 + LEAST)
        return np.where(is_mean, total / count / np.where(is_mean, share, 1.0), kept).astype(kept.dtype)
    finally:
        moving[:] = kept


def _moved(objective: Objective, w: np.ndarray, batch: Batch, start: float | np.ndarray) -> np.ndarray:
    """What a batch makes of statistics that are `start`, in double."""
    objective.statistics[:] = start
    objective.loss(w, batch)
    return objective.statistics.astype(np.float64)
