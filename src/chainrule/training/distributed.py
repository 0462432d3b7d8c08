"""Any objective, computed by several ranks: each of them some slots of a batch, with one result.

    L(w; D') = sum over the slots of D', in order, of L(w; slot)        and likewise dL/dw

As the slots are the batch's alone, and are added in one order, one rank gives the same bits as any number of them.
(The compiled engine needs none of this: it exchanges sums by slot within a step, and keeps its own bits.)
"""

from dataclasses import replace

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.errors import UsageError
from chainrule.base.ranks import Ranks, current
from chainrule.base.slots import SLOTS, shares, slot
from chainrule.training.objective import Batch, Objective, Origin
from chainrule.training.optimizers import Optimizer, State


class Distributed(Objective):
    """An objective whose batches the ranks share."""

    def __init__(self, objective: Objective, ranks: Ranks | None = None) -> None:
        """`ranks`: by default those that this process computes with.

        UsageError for an objective of which a sample's error depends on the others of its batch, or that learns from a
        batch otherwise than by its gradient, as batch normalisation does; and for one that ranks share already.
        """
        of_kind("the objective", objective, Objective, "one, as execute(network, 'reference') is")
        if objective.ranks.size > 1:
            raise UsageError(f"{objective.ranks.size} ranks share the objective already; expected it as it is")
        if objective.mixes_samples or objective.statistics.size:
            raise UsageError(
                "the objective's samples depend on one another, as batch normalisation makes them; expected others, or "
                "the compiled engine, which ranks share by itself"
            )
        self.objective, self.ranks = objective, ranks or current()
        self.layout, self.undecayed = objective.layout, objective.undecayed
        self.takes_mixtures, self.statistics = objective.takes_mixtures, objective.statistics
        self._slots = np.empty((0, 0))

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        slots = min(SLOTS, len(batch))
        losses = np.zeros(slots)

        def do() -> float:
            for k in self._own(slots):
                losses[k] = self.objective.loss(w, part_of(batch, *slot(k, slots, len(batch))))
            return self._total(losses)

        return self.ranks.attempt(do)

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        slots = min(SLOTS, len(batch))
        losses, gradients = np.zeros(slots), self._room_for(slots, w)

        def do() -> float:
            for k in self._own(slots):
                part = part_of(batch, *slot(k, slots, len(batch)))
                losses[k] = self.objective.loss_and_gradient(w, part, gradients[k])
            self.ranks.exchange(gradients.reshape(-1), [each.stop * len(w) for each in shares(slots, self.ranks.size)])
            return self._total(losses)

        loss = self.ranks.attempt(do)
        out[:] = gradients[0]
        for gradient in gradients[1:]:
            out += gradient
        return loss

    def _own(self, slots: int) -> range:
        return shares(slots, self.ranks.size)[self.ranks.rank]

    def _room_for(self, slots: int, w: np.ndarray) -> np.ndarray:
        """A gradient for each slot."""
        if self._slots.shape[0] < slots or self._slots.shape[1:] != w.shape or self._slots.dtype != w.dtype:
            self._slots = np.empty((slots, len(w)), w.dtype)
        return self._slots[:slots]

    def _total(self, losses: np.ndarray) -> float:
        self.ranks.exchange(losses, [each.stop for each in shares(len(losses), self.ranks.size)])
        self.ranks.settle()
        return sum(losses.tolist())

    def counts(self, t: np.ndarray) -> np.ndarray | None:
        return self.objective.counts(t)

    def update(self, optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        self.objective.update(optimizer, w, gw, state)

    def blend(self, average: np.ndarray, w: np.ndarray, share: float) -> None:
        self.objective.blend(average, w, share)

    def norm(self, gw: np.ndarray) -> float:
        return self.objective.norm(gw)

    def origin(self, w: np.ndarray, batch: Batch | None = None) -> Origin | None:
        return self.objective.origin(w, batch)

    def kinks(self, w: np.ndarray, batch: Batch) -> list[np.ndarray]:
        return self.objective.kinks(w, batch)


def part_of(batch: Batch, first: int, last: int) -> Batch:
    """Some samples of a batch, which keep their places in it, and so their random draws."""
    t, weight, rows, mixture = batch.t, batch.sample_weight, batch.rows, batch.mixture
    return replace(
        batch,
        x=batch.x[first:last] if rows is None else batch.x,
        t=t[first:last],
        sample_weight=None if weight is None else weight[first:last],
        offset=batch.offset + first,
        rows=None if rows is None else rows[first:last],
        mixture=mixture and type(mixture)(*(each[first:last] for each in mixture)),
    )
