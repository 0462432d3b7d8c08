"""How a rate changes in a run, the learning rate or the momentum: values, pure functions of where the run stands.

A schedule gives a factor on the optimizer's own rate. With k the updates made so far, of n in the run (`per="epoch"`:
epochs, counted from 0):

    Step(factor, every)          factor^(k // every)
    Exponential(factor)          factor^k
    Cosine(last)                 last + (1 - last) (1 + cos(pi k / n)) / 2
    Warmup(length, first, then)  first + (1 - first) k / length  while k < length;  then that of `then`, if there is one
    OneCycle(rise, first, last)  from `first` to 1 in the part `rise` of the run, and from there to `last` at its end
    ReduceOnPlateau(factor)      factor^s, where the loss has stopped falling s times

They are PyTorch's (`torch.optim.lr_scheduler`), over the run's own length. Sources: I. Loshchilov, F. Hutter, *SGDR*
(2017); L. N. Smith, N. Topin, *Super-Convergence* (2019).
"""

from dataclasses import dataclass

from chainrule.base.arguments import of_kind, real_number
from chainrule.base.elementary import power
from chainrule.base.errors import UsageError
from chainrule.base.numbers import whole_number
from chainrule.training.monitor import Monitor
from chainrule.training.schedule import Count, Curve, Per, Wait, between
from chainrule.training.schedule import Moment as Moment
from chainrule.training.schedule import Schedule as Schedule


@dataclass(frozen=True)
class Step(Schedule):
    """Steps: a factor on the rate after each so many epochs, or after those that are named.

    factor : of each step
    every : epochs from step to step; or after how many of them the steps are, as in (30, 60, 80)
    per : "epoch", or "step": then updates are counted

    UsageError for other values, as of all schedules.
    """

    factor: float = 0.1
    every: Count | tuple[Count, ...] = 1
    per: Per = "epoch"

    def __post_init__(self) -> None:
        self._check("factor")
        self._check_choice("per", Per)
        if isinstance(self.every, list | tuple):
            if not self.every:
                raise UsageError(f"{self._called('every')} names no epoch; expected at least one, as in (30, 60)")
            found = tuple(whole_number(self._called("every"), each, 1) for each in self.every)
            object.__setattr__(self, "every", found)
        else:
            self._check_whole("every")

    def at(self, now: Moment) -> float:
        k, every = now.counted(self.per)[0], self.every
        steps = sum(k >= each for each in every) if isinstance(every, tuple) else k // every
        return power(self.factor, steps)


