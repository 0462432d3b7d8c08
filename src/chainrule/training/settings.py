"""How to train, apart from on what: optimizer, epochs, batches, seeds."""

import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol, get_args

from chainrule.base.arguments import name_among, of_kind, real_number, takes
from chainrule.base.errors import UsageError
from chainrule.base.numbers import whole_number
from chainrule.base.random import Source, check_seed
from chainrule.base.showing import short
from chainrule.training.augment import Augment, check_augmentation
from chainrule.training.averages import Average
from chainrule.training.optimizers import Adam, Optimizer
from chainrule.training.sampling import ORDERS, Order
from chainrule.training.schedules import Moment, Schedule, Step

Reduction = Literal["mean", "sum"]
LEAST = sys.float_info.min
"""Of a momentum: an optimizer whose momentum is 0 has no vector for it, and one whose momentum falls to 0 keeps its."""


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
    lr_decay, lr_decay_every : the factor on the learning rate after each so many epochs, `Step` in short
    seed : of shuffles, dropout and augmentation, 0 to 2**64 - 1
    augmentation : changes training images anew in every epoch, and mixes them (`chainrule.Augmentation`)
    draws : where dropouts' random numbers come from; None: Philox, by the seed
    schedule : how the learning rate, which is the optimizer's, changes, as in OneCycle(); `training/schedules.py`
    momentum_schedule : likewise the momentum (of Adam, beta1)
    clip_norm : a gradient that is longer is shortened to that, before the optimizer gets it; None: none is
    average : of w, over the last updates: it is evaluated and saved, as in EMA() or SWA(); `training/averages.py`

    Raises UsageError for what is out of its range, and for what contradicts each other.
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
    schedule: Schedule | None = None
    momentum_schedule: Schedule | None = None
    clip_norm: float | None = None
    average: Average | None = None

    def __post_init__(self) -> None:
        of_kind("the optimizer", self.optimizer, Optimizer, "one, as in Adam(1e-3)")
        checked: dict[str, object] = {"seed": check_seed(self.seed), "epochs": whole_number("epochs", self.epochs, 0)}
        checked["lr_decay_every"] = whole_number("lr_decay_every", self.lr_decay_every, 1)
        if self.batch_size is not None:
            checked["batch_size"] = whole_number("batch_size", self.batch_size, 1)
        name_among(ORDERS, "order", self.order)
        name_among(get_args(Reduction), "reduction", self.reduction)
        checked["lr_decay"] = real_number("lr_decay", self.lr_decay, "a number above 0", lambda factor: factor > 0)
        check_augmentation(self.augmentation)
        if self.draws is not None and not takes(getattr(self.draws, "of_run", None), 3):
            raise UsageError(f"draws is {short(self.draws)}; expected a source of random words, or None")
        if self.clip_norm is not None:
            expected = "a number above 0, or None"
            checked["clip_norm"] = real_number("clip_norm", self.clip_norm, expected, lambda norm: norm > 0)
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        self._check_schedules()
        if self.average is not None:
            of_kind("average", self.average, Average, "one, as in EMA()")

    def _check_schedules(self) -> None:
        for name in ("schedule", "momentum_schedule"):
            found = getattr(self, name)
            if found is not None:
                of_kind(name, found, Schedule, "one, as in Cosine()")
        if self.schedule and self.lr_decay != 1:
            given = f"lr_decay is {self.lr_decay:g} beside a schedule, {self.schedule}"
            raise UsageError(f"{given}; expected one of them")
        if self.momentum_schedule and self.momentum_schedule.waits:
            raise UsageError("momentum_schedule is ReduceOnPlateau; expected one of the others")
        of_momentum = self.momentum_schedule or (
            self.schedule if self.schedule and self.schedule.moves_momentum else None
        )
        if of_momentum and not self.optimizer.goes_on:
            expected = "expected SGD or RMSprop with momentum, Adam or AdamW"
            raise UsageError(
                f"{of_momentum} moves the momentum, of which {type(self.optimizer).__name__} has none; {expected}"
            )
        if self.momentum_schedule and self.schedule and self.schedule.moves_momentum:
            raise UsageError(
                f"momentum_schedule is given beside {self.schedule}, which moves it, too; expected one of them"
            )
        if self.lr_decay > 1:
            self.optimizer_at(max(self.epochs - 1, 0))

    @cached_property
    def scheduled(self) -> Schedule | None:
        """What moves the learning rate."""
        return self.schedule or (Step(self.lr_decay, self.lr_decay_every) if self.lr_decay != 1 else None)

    @property
    def is_steady(self) -> bool:
        """Whether nothing moves."""
        return self.scheduled is None and self.momentum_schedule is None

    def rates(self, now: Moment) -> tuple[float, float]:
        """(the learning rate, the momentum) of the update that is next; UsageError for one too large for a number."""
        lr, momentum, schedule = self.optimizer.lr, self.optimizer.goes_on, self.scheduled
        try:
            if schedule:
                lr, momentum = lr * schedule.at(now), schedule.momentum(momentum, now)
            if self.momentum_schedule:
                momentum *= self.momentum_schedule.at(now)
        except OverflowError:
            what = f"lr_decay is {self.lr_decay:g}" if self.schedule is None else f"schedule is {self.schedule}"
            given = f"{what}, by which the learning rate is infinite in epoch {now.counted('epoch')[0] + 1}"
            raise UsageError(f"{given}; expected a factor of about 1, most often below") from None
        return lr, max(momentum, LEAST) if self.optimizer.goes_on else 0.0

    def optimizer_at(self, epoch: int, batch: int = 0, *, batches: int = 1) -> Optimizer:
        """The optimizer with the rates of an update, if the loss has not stopped falling until then.

        epoch, batch : of the update, from 0, in epochs of so many `batches`
        """
        if self.is_steady:
            return self.optimizer
        now = Moment(epoch * batches + batch, self.epochs * batches, batches)
        return self.optimizer.with_rates(*self.rates(now))

    def source(self, samples: int, evaluated: int = 0) -> Source:
        """Of the run's random words, on so many samples; so many others are evaluated after each epoch."""
        if self.draws is None:
            return Source(self.seed)
        return self.draws.of_run(samples, self.batch_size or samples, evaluated)
