"""minimise: gradient descent, and stochastic gradient descent over mini-batches, in one loop.

    repeat:  draw D' from D;  g = dL(w; D')/dw;  w <- w - eta g   (or what the optimizer makes of g)

With D' = D it is the lecture's gradient descent. The loop knows an objective and a flat vector, not what w means.
Whoever wants to watch or to stop it listens to its events.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.arrays import as_numbers
from chainrule.base.errors import DataError, UsageError, warn
from chainrule.base.showing import brief
from chainrule.data.dataset import Dataset, check_weighs
from chainrule.training.alike import agreed, check_alike, check_still_alike
from chainrule.training.augment import mixing_of
from chainrule.training.averaging import Averaging
from chainrule.training.drawing import batches_in, draw
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
from chainrule.training.objective import Objective
from chainrule.training.optimizers import State
from chainrule.training.pace import Pace
from chainrule.training.settings import Training
from chainrule.training.steps import Steps

Judge = Callable[[Progress], Evaluation]  # how well w does on held-out data


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
    Raises DivergedError where the loss or the gradient is not finite, DataError for data that weigh nothing. On several
    ranks (`chainrule.distributed`) all call it with the same.
    """
    of_kind("the objective", objective, Objective, "one, as execute(network) is")
    of_kind("the data", data, Dataset, "Dataset(x, t)")
    of_kind("the training", training, Training, "Training(...)")
    check_listeners(listeners)
    if len(data) == 0:
        raise DataError("there is no training data; expected at least one sample")
    check_weighs(data.sample_weight)
    if mixing_of(training.augmentation) and not objective.takes_mixtures:
        given = f"the augmentation, {training.augmentation}, mixes samples, but {type(objective).__name__} takes none"
        raise UsageError(f"{given}; expected an objective with takes_mixtures, or no mixup")
    pace = Pace(training, batches_in(data, training))
    averaging = Averaging(training.average, objective, data, training) if training.average else None
    listeners = [*(own for own in (pace.plateau, averaging) if own), *listeners]
    progress, stop = _begin(objective, w, training) if start is None else _go_on(objective, start, listeners)
    progress.average = averaging and averaging.numbers
    check_alike(progress, data, training)
    stop = agreed(stop, progress)
    steps = Steps(progress, data, training)
    with np.errstate(over="ignore", invalid="ignore"):  # whatever is not finite is reported as divergence
        while progress.epoch < training.epochs and stop is None:
            stop = _epoch(steps, pace, listeners=listeners, judge=judge)
        progress.end()
    if averaging and stop is None and progress.state.step and not averaging.count:
        given = f"average is {training.average}, which took none of the run's {progress.state.step} updates"
        warn(f"{given}: w is its last one; expected a smaller `every`")
    reason = "done" if stop is None else str(stop)
    _tell(listeners, StopEvent(progress, reason))
    return Result(progress.weights(), progress, reason)


Begun = tuple[Progress, StopTraining | None]  # where a run stands, and why it is over already, if it is


def _begin(objective: Objective, w: np.ndarray, training: Training) -> Begun:
    packed = objective.layout.pack(as_numbers(w, "w"))
    return Progress(objective, packed, training.optimizer.new_state(packed)), None


def _go_on(objective: Objective, start: Progress, listeners: Sequence[Listener]) -> Begun:
    stop = None
    for listener in listeners:
        if isinstance(listener, Stateful) and name_of(listener) in start.memories:
            try:
                listener.restore(start.memories[name_of(listener)])
            except StopTraining as raised:
                stop = stop or raised
    w = objective.layout.pack(start.weights())
    objective.statistics[:] = start.objective.statistics
    vectors = np.empty((len(start.state.vectors), len(w)), w.dtype)
    for vector, canonical in zip(vectors, start.optimizer_vectors(), strict=True):
        vector[:] = objective.layout.pack(canonical)
    state = State(vectors, start.state.step)
    return Progress(objective, w, state, start.epoch, start.batch, replace(start.sums)), stop


def _epoch(steps: Steps, pace: Pace, *, listeners: Sequence[Listener], judge: Judge | None) -> StopTraining | None:
    """All batches of an epoch that are still to do; what a listener raised to end the run, if one did."""
    progress, data, training = steps.progress, steps.data, steps.training
    epoch, optimizer = progress.epoch, pace.optimizer(progress)
    count, norm, stop = batches_in(data, training), math.nan, None
    for indices in draw(data, training, epoch=epoch, first=progress.batch):
        optimizer = pace.optimizer(progress)
        samples, loss, norm = steps.make(indices, optimizer)
        stop = _tell(listeners, BatchEvent(progress, epoch, progress.batch - 1, samples, loss, norm))
        is_last = progress.batch == count  # after which an epoch is done, stopped or not
        if (stop or progress.due) and not is_last:
            steps.check(optimizer)
            stop = _checkpoint(progress, listeners) or stop
            if stop:
                return stop
    steps.check(optimizer)
    sums, progress.epoch, progress.batch, progress.sums = progress.sums, epoch + 1, 0, Sums()
    seen, mean = judge(progress) if judge else None, sums.loss / (sums.weight or 1.0)
    event = EpochEvent(progress, epoch, sums.samples, mean, norm, optimizer.lr, sums.seconds, seen)
    stop = _tell(listeners, event) or stop
    return _checkpoint(progress, listeners) or stop


def _checkpoint(progress: Progress, listeners: Sequence[Listener]) -> StopTraining | None:
    progress.due = False
    check_still_alike(progress)
    return _tell(listeners, CheckpointEvent(progress, listeners))


def _tell(listeners: Sequence[Listener], event: Event) -> StopTraining | None:
    """Tell all listeners; what the first of those raised, on any rank, that want to stop."""
    stop = None
    for listener in listeners:
        try:
            listener(event)
        except StopTraining as raised:
            stop = stop or raised
    return agreed(stop, event.progress)
