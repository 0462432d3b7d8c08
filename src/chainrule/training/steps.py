"""The steps of a run, one by one: each is checked, and one that spoiled w is explained.

An update moves w while its gradient is found, so that w is gone when that turns out not to be finite. But a run is the
same again, bit for bit: a copy of the state a few steps earlier, and these steps once more, give the w that it was.
"""

import math
import time
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np

from chainrule.base.errors import DivergedError
from chainrule.data.dataset import Dataset
from chainrule.training.drawing import batch_of, draw
from chainrule.training.events import Progress
from chainrule.training.objective import Batch, Origin
from chainrule.training.optimizers import Optimizer
from chainrule.training.settings import Training

PART = 1 << 16  # numbers that are looked at together
EVERY = 64  # steps between two copies of the state: copying is less than a hundredth of the updates


class Made(NamedTuple):
    """What a step tells."""

    samples: int
    loss: float  # mean error of its batch, before the update
    norm: float  # |dL/dw|


@dataclass
class Copy:
    """A state of the run."""

    w: np.ndarray
    vectors: np.ndarray  # the optimizer's
    statistics: np.ndarray
    epoch: int
    batch: int  # the next one
    step: int

    @classmethod
    def of(cls, progress: Progress) -> "Copy":
        vectors, statistics = progress.state.vectors.copy(), progress.objective.statistics.copy()
        return cls(progress.w.copy(), vectors, statistics, progress.epoch, progress.batch, progress.state.step)

    def renew(self, progress: Progress) -> None:
        """Copy that state over this one."""
        self.w[:], self.vectors[:] = progress.w, progress.state.vectors
        self.statistics[:] = progress.objective.statistics
        self.epoch, self.batch, self.step = progress.epoch, progress.batch, progress.state.step

    def restore(self, progress: Progress) -> None:
        """Make w, the optimizer's vectors and the statistics what they were."""
        progress.w[:], progress.state.vectors[:], progress.state.step = self.w, self.vectors, self.step
        progress.objective.statistics[:] = self.statistics


class Steps:
    """The steps that a run still makes, from where it stands."""

    def __init__(self, progress: Progress, data: Dataset, training: Training) -> None:
        self.progress, self.data, self.training = progress, data, training
        self.gw, self._copy = np.zeros_like(progress.w), Copy.of(progress)
        self._optimizers: list[Optimizer] = []  # of the steps since the copy

    def make(self, indices: slice | np.ndarray, optimizer: Optimizer) -> Made:
        """The next step, on these samples; DivergedError if its loss or its gradient is not finite."""
        clock, progress = time.perf_counter(), self.progress
        if progress.state.step - self._copy.step >= EVERY:
            self._copy.renew(progress)
            self._optimizers.clear()
        self._optimizers.append(optimizer)
        batch, total = self._batch(indices, progress.epoch)
        loss, norm = self._step(optimizer, batch)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            what = "the gradient is not finite" if math.isfinite(loss) else f"the loss is {loss}"
            raise self._diverged(f"{what} at", progress.batch + 1, optimizer, self._origin())
        mean, sums = loss if self.training.reduction == "mean" else loss / (total or 1.0), progress.sums
        sums.loss, sums.weight, sums.samples = sums.loss + mean * total, sums.weight + total, sums.samples + len(batch)
        progress.batch += 1
        sums.seconds += time.perf_counter() - clock
        return Made(len(batch), mean, norm)

    def check(self, optimizer: Optimizer) -> None:
        """DivergedError unless all that a checkpoint would keep is finite: the last update may have overflowed."""
        progress, objective = self.progress, self.progress.objective
        for what, kept in (("w is", progress.w), ("the statistics are", objective.statistics)):
            if not all(np.isfinite(kept[k : k + PART]).all() for k in range(0, kept.size, PART)):
                origin = objective.origin(progress.w)
                raise self._diverged(f"{what} not finite after", progress.batch, optimizer, origin)

    def _step(self, optimizer: Optimizer, batch: Batch) -> tuple[float, float]:
        progress, clip_norm = self.progress, self.training.clip_norm
        return progress.objective.step(optimizer, progress.w, batch, self.gw, state=progress.state, clip_norm=clip_norm)

    def _batch(self, indices: slice | np.ndarray, epoch: int) -> tuple[Batch, float]:
        step, counts = self.progress.state.step, self.progress.objective.counts
        return batch_of(self.data, indices, self.training, epoch=epoch, step=step, counts=counts)

    def _diverged(self, what: str, batch: int, optimizer: Optimizer, origin: Origin | None) -> DivergedError:
        """What to tell of the step that was made last; `batch` is its number in the epoch, from 1."""
        step, epoch = self.progress.state.step, self.progress.epoch + 1
        where = f"epoch {epoch}, batch {batch} (step {step}){f', from {origin} on' if origin else ''}"
        message = f"{what} {where}; try a learning rate below {optimizer.lr:g}"
        return DivergedError(message, epoch=epoch, step=step, layer=origin and origin.layer, lr=optimizer.lr)

    def _origin(self) -> Origin | None:
        """Where in the step that was made last the first number arose that is not finite, if the objective can say."""
        progress, copy, end = self.progress, self._copy, self.progress.state.step - 1
        copy.restore(progress)
        optimizers = iter(self._optimizers)
        for epoch in count(copy.epoch):
            first = copy.batch if epoch == copy.epoch else 0
            for indices in draw(self.data, self.training, epoch=epoch, first=first):
                batch, _ = self._batch(indices, epoch)
                if progress.state.step == end:
                    progress.state.step += 1
                    return progress.objective.origin(progress.w, batch)
                self._step(next(optimizers), batch)
        return None
