"""Descents that tests make: of a quadratic function or a small classifier, watched or stopped."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from chainrule.data import Dataset
from chainrule.layers import Dropout, Linear, Tanh
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.training.descent import Result, minimise
from chainrule.training.events import BatchEvent, CheckpointEvent, Event, Progress, StopTraining
from chainrule.training.objective import Batch, Objective
from chainrule.training.optimizers import SGD
from chainrule.training.settings import Training
from oracles import normal

EXAMPLES = Dataset(normal(10, 4), np.array([0, 1, 2, 1, 0, 2, 2, 1, 0, 1]))
TRAINING = Training(SGD(0.1, momentum=0.9), epochs=3, batch_size=4, seed=5)  # batches of 4, 4, 2


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


def classifier(dropout: float = 0.25) -> Network:
    return Network([Linear(6), Tanh(), Dropout(dropout), Linear(3)], 4, dtype=np.float64)


def train(training: Training = TRAINING, data: Dataset = EXAMPLES, listeners=(), dropout: float = 0.25) -> Result:
    network = classifier(dropout)
    return minimise(Reference(network, training.seed), data, network.w, training, listeners=listeners)


class Recorder:
    """A listener that keeps the events, and w at each."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.weights: list[np.ndarray] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.weights.append(event.progress.weights())

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


def stop_after(epoch: int, batch: int) -> Callable[[Event], None]:
    def listener(event: Event) -> None:
        if isinstance(event, BatchEvent) and (event.epoch, event.batch) == (epoch, batch):
            raise StopTraining("enough")

    return listener


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
