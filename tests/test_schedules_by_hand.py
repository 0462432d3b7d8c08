"""Schedules at the ends of a run and of their parts, by hand; what does not move; rates that grow too large."""

import numpy as np
import pytest

from chainrule.base.errors import UsageError
from chainrule.training.descent import minimise
from chainrule.training.objective import clipping
from chainrule.training.optimizers import SGD
from chainrule.training.plateau import Plateau
from chainrule.training.schedule import Wait
from chainrule.training.schedules import Cosine, Exponential, Moment, OneCycle, Warmup
from chainrule.training.settings import Training
from descents import EXAMPLES, Quadratic


def test_a_moment_may_be_counted_from_later_on() -> None:
    assert Moment(20, 70, 7, 3).after(5, "step") == Moment(15, 65, 7, 3)
    assert Moment(20, 70, 7, 3).after(2, "epoch") == Moment(6, 56, 7, 3)


def test_a_cycle_that_does_not_rise_begins_to_fall_at_once() -> None:
    falling = OneCycle(0.0, last=0.0, low_momentum=0.5, curve="linear")
    assert [falling.at(Moment(k, 5)) for k in range(5)] == [1, 0.75, 0.5, 0.25, 0]
    assert falling.momentum(0.9, Moment(0, 5)) == 0.5
    assert falling.momentum(0.9, Moment(4, 5)) == pytest.approx(0.9)
    assert OneCycle(last=0.5).at(Moment(0, 1)) == 1  # a run of one update


def test_after_a_warmup_the_momentum_is_that_of_what_follows_from_its_first_update_on() -> None:
    schedule = Warmup(3, then=OneCycle(0.0, low_momentum=0.5))
    momenta = [schedule.momentum(0.9, Moment(k, 13)) for k in range(5)]
    assert momenta[:4] == [0.9, 0.9, 0.9, 0.5]
    assert 0.5 < momenta[4] < 0.9


def test_a_run_without_updates_stands_at_its_beginning() -> None:
    assert Cosine().at(Moment(0, 0)) == 1


def test_without_a_schedule_nothing_moves() -> None:
    assert Training().is_steady is True
    assert Training().scheduled is None
    for moving in (Training(lr_decay=2.0, epochs=3), Training(lr_decay=0.5), Training(schedule=Cosine())):
        assert moving.is_steady is False
        assert moving.scheduled is not None
    assert Training(momentum_schedule=Cosine()).is_steady is False


@pytest.mark.parametrize(("threshold", "stalls"), [(0.0, 2), (0.25, 2), (0.2, 1)])
def test_a_loss_is_better_only_below_the_threshold(threshold: float, stalls: int) -> None:
    """1, 1, 0.75: as good as the best one, or just as far below it as it must be, is not better."""
    plateau = Plateau(Wait(0, threshold, 0, "loss"))
    for loss in (1.0, 1.0, 0.75 if threshold else 1.0):
        plateau._judge(loss)
    assert plateau.seen.stalls == stalls


@pytest.mark.parametrize(("factor", "fits", "too_many"), [(1e300, 1, 2), (1.5, 1600, 1800)])
def test_a_decay_that_grows_too_large_is_refused_at_once(factor: float, fits: int, too_many: int) -> None:
    """By the last epoch's rate; a run of none has the first one's."""
    for epochs in (0, fits):
        assert Training(SGD(1e10), epochs, lr_decay=factor).epochs == epochs
    with pytest.raises(UsageError, match=r"SGD: lr is inf|the learning rate is infinite in epoch"):
        Training(SGD(1e10), too_many, lr_decay=factor)


def test_the_very_last_rate_is_looked_at_before_the_run() -> None:
    """Of 150 updates every second one is, and the last."""
    growing = Exponential(2 ** (1 / 148.5), per="step")  # 0.5 to just above 1 in 149 steps
    training = Training(SGD(0.1, momentum=0.5), 50, 4, momentum_schedule=growing)
    with pytest.raises(UsageError, match=r"after 149 of 150 updates by the schedule: SGD: momentum is 1\.002"):
        minimise(Quadratic(), EXAMPLES, np.ones(4), training)


def test_a_gradient_is_shortened_as_by_pytorch_also_just_below_the_norm() -> None:
    assert clipping(0.5, None) == clipping(0.5, 1.0) == clipping(1 - 1e-6, 1.0) == 1
    assert clipping(2.0, 1.0) == 1 / (2 + 1e-6)
    assert clipping(1 - 5e-7, 1.0) == 1 / (1 + 5e-7)
