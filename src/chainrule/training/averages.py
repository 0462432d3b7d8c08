"""An average of w over the last updates, which is evaluated and saved in w's place: values.

    EMA    the mean of w after each update, the one k updates ago weighed by decay^k
    SWA    the plain mean of w after each epoch (or update) of the last part of the run

What layers keep that is not learned is averaged with it by EMA; for SWA it is found anew over the training data
(`averaging`). Sources: B. T. Polyak, A. B. Juditsky, *Acceleration of Stochastic Approximation by Averaging* (1992);
P. Izmailov et al., *Averaging Weights Leads to Wider Optima and Better Generalization* (2018).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, get_args

from chainrule.base.arguments import name_among, real_number
from chainrule.base.elementary import power
from chainrule.base.numbers import whole_number
from chainrule.base.typed import COUNT
from chainrule.training.schedule import Moment, Per


@dataclass(frozen=True)
class Average(ABC):
    """The base of both: which w count, and how much."""

    measures_anew: ClassVar[bool] = False
    """Whether statistics are those that the averaged w has on the training data, not an average of w's."""

    @abstractmethod
    def takes(self, done: Moment) -> bool:
        """Whether w counts as it is after `done.step` updates."""

    @abstractmethod
    def share(self, count: int) -> float:
        """What the newest w counts in the average of so many."""


@dataclass(frozen=True)
class EMA(Average):
    """The mean of all w, each counting `decay` times as much as the one after it.

    decay : from 0 to below 1; the last 1 / (1 - decay) updates are what counts
    every : so many updates lie between two w that are averaged

    UsageError for other values.
    """

    decay: float = 0.999
    every: Annotated[int, COUNT] = 1

    def __post_init__(self) -> None:
        decay = real_number("EMA: decay", self.decay, "a number from 0 to below 1", lambda x: 0 <= x < 1)
        object.__setattr__(self, "decay", decay)
        object.__setattr__(self, "every", whole_number("EMA: every", self.every, 1))

    def takes(self, done: Moment) -> bool:
        return done.step % self.every == 0

    def share(self, count: int) -> float:
        return (1 - self.decay) / (1 - power(self.decay, count))


@dataclass(frozen=True)
class SWA(Average):
    """The mean of w over the end of the run.

    last : the part of the run, above 0, that counts
    per : whether w is taken after each "epoch" or each "step" of it

    UsageError for other values.
    """

    last: float = 0.25
    per: Per = "epoch"
    measures_anew: ClassVar[bool] = True

    def __post_init__(self) -> None:
        expected = "a number above 0, at most 1"
        object.__setattr__(self, "last", real_number("SWA: last", self.last, expected, lambda x: 0 < x <= 1))
        name_among(get_args(Per), "SWA: per", self.per)

    def takes(self, done: Moment) -> bool:
        k, n = done.counted(self.per)
        before = round((1 - self.last) * n, 6)  # 1 of 5 epochs where `last` is 0.8, although 1 - 0.8 is below 0.2
        return (self.per == "step" or done.step % done.batches == 0) and k > before

    def share(self, count: int) -> float:
        return 1 / count


AVERAGES: dict[str, type[Average]] = {kind.__name__: kind for kind in (EMA, SWA)}
"""Every average, by name."""
