"""The learning-rate range test: which learning rate to try, by steps that grow from far too small to far too long.

    found = cr.find_lr(network, data)
    found.suggestion

Each step is one of a training whose learning rate grows by the same factor from step to step. While it is too small the
loss stays; then it falls; where it rises again, it is too large. The suggestion is where it falls fastest, by the
logarithm of the learning rate. Source: L. N. Smith, *Cyclical Learning Rates for Training Neural Networks* (2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from chainrule.base.arguments import of_kind, real_number
from chainrule.base.errors import DataError, DivergedError, UsageError
from chainrule.base.numbers import whole_number
from chainrule.base.showing import brief
from chainrule.data.dataset import Dataset
from chainrule.engine import DEFAULT_ENGINE, execute
from chainrule.network.network import Network, doors
from chainrule.tasks.adapting import training_for
from chainrule.training.descent import minimise
from chainrule.training.drawing import batches_in
from chainrule.training.events import BatchEvent, Event, StopTraining
from chainrule.training.schedules import Exponential
from chainrule.training.settings import Training

FAR = 2.0
"""How many times the first losses a loss is far above them: there the test ends, and higher ones count as so much."""
MOST_STEPS = 100_000
"""More than that tell nothing: the learning rates of neighbours would be the same to four digits."""
BEGINNING = 5
"""Steps whose losses are the first."""
WIDTH = 5
"""Steps to either side over which losses are averaged: a batch's loss is that of few samples."""


@dataclass(frozen=True, eq=False)
class LrRange:
    """What the test found: (n,) for its steps, as far as it came."""

    lr: np.ndarray
    loss: np.ndarray  # mean error of a step's batch, before its update

    __repr__ = brief

    @property
    def smooth(self) -> np.ndarray:
        """(n,) the loss, averaged over its neighbours; what is far above the first ones counts as far above."""
        most = FAR * float(np.median(self.loss[:BEGINNING]))
        window = np.hanning(2 * WIDTH + 3)[1:-1]
        sums, weights = (
            np.convolve(each, window)[WIDTH : WIDTH + len(each)]
            for each in (np.minimum(self.loss, most), np.ones(len(self.loss)))
        )
        return sums / weights

    @property
    def lowest(self) -> float:
        """The learning rate at which the loss is lowest: beyond, it rises."""
        return float(self.lr[self.smooth.argmin()])

    @property
    def suggestion(self) -> float | None:
        """The learning rate at which the loss falls fastest; None if it falls nowhere."""
        end = int(self.smooth.argmin()) + 1
        if end < 3:
            return None
        slope = np.gradient(self.smooth[:end], np.log(self.lr[:end]))
        steepest = int(slope.argmin())
        return float(self.lr[steepest]) if slope[steepest] < 0 else None

    def _repr_html_(self) -> str:
        return doors["lr_range_html"](self)


@dataclass
class Watcher:
    """A listener that notes the losses, and ends the test."""

    steps: int
    losses: list[float] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if isinstance(event, BatchEvent):
            self.losses.append(event.loss)
            recent = np.median(self.losses[-BEGINNING:])
            if len(self.losses) == self.steps or recent > FAR * np.median(self.losses[:BEGINNING]):
                raise StopTraining("found")


def find_lr(
    network: Network,
    data: Dataset,
    training: Training | None = None,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    engine: str = DEFAULT_ENGINE,
    threads: int | None = None,
) -> LrRange:
    """How the loss depends on the learning rate, from `lowest` to `highest` in so many steps; the network stays.

    network : what would be trained, from its own w
    data, training : as of `fit`; of the training all counts but its epochs, its learning rate and how that moves
    engine, threads : as of `fit`

    Raises UsageError for numbers out of their range (10 to 100,000 steps), DataError for data that do not fit.
    """
    of_kind("the network", network, Network, "a Network")
    of_kind("the data", data, Dataset, "Dataset(x, t)")
    if len(data) == 0:
        raise DataError("there is no training data; expected at least one sample")
    if training is not None:
        of_kind("the training", training, Training, "Training(...)")
    lowest = real_number("lowest", lowest, "a number above 0", lambda lr: lr > 0)
    highest = real_number("highest", highest, "a finite number")
    if highest <= lowest:
        raise UsageError(f"highest is {highest:g}; expected a learning rate above the lowest, {lowest:g}")
    steps = whole_number("steps", steps, 2 * BEGINNING, maximum=MOST_STEPS)
    data = network.reading.data(data)
    network.prepare(data.x[:1], network.w.dtype)
    network.loss.check_targets(data.t, network.output_shape)
    training = training_for(network, data) if training is None else training
    watcher, factor = Watcher(steps), (highest / lowest) ** (1 / (steps - 1))
    objective = execute(network, engine, training.source(len(data)), threads)
    try:
        growing = _growing(training, lowest, factor, epochs=math.ceil(steps / batches_in(data, training)))
        minimise(objective, data, network.w, growing, listeners=[watcher])
    except DivergedError:
        pass  # that is what it looks for
    if len(watcher.losses) < BEGINNING:
        raise UsageError(f"the loss is not finite from a learning rate of {lowest:g} on; expected a lower `lowest`")
    return LrRange(lowest * factor ** np.arange(len(watcher.losses)), np.array(watcher.losses))


def _growing(training: Training, lowest: float, factor: float, *, epochs: int) -> Training:
    """The training with a learning rate that grows by that factor from step to step."""
    return replace(
        training,
        optimizer=training.optimizer.with_lr(lowest),
        epochs=epochs,
        lr_decay=1.0,
        schedule=Exponential(factor, per="step"),
        momentum_schedule=None,
        average=None,
    )
