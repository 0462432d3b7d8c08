"""How to train, apart from on what: optimizer, epochs, batches, seeds."""

from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

import numpy as np

from chainrule.base.arguments import name_among, of_kind, real_number
from chainrule.base.errors import UsageError
from chainrule.base.numbers import whole_number
from chainrule.base.random import Source, check_seed
from chainrule.base.showing import short
from chainrule.training.optimizers import Adam, Optimizer
from chainrule.training.sampling import ORDERS, Order

Reduction = Literal["mean", "sum"]


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
        checked["lr_decay_every"] = whole_number("lr_decay_every", self.lr_decay_every, 1)
        if self.batch_size is not None:
            checked["batch_size"] = whole_number("batch_size", self.batch_size, 1)
        name_among(ORDERS, "order", self.order)
        name_among(get_args(Reduction), "reduction", self.reduction)
        checked["lr_decay"] = real_number("lr_decay", self.lr_decay, "a number above 0", lambda factor: factor > 0)
        if self.augmentation is not None and not callable(self.augmentation):
            raise UsageError(f"augmentation is {short(self.augmentation)}; expected one, as in Augmentation(shift=2)")
        if self.draws is not None and not hasattr(self.draws, "of_run"):
            raise UsageError(f"draws is {short(self.draws)}; expected a source of random words, or None")
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.lr_decay > 1:
            self._lr_at(max(self.epochs - 1, 0))

    def optimizer_at(self, epoch: int) -> Optimizer:
        """The optimizer with the learning rate of that epoch (from 0)."""
        if self.lr_decay == 1:
            return self.optimizer
        return self.optimizer.with_lr(self._lr_at(epoch))

    def _lr_at(self, epoch: int) -> float:
        """The learning rate of an epoch; UsageError if it is too large for a number by then."""
        try:
            return self.optimizer.lr * self.lr_decay ** (epoch // self.lr_decay_every)
        except OverflowError:
            given = f"lr_decay is {self.lr_decay:g}, by which the learning rate is infinite in epoch {epoch + 1}"
            raise UsageError(f"{given}; expected a factor of about 1, most often below") from None

    def source(self, samples: int, evaluated: int = 0) -> Source:
        """Of the run's random words, on so many samples; so many others are evaluated after each epoch."""
        if self.draws is None:
            return Source(self.seed)
        return self.draws.of_run(samples, self.batch_size or samples, evaluated)
