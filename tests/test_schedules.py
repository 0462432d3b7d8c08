"""Schedules: the rates of every update, against torch.optim.lr_scheduler; runs by them, resumed from anywhere."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler as peers

import chainrule as cr
from chainrule.base.errors import UsageError
from chainrule.data import Dataset
from chainrule.training.descent import minimise
from chainrule.training.events import EpochEvent, Evaluation, Event, Progress
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD, AdaDelta, Adam, Optimizer
from chainrule.training.schedules import (
    Cosine,
    Exponential,
    Moment,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    Step,
    Warmup,
)
from chainrule.training.settings import Training
from descents import EXAMPLES, Moments, Quadratic
from messages import exactly

EPOCHS, BATCHES = 10, 7
STEPS = EPOCHS * BATCHES
LR = 0.3


def warm_then_cosine(optimizer):
    first, then = peers.LinearLR(optimizer, 0.2, total_iters=20), peers.CosineAnnealingLR(optimizer, STEPS - 20)
    return peers.SequentialLR(optimizer, [first, then], [20])


CASES = [
    (Step(0.5, every=3), "epoch", lambda o: peers.StepLR(o, 3, 0.5)),
    (Step(0.5, every=11, per="step"), "step", lambda o: peers.StepLR(o, 11, 0.5)),
    (Step(0.2, every=(2, 5, 6)), "epoch", lambda o: peers.MultiStepLR(o, [2, 5, 6], 0.2)),
    (Exponential(0.8), "epoch", lambda o: peers.ExponentialLR(o, 0.8)),
    (Exponential(0.97, per="step"), "step", lambda o: peers.ExponentialLR(o, 0.97)),
    (Cosine(), "step", lambda o: peers.CosineAnnealingLR(o, STEPS)),
    (Cosine(0.1, per="epoch"), "epoch", lambda o: peers.CosineAnnealingLR(o, EPOCHS, 0.1 * LR)),
    (Warmup(20, 0.2), "step", lambda o: peers.LinearLR(o, 0.2, total_iters=20)),
    (Warmup(4, 0.2, per="epoch"), "epoch", lambda o: peers.LinearLR(o, 0.2, total_iters=4)),
    (Warmup(20, 0.2, then=Cosine()), "step", warm_then_cosine),
    (OneCycle(), "step", lambda o: peers.OneCycleLR(o, LR, STEPS, cycle_momentum=False)),
    (
        OneCycle(0.4, 0.1, 0.001, low_momentum=0.8, curve="linear"),
        "step",
        lambda o: peers.OneCycleLR(
            o, LR, STEPS, pct_start=0.4, anneal_strategy="linear", base_momentum=0.8, max_momentum=0.95, div_factor=10,
            final_div_factor=100,
        ),
    ),
    (
        OneCycle(low_momentum=0.85, per="epoch"),
        "epoch",
        lambda o: peers.OneCycleLR(o, LR, EPOCHS, base_momentum=0.85, max_momentum=0.95),
    ),
]  # fmt: skip


def rates(training: Training) -> list[tuple[float, float]]:
    """Of all updates."""
    found = [training.optimizer_at(k // BATCHES, k % BATCHES, batches=BATCHES) for k in range(STEPS)]
    return [(each.lr, each.goes_on) for each in found]


@pytest.mark.parametrize("own", [SGD(LR, momentum=0.95), Adam(LR, beta1=0.95)], ids=str)
@pytest.mark.parametrize(("schedule", "per", "peer"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_rates_are_those_of_pytorch(own: Optimizer, schedule: Schedule, per: str, peer) -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    if isinstance(own, SGD):
        theirs: torch.optim.Optimizer = torch.optim.SGD([parameter], LR, momentum=0.95)
    else:
        theirs = torch.optim.Adam([parameter], LR, betas=(0.95, 0.999))
    scheduler, expected = peer(theirs), []
    for k in range(1, STEPS + 1):
        group = theirs.param_groups[0]
        expected.append((group["lr"], group["momentum"] if "momentum" in group else group["betas"][0]))
        theirs.step()
        if (per == "step" or k % BATCHES == 0) and k < STEPS:
            scheduler.step()
    np.testing.assert_allclose(rates(Training(own, EPOCHS, schedule=schedule)), expected, rtol=1e-12)


def test_the_momentum_has_a_schedule_of_its_own() -> None:
    training = Training(SGD(LR, momentum=0.9), EPOCHS, momentum_schedule=Warmup(20, 0.5 / 0.9), schedule=Cosine())
    momenta = [momentum for _, momentum in rates(training)]
    assert momenta[:3] == pytest.approx([0.5, 0.52, 0.54])
    assert momenta[20:] == [0.9] * (STEPS - 20)
    assert rates(training)[-1][0] < 0.001


def test_a_momentum_of_0_keeps_its_vector() -> None:
    training = Training(SGD(LR, momentum=0.9), EPOCHS, momentum_schedule=Warmup(20, 0.0))
    assert training.optimizer_at(0, 0, batches=BATCHES).slots == 1


def test_lr_decay_is_steps_in_short() -> None:
    short = Training(SGD(LR), EPOCHS, lr_decay=0.7, lr_decay_every=3)
    assert rates(short) == rates(Training(SGD(LR), EPOCHS, schedule=Step(0.7, 3)))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_the_shortest_runs(length: int) -> None:
    for schedule in (OneCycle(), OneCycle(0.0), OneCycle(1.0, low_momentum=0.0), Cosine(), Warmup(1, then=OneCycle())):
        factors = [schedule.at(Moment(k, length)) for k in range(length + 2)]
        assert all(0 <= factor <= 1 for factor in factors)


def test_what_is_not_by_default_is_shown() -> None:
    assert str(Warmup(5, then=OneCycle(low_momentum=0.85))) == "Warmup(length=5, then=OneCycle(low_momentum=0.85))"
    assert str(Cosine()) == "Cosine()"


loose: Any = cr
"""The package, for arguments that a type checker would refuse."""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step(-1), "Step: factor is -1; expected a number of at least 0"),
        (lambda: Step(0.1, 0), "Step: every is 0; expected a whole number of at least 1"),
        (lambda: Step(0.1, ()), "Step: every names no epoch; expected at least one, as in (30, 60)"),
        (lambda: loose.Step(0.1, (3, "x")), "Step: every is 'x'; expected a whole number of at least 1"),
        (lambda: loose.Step(0.1, per="batch"), "Step: per is 'batch'; expected one of: step, epoch"),
        (lambda: Step(0.1, (3, 0)), "Step: every is 0; expected a whole number of at least 1"),
        (lambda: loose.Exponential(per="batch"), "Exponential: per is 'batch'; expected one of: step, epoch"),
        (lambda: Exponential(-1), "Exponential: factor is -1; expected a number of at least 0"),
        (lambda: loose.Cosine(per="batch"), "Cosine: per is 'batch'; expected one of: step, epoch"),
        (lambda: Cosine(-1), "Cosine: last is -1; expected a number of at least 0"),
        (lambda: loose.Warmup(1, per="batch"), "Warmup: per is 'batch'; expected one of: step, epoch"),
        (lambda: Warmup(1, -1), "Warmup: first is -1; expected a number of at least 0"),
        (lambda: OneCycle(first=-1), "OneCycle: first is -1; expected a number of at least 0"),
        (lambda: OneCycle(last=-1), "OneCycle: last is -1; expected a number of at least 0"),
        (lambda: loose.OneCycle(per="batch"), "OneCycle: per is 'batch'; expected one of: step, epoch"),
        (lambda: Warmup(0), "Warmup: length is 0; expected a whole number of at least 1"),
        (lambda: loose.Warmup(1, then=0.1), "Warmup: then is 0.1; expected a schedule, as in Cosine()"),
        (lambda: OneCycle(1.5), "OneCycle: rise is 1.5; expected a number from 0 to 1"),
        (lambda: OneCycle(low_momentum=1), "OneCycle: low_momentum is 1; expected a number from 0 to below 1, or None"),
        (lambda: loose.OneCycle(curve="s"), "OneCycle: curve is 's'; expected one of: cosine, linear"),
        (lambda: ReduceOnPlateau(patience=-1), "ReduceOnPlateau: patience is -1; expected a whole number of at least 0"),  # noqa: E501
        (lambda: ReduceOnPlateau(1.5), "ReduceOnPlateau: factor is 1.5; expected a number from 0 to 1"),
        (lambda: ReduceOnPlateau(threshold=2), "ReduceOnPlateau: threshold is 2; expected a number from 0 to 1"),
        (lambda: ReduceOnPlateau(least=2), "ReduceOnPlateau: least is 2; expected a number from 0 to 1"),
        (lambda: ReduceOnPlateau(cooldown=-1), "ReduceOnPlateau: cooldown is -1; expected a whole number of at least 0"),  # noqa: E501
        (lambda: loose.ReduceOnPlateau(monitor="r2"), "ReduceOnPlateau: monitor is 'r2'; expected one of: loss, accuracy"),  # noqa: E501
        (lambda: loose.Training(schedule=0.1), "schedule is 0.1; expected one, as in Cosine()"),
        (
            lambda: Training(schedule=Cosine(), lr_decay=0.5),
            "lr_decay is 0.5 beside a schedule, Cosine(); expected one of them",
        ),
        (
            lambda: Training(AdaDelta(), schedule=OneCycle(low_momentum=0.8)),
            "OneCycle(low_momentum=0.8) moves the momentum, of which AdaDelta has none; "
            "expected SGD or RMSprop with momentum, Adam or AdamW",
        ),
        (
            lambda: Training(schedule=OneCycle(low_momentum=0.8), momentum_schedule=Cosine()),
            "momentum_schedule is given beside OneCycle(low_momentum=0.8), which moves it, too; expected one of them",
        ),
        (
            lambda: Training(momentum_schedule=Warmup(1, then=ReduceOnPlateau())),
            "momentum_schedule is ReduceOnPlateau; expected one of the others",
        ),
        (lambda: Training(clip_norm=0), "clip_norm is 0; expected a number above 0, or None"),
        (lambda: loose.Training(average=0.999), "average is 0.999; expected one, as in EMA()"),
    ],
)  # fmt: skip
def test_bad_settings(make, message: str) -> None:
    with pytest.raises(UsageError, match=exactly(message)):
        make()


def test_a_rate_too_large_for_a_number_is_refused() -> None:
    training = Training(SGD(LR), 10**6, schedule=Exponential(10.0))
    with pytest.raises(UsageError, match="by which the learning rate is infinite in epoch 1001"):
        training.optimizer_at(1000)


LOSSES = [5, 4, 4.5, 4.2, 3.9999, 3.99, 2, 2, 2, 2, 2.1, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9]


@pytest.mark.parametrize("cooldown", [0, 2])
@pytest.mark.parametrize("patience", [0, 1, 2])
def test_plateaus_are_those_of_pytorch(patience: int, cooldown: int) -> None:
    theirs = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], LR)
    peer = peers.ReduceLROnPlateau(theirs, factor=0.3, patience=patience, cooldown=cooldown, min_lr=0.02 * LR)
    schedule = ReduceOnPlateau(0.3, patience, cooldown=cooldown, least=0.02)
    training = Training(SGD(LR), len(LOSSES), batch_size=4, schedule=schedule)
    seen: list[float] = []

    def lr_seen(event: Event) -> None:
        if isinstance(event, EpochEvent):
            seen.append(event.lr)

    judge = Judge(LOSSES)
    minimise(Quadratic(), EXAMPLES, np.ones(4), training, listeners=[lr_seen], judge=judge)
    expected = []
    for loss in LOSSES:
        expected.append(theirs.param_groups[0]["lr"])
        peer.step(loss)
    np.testing.assert_allclose(seen, expected, rtol=1e-12)


class Judge:
    """Says that the losses are these."""

    def __init__(self, losses: list[float]) -> None:
        self.losses = losses

    def __call__(self, progress: Progress):
        return Evaluation(self.losses[progress.epoch - 1], None, 1)


SCHEDULED = [
    Training(Adam(0.1), 4, 3, schedule=OneCycle(low_momentum=0.8)),
    Training(SGD(0.1, momentum=0.9), 4, 3, schedule=Warmup(5, then=Cosine()), momentum_schedule=Warmup(6, 0.0)),
    Training(SGD(0.1), 4, 3, schedule=Warmup(2, then=ReduceOnPlateau(0.5, patience=0)), clip_norm=0.5),
]


@pytest.mark.parametrize("training", SCHEDULED, ids=str)
@pytest.mark.parametrize("stop", range(1, 16))
def test_a_run_goes_on_from_any_batch(training: Training, stop: int) -> None:
    start = np.arange(4.0)
    judge = Judge([3.0, 3.0, 3.0, 1.0])
    whole = minimise(Quadratic(), EXAMPLES, start, training, judge=judge)
    moments = Moments()
    minimise(Quadratic(), EXAMPLES, start, training, listeners=[moments], judge=judge)
    again = minimise(Quadratic(), EXAMPLES, np.zeros(4), training, start=moments.found[stop - 1], judge=judge)
    np.testing.assert_array_equal(again.w, whole.w)


def test_clipping_is_that_of_pytorch() -> None:
    start, data = np.arange(4.0), Dataset(EXAMPLES.x[:8], EXAMPLES.t[:8])
    for clip_norm in (0.3, 2.0, 1e6):
        training = Training(SGD(0.05, weight_decay=0.1), 5, 4, order="file", clip_norm=clip_norm)
        found = minimise(Quadratic(), data, start, training).w
        w = torch.tensor(start, requires_grad=True)
        theirs, gw = torch.optim.SGD([w], 0.05, weight_decay=0.1), np.empty(4)
        for _ in range(5):
            for part in (slice(0, 4), slice(4, 8)):
                batch = Batch(data.x[part], data.t[part], np.full(4, 0.25))
                Quadratic().loss_and_gradient(w.detach().numpy(), batch, gw)
                w.grad = torch.tensor(gw)
                torch.nn.utils.clip_grad_norm_([w], clip_norm)
                theirs.step()
        np.testing.assert_allclose(found, w.detach().numpy(), rtol=1e-12)


def test_rates_that_no_optimizer_takes_are_refused_before_the_run() -> None:
    """A momentum of 1 or more late in the run: w has not moved, and the message says when it would be."""
    training = Training(SGD(0.1, momentum=0.8), 3, 4, momentum_schedule=Exponential(1.2))
    line = "after 6 of 9 updates by the schedule: SGD: momentum is 1.152; expected a number from 0 to below 1"
    with pytest.raises(UsageError, match=exactly(line)):
        minimise(Quadratic(), EXAMPLES, np.ones(4), training)
