"""What every schedule is: a factor on a rate, by where the run stands."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from math import inf
from typing import Annotated, Literal, NamedTuple, get_args

from chainrule.base.arguments import name_among, real_number
from chainrule.base.elementary import cosine_of_turn
from chainrule.base.numbers import whole_number
from chainrule.base.typed import COUNT
from chainrule.training.monitor import Monitor

Per = Literal["step", "epoch"]
Curve = Literal["cosine", "linear"]
Count = Annotated[int, COUNT]


@dataclass(frozen=True)
class Moment:
    """Where in a run the next update stands."""

    step: int  # updates before it
    steps: int  # of the run
    batches: int = 1  # updates of an epoch
    stalls: int = 0  # how often the loss has stopped falling

    def counted(self, per: Per) -> tuple[int, float]:
        """(k, n): the updates, or epochs, before this one, and those of the run."""
        return (self.step, self.steps) if per == "step" else (self.step // self.batches, self.steps / self.batches)

    def after(self, length: int, per: Per) -> "Moment":
        """As it is in a run that begins so much later."""
        steps = length if per == "step" else length * self.batches
        return replace(self, step=self.step - steps, steps=self.steps - steps)


class Wait(NamedTuple):
    """When the loss has stopped falling: in more than `patience` epochs in a row it was no better than the best one."""

    patience: int
    threshold: float  # by which part of the best one a better one is lower
    cooldown: int  # epochs that do not count, after each time
    monitor: Monitor  # what is meant by the loss


@dataclass(frozen=True)
class Schedule(ABC):
    """The base of all schedules: a factor on a rate."""

    @abstractmethod
    def at(self, now: Moment) -> float:
        """The factor on the optimizer's own rate, for the update that is next."""

    @property
    def moves_momentum(self) -> bool:
        """Whether, as a schedule of the learning rate, it moves the momentum, too."""
        return False

    def momentum(self, own: float, now: Moment) -> float:
        """That of the next update, if `own` is the optimizer's."""
        return own

    @property
    def waits(self) -> "Wait | None":
        """For what it waits, if it depends on the loss."""
        return None

    def __str__(self) -> str:
        """What is not by default, as in Cosine(last=0.01)."""
        values = {each: getattr(self, each.name) for each in fields(self)}
        given = [f"{each.name}={value}" for each, value in values.items() if value != each.default]
        return f"{type(self).__name__}({', '.join(given)})"

    def _check(self, *names: str, most: float = inf) -> None:
        """UsageError unless these fields are numbers from 0 to `most`."""
        expected = "a number of at least 0" if most == inf else f"a number from 0 to {most:g}"
        for name in names:
            found = real_number(self._called(name), getattr(self, name), expected, lambda x: 0 <= x <= most)
            object.__setattr__(self, name, found)

    def _check_whole(self, name: str, least: int = 1) -> None:
        object.__setattr__(self, name, whole_number(self._called(name), getattr(self, name), least))

    def _check_choice(self, name: str, choices: object) -> None:
        name_among(get_args(choices), self._called(name), getattr(self, name))

    def _called(self, name: str) -> str:
        return f"{type(self).__name__}: {name}"


def between(first: float, last: float, part: float, curve: Curve = "cosine") -> float:
    """From `first` to `last`, where that part of the way, from 0 to 1, lies behind."""
    part = min(max(part, 0.0), 1.0)
    if curve == "linear":
        return first + (last - first) * part
    return last + (first - last) * (1 + cosine_of_turn(part / 2)) / 2
