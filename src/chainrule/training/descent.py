"""minimise: gradient descent, and stochastic gradient descent over mini-batches, in one loop.

    repeat:  draw D' from D;  g = dL(w; D')/dw;  w <- w - eta g   (or what the optimizer makes of g)

With D' = D it is the lecture's gradient descent. The loop knows an objective and a flat vector, not what w means.
Whoever wants to watch or to stop it listens to its events.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, Protocol, get_args

import numpy as np

from chainrule.base.arguments import name_among, of_kind, real_number
from chainrule.base.arrays import as_numbers, read_only
from chainrule.base.errors import DataError, DivergedError, UsageError
from chainrule.base.numbers import whole_number
from chainrule.base.random import Source, check_seed
from chainrule.base.showing import brief, short
from chainrule.data.dataset import Dataset, check_weighs
from chainrule.training.events import (
    BatchEvent,
    CheckpointEvent,
    EpochEvent,
    Evaluation,
    Event,
    Listener,
    Progress,
    Stateful,
    StopEvent,
    StopTraining,
    Sums,
    check_listeners,
    name_of,
)
from chainrule.training.objective import Batch, Objective
from chainrule.training.optimizers import Adam, Optimizer, State
from chainrule.training.sampling import ORDERS, Order, batch_count, batches

Reduction = Literal["mean", "sum"]
Judge = Callable[[Progress], Evaluation]  # how well w does on held-out data


class Augment(Protocol):
    """What changes training samples a little: x (s, ...), which are those numbers of the data, in that epoch."""

    def __call__(self, x: np.ndarray, seed: int, epoch: int, positions: np.ndarray) -> np.ndarray: ...


class RunSource(Protocol):
    """A source of random words that depends on the run: how many samples are trained on, and evaluated each epoch."""

    def of_run(self, samples: int, batch_size: int, evaluated: int) -> Source: ...


@dataclass(frozen=True)
class Training:
    """How to train, apart from on what: everything here, with the data and initial w, fixes the result.

    optimizer : what makes of a gradient an update of w (default: Adam(1e-3))
    epochs : times through the data
    batch_size : samples of a mini-batch; None: all of them, which is gradient descent
    order : how batches are drawn: "shuffle" (anew each epoch), "replacement" or "file"
    reduction : "mean" divides a batch's sum by its size (or its sum of weights), "sum" leaves it
    lr_decay, lr_decay_every : the factor on the learning rate after each so many epochs
    seed : of shuffles, dropout and augmentation, 0 to 2**64 - 1
    augmentation : changes training images anew in every epoch (`chainrule.Augmentation`)
    draws : where dropouts' random numbers come from; None: Philox, by the seed

    Raises UsageError for what is out of its range.
    """

    optimizer: Optimizer = field(default_factory=Adam)
    epochs: int = 10
    batch_size: int | None = 64
    order: Order = "shuffle"
    reduction: Reduction = "mean"
    lr_decay: float = 1.0
    lr_decay_every: int = 1
    seed: int = 0
    augmentation: Augment | None = None
    draws: RunSource | None = None

    def __post_init__(self) -> None:
        of_kind("the optimizer", self.optimizer, Optimizer, "one, as in Adam(1e-3)")
        checked: dict[str, object] = {"seed": check_seed(self.seed), "epochs": whole_number("epochs", self.epochs, 0)}
        for name in ("batch_size", "lr_decay_every"):
            if name == "lr_decay_every" or self.batch_size is not None:
                checked[name] = whole_number(name, getattr(self, name), 1)
        name_among(ORDERS, "order", self.order)
        name_among(get_args(Reduction), "reduction", self.reduction)
        checked["lr_decay"] = real_number("lr_decay", self.lr_decay, "a number above 0", lambda factor: factor > 0)
        if self.augmentation is not None and not callable(self.augmentation):
            raise UsageError(f"augmentation is {short(self.augmentation)}; expected one, as in Augmentation(shift=2)")
        if self.draws is not None and not hasattr(self.draws, "of_run"):
            raise UsageError(f"draws is {short(self.draws)}; expected a source of random words, or None")
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def optimizer_at(self, epoch: int) -> Optimizer:
        """The optimizer with the learning rate of that epoch (from 0)."""
        if self.lr_decay == 1:
            return self.optimizer
        return self.optimizer.with_lr(self.optimizer.lr * self.lr_decay ** (epoch // self.lr_decay_every))

    def source(self, samples: int, evaluated: int = 0) -> Source:
        """Of the run's random words, on so many samples; so many others are evaluated after each epoch."""
        if self.draws is None:
            return Source(self.seed)
        return self.draws.of_run(samples, self.batch_size or samples, evaluated)


@dataclass(frozen=True)
class Result:
    """What `minimise` found."""

    w: np.ndarray  # in canonical order
    progress: Progress
    reason: str

    __repr__ = brief