@dataclass(frozen=True)
class Exponential(Schedule):
    """A factor on the rate after each epoch, or (`per="step"`) after each update."""

    factor: float = 0.9
    per: Per = "epoch"

    def __post_init__(self) -> None:
        self._check("factor")
        self._check_choice("per", Per)

    def at(self, now: Moment) -> float:
        return power(self.factor, now.counted(self.per)[0])


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a wave of a cosine down to `last`, in parts of the rate; moved at each update, or (`per="epoch"`) epoch."""

    last: float = 0.0
    per: Per = "step"

    def __post_init__(self) -> None:
        self._check("last")
        self._check_choice("per", Per)

    def at(self, now: Moment) -> float:
        k, n = now.counted(self.per)
        return between(1.0, self.last, k / n if n else 0.0)


@dataclass(frozen=True)
class Warmup(Schedule):
    """A line up from a part of the rate, and from there on another schedule, as if the run began then.

    length : of the line, in updates or (`per="epoch"`) epochs
    first : where it begins, in parts of the rate
    then : what follows; None: the rate stays
    """

    length: Count = 100
    first: float = 0.1
    then: Schedule | None = None
    per: Per = "step"

    def __post_init__(self) -> None:
        self._check_whole("length")
        self._check("first")
        self._check_choice("per", Per)
        if self.then is not None:
            of_kind(self._called("then"), self.then, Schedule, "a schedule, as in Cosine()")

    def at(self, now: Moment) -> float:
        k, _ = now.counted(self.per)
        if k < self.length:
            return between(self.first, 1.0, k / self.length, "linear")
        return self.then.at(now.after(self.length, self.per)) if self.then else 1.0

    @property
    def moves_momentum(self) -> bool:
        return self.then is not None and self.then.moves_momentum

    def momentum(self, own: float, now: Moment) -> float:
        if self.then is None or now.counted(self.per)[0] < self.length:
            return own
        return self.then.momentum(own, now.after(self.length, self.per))

    @property
    def waits(self) -> Wait | None:
        return self.then and self.then.waits


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up to the optimizer's rate, and down to nearly nothing: large steps in the middle of a run, and a fine end.

    rise : the part of the run in which the rate rises
    first, last : where it begins and ends, in parts of the optimizer's
    low_momentum : what the optimizer's momentum falls to while the rate rises, and rises from again; None: it stays
    curve : along which all this is: "cosine" or "linear"
    per : how often it moves, at each "step" or "epoch"
    """

    rise: float = 0.3
    first: float = 0.04
    last: float = 4e-6
    low_momentum: float | None = None
    curve: Curve = "cosine"
    per: Per = "step"

    def __post_init__(self) -> None:
        self._check("rise", most=1)
        self._check("first", "last")
        self._check_choice("curve", Curve)
        self._check_choice("per", Per)
        if self.low_momentum is not None:
            expected = "a number from 0 to below 1, or None"
            low = real_number(self._called("low_momentum"), self.low_momentum, expected, lambda x: 0 <= x < 1)
            object.__setattr__(self, "low_momentum", low)

    def at(self, now: Moment) -> float:
        rises, part = self._part(now)
        return between(*((self.first, 1.0) if rises else (1.0, self.last)), part, self.curve)

    @property
    def moves_momentum(self) -> bool:
        return self.low_momentum is not None

    def momentum(self, own: float, now: Moment) -> float:
        if self.low_momentum is None:
            return own
        rises, part = self._part(now)
        return between(*((own, self.low_momentum) if rises else (self.low_momentum, own)), part, self.curve)

    def _part(self, now: Moment) -> tuple[bool, float]:
        """Whether the rate rises, and which part of its way up, or down, it has gone."""
        k, n = now.counted(self.per)
        top, end = self.rise * n - 1, n - 1
        if top > 0 and k <= top:
            return True, k / top
        top = max(top, 0.0)
        return False, (k - top) / (end - top) if end > top else 0.0


@dataclass(frozen=True)
class ReduceOnPlateau(Schedule):
    """A factor on the rate each time that the loss has not fallen for more than `patience` epochs.

    factor : of each time
    patience : epochs in a row that may be no better than the best one
    threshold : how much lower a loss is, in parts of the best, where it is better
    cooldown : epochs after a step that do not count
    least : where it ends, in parts of the rate
    monitor : the "loss" on the validation data (the training's, if there are none), or, of their "accuracy", the part
        that is wrong
    """

    factor: float = 0.1
    patience: Count = 10
    threshold: float = 1e-4
    cooldown: Count = 0
    least: float = 0.0
    monitor: Monitor = "loss"

    def __post_init__(self) -> None:
        self._check("factor", "threshold", "least", most=1)
        self._check_whole("patience", 0)
        self._check_whole("cooldown", 0)
        self._check_choice("monitor", Monitor)

    def at(self, now: Moment) -> float:
        return max(power(self.factor, now.stalls), self.least)

    @property
    def waits(self) -> Wait:
        return Wait(self.patience, self.threshold, self.cooldown, self.monitor)


SCHEDULES: dict[str, type[Schedule]] = {
    kind.__name__: kind for kind in (Step, Exponential, Cosine, Warmup, OneCycle, ReduceOnPlateau)
}
"""Every schedule, by name."""
