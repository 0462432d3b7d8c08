"""A quadratic to minimise, and the moments of a run from which it can go on."""

from dataclasses import replace

import numpy as np

from chainrule.data import Dataset
from chainrule.training.events import BatchEvent, CheckpointEvent, Event, Progress
from chainrule.training.objective import Batch, Objective
from oracles import normal

EXAMPLES = Dataset(normal(10, 4), np.array([0, 1, 2, 1, 0, 2, 2, 1, 0, 1]))


class Quadratic(Objective):
    """err(w, x) = 1/2 (w - x) A (w - x), whose sum is smallest at the mean of the x."""

    a = np.diag([1.0, 2.0, 4.0, 0.5])

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return self.loss_and_gradient(w, batch, np.empty_like(w))

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        weight = np.ones(len(batch)) if batch.sample_weight is None else batch.sample_weight
        d = w - batch.samples
        out[:] = weight @ (d @ self.a)
        return float(weight @ np.einsum("si,ij,sj->s", d, self.a, d) / 2)


class Moments:
    """A listener that keeps where a run stands after each batch, as a file would."""

    def __init__(self) -> None:
        self.found: list[Progress] = []

    def __call__(self, event: Event) -> None:
        progress = event.progress
        if isinstance(event, BatchEvent):
            progress.due = True
        elif isinstance(event, CheckpointEvent):
            state = replace(progress.state, vectors=progress.state.vectors.copy())
            kept = {"w": progress.w.copy(), "state": state, "sums": replace(progress.sums), "average": None}
            self.found.append(replace(progress, **kept, memories=event.memories()))
