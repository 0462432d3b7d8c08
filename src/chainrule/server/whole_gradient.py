"""An objective whose steps leave all of dL/dw behind, to be looked at, and whose batches may be large.

An engine moves w while it finds the gradient, and need not keep it. Here the gradient is complete before w moves, which
gives the same bits. A batch of more than PART samples is added up part by part, so that gradient descent over all of
the data takes no more memory than over a few of them:

    L(w; D') = sum over the parts P of D' of L(w; P)        and likewise dL/dw
"""

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.network.engine import Engine
from chainrule.training.distributed import part_of
from chainrule.training.objective import Batch, Objective, Origin
from chainrule.training.optimizers import Optimizer, State

PART = 500
MOST_MIXED = 4_000
"""Samples of a batch that has to be computed at once, as batch normalisation reads all of it."""


class WholeGradient(Objective):
    """An engine's objective, in that order of w."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.layout, self.undecayed = engine.layout, engine.undecayed
        self.statistics, self.mixes_samples = engine.statistics, engine.mixes_samples
        self._part = np.empty(0, engine.network.w.dtype)

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return sum(self.engine.loss(w, part) for part in self._parts(batch))

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        first, *others = self._parts(batch)
        loss = self.engine.loss_and_gradient(w, first, out)
        if others and self._part.shape != out.shape:
            self._part = np.zeros_like(out)
        for part in others:
            loss += self.engine.loss_and_gradient(w, part, self._part)
            out += self._part
        return loss

    def counts(self, t: np.ndarray) -> np.ndarray | None:
        return self.engine.counts(t)

    def update(self, optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        self.engine.update(optimizer, w, gw, state)

    def norm(self, gw: np.ndarray) -> float:
        return self.engine.norm(gw)

    def norm_of(self, part: np.ndarray) -> float:
        """Of some of it."""
        return super().norm(part)

    def origin(self, w: np.ndarray, batch: Batch | None = None) -> Origin | None:
        for part in [None] if batch is None else self._parts(batch):
            if found := self.engine.origin(w, part):
                return found
        return None

    def check_batch_size(self, samples: int) -> None:
        """UsageError for batches that would have to be computed at once, and are too large for it."""
        if self.mixes_samples and samples > MOST_MIXED:
            given = f"batch_size is {samples:,}, and batch normalisation reads a batch at once"
            raise UsageError(f"{given}; expected at most {MOST_MIXED:,}")

    def _parts(self, batch: Batch) -> list[Batch]:
        if self.mixes_samples or len(batch) <= PART:
            return [batch]
        return [part_of(batch, k, min(k + PART, len(batch))) for k in range(0, len(batch), PART)]