def minimise(
    objective: Objective,
    data: Dataset,
    w: np.ndarray,
    training: Training,
    *,
    listeners: Sequence[Listener] = (),
    start: Progress | None = None,
    judge: Judge | None = None,
) -> Result:
    """Minimise L(w; D) from w (canonical order), or go on from where `start` is; neither is changed.

    After every epoch `judge`, if given, says how well w does. Whoever listens is told what happens (`events`).
    Raises DivergedError where the loss or the gradient is not finite, DataError for data that weigh nothing.
    """
    of_kind("the objective", objective, Objective, "one, as execute(network) is")
    of_kind("the data", data, Dataset, "Dataset(x, t)")
    of_kind("the training", training, Training, "Training(...)")
    check_listeners(listeners)
    if len(data) == 0:
        raise DataError("there is no training data; expected at least one sample")
    check_weighs(data.sample_weight)
    progress = _begin(objective, w, training) if start is None else _go_on(objective, start, listeners)
    stop, gw = None, np.zeros_like(progress.w)
    with np.errstate(over="ignore", invalid="ignore"):  # whatever is not finite is reported as divergence
        while progress.epoch < training.epochs and stop is None:
            stop = _epoch(progress, gw, data, training, listeners=listeners, judge=judge)
            stop = _tell(listeners, CheckpointEvent(progress, listeners)) or stop
    reason = "done" if stop is None else str(stop)
    _tell(listeners, StopEvent(progress, reason))
    return Result(progress.weights(), progress, reason)


def _begin(objective: Objective, w: np.ndarray, training: Training) -> Progress:
    packed = objective.layout.pack(as_numbers(w, "w"))
    return Progress(objective, packed, training.optimizer.new_state(packed))


def _go_on(objective: Objective, start: Progress, listeners: Sequence[Listener]) -> Progress:
    for listener in listeners:
        if isinstance(listener, Stateful) and name_of(listener) in start.memories:
            listener.restore(start.memories[name_of(listener)])
    w = objective.layout.pack(start.weights())
    objective.statistics[:] = start.objective.statistics
    vectors = np.empty((len(start.state.vectors), len(w)), w.dtype)
    for vector, canonical in zip(vectors, start.optimizer_vectors(), strict=True):
        vector[:] = objective.layout.pack(canonical)
    return Progress(objective, w, State(vectors, start.state.step), start.epoch, start.batch, replace(start.sums))


def _epoch(
    progress: Progress,
    gw: np.ndarray,
    data: Dataset,
    training: Training,
    *,
    listeners: Sequence[Listener],
    judge: Judge | None,
) -> StopTraining | None:
    """All batches of an epoch that are still to do; what a listener raised to end the run, if one did."""
    objective, w, state, sums, epoch = progress.objective, progress.w, progress.state, progress.sums, progress.epoch
    optimizer = training.optimizer_at(epoch)
    batch_size = training.batch_size or len(data)
    count = batch_count(len(data), batch_size)
    norm, stop = math.nan, None
    for indices in batches(len(data), batch_size, training.order, training.seed, epoch=epoch, first=progress.batch):
        clock = time.perf_counter()
        batch, total = batch_of(data, indices, training, epoch=epoch, step=state.step)
        loss, norm = objective.step(optimizer, w, batch, gw, state=state)
        _check_finite(loss, norm, progress, optimizer)
        mean = loss if training.reduction == "mean" else loss / (total or 1.0)
        sums.loss, sums.weight, sums.samples = sums.loss + mean * total, sums.weight + total, sums.samples + len(batch)
        progress.batch += 1
        sums.seconds += time.perf_counter() - clock
        stop = _tell(listeners, BatchEvent(progress, epoch, progress.batch - 1, len(batch), mean, norm))
        if stop and progress.batch < count:  # after its last batch an epoch is done, stopped or not
            return stop
    if not np.isfinite(w).all():
        raise DivergedError(f"w is not finite after epoch {epoch + 1}; try a learning rate below {optimizer.lr:g}")
    progress.epoch, progress.batch, progress.sums = epoch + 1, 0, Sums()
    seen, mean = judge(progress) if judge else None, sums.loss / (sums.weight or 1.0)
    event = EpochEvent(progress, epoch, sums.samples, mean, norm, optimizer.lr, sums.seconds, seen)
    return _tell(listeners, event) or stop


def _check_finite(loss: float, norm: float, progress: Progress, optimizer: Optimizer) -> None:
    if math.isfinite(loss) and math.isfinite(norm):
        return
    what = "the gradient is not finite" if math.isfinite(loss) else f"the loss is {loss}"
    where = f"epoch {progress.epoch + 1}, batch {progress.batch + 1}"
    raise DivergedError(f"{what} at {where}; try a learning rate below {optimizer.lr:g}")


def batch_of(
    data: Dataset, indices: slice | np.ndarray, training: Training, *, epoch: int, step: int
) -> tuple[Batch, float]:
    """These samples of the data, and what they weigh together; by the mean, each counts its share of that."""
    x, rows = (data.x[indices], None) if isinstance(indices, slice) else (data.x, indices)
    if training.augmentation:
        numbers = np.arange(indices.start, indices.stop) if isinstance(indices, slice) else indices
        x, rows = training.augmentation(data.x[indices], training.seed, epoch, numbers), None
    t, weight = data.t[indices], None if data.sample_weight is None else data.sample_weight[indices]
    total = float(len(t) if weight is None else weight.sum())
    if training.reduction == "mean":
        weight = _equal_shares(len(t)) if weight is None else weight / (total or 1.0)
    return Batch(x, t, weight, epoch, step, rows=rows), total


@lru_cache(maxsize=2)  # batches have one size, but for the last of an epoch
def _equal_shares(n: int) -> np.ndarray:
    """(n,) 1/n, read-only."""
    return read_only(np.full(n, 1 / n))


def _tell(listeners: Sequence[Listener], event: Event) -> StopTraining | None:
    """Tell all listeners; what the first of those raised that want to stop."""
    stop = None
    for listener in listeners:
        try:
            listener(event)
        except StopTraining as raised:
            stop = stop or raised
    return stop
