"""What was measured: runs of each contestant, round by round."""

from dataclasses import dataclass, field
from statistics import median
from typing import Literal


@dataclass
class Runs:
    """One contestant's value of every round."""

    name: str
    values: list[float] = field(default_factory=list)
    validation: float | None = None  # largest relative difference from chainrule's gradients or outputs
    scope: str = ""  # what one run covers

    @property
    def median(self) -> float:
        return median(self.values)


@dataclass
class Result:
    """One work: chainrule's runs, the rivals', and every configuration that was tried."""

    title: str
    unit: str
    better: Literal["higher", "lower"]
    own: Runs
    rivals: list[Runs] = field(default_factory=list)
    tried: list[tuple[str, str]] = field(default_factory=list)  # what, and how it did or why it could not
    busy: list[float] = field(default_factory=list)  # part of the machine that others used, before each round

    def ratios(self, rival: Runs) -> list[float]:
        """How many times better chainrule did, round by round."""
        pairs = zip(self.own.values, rival.values, strict=True)
        return [ours / theirs if self.better == "higher" else theirs / ours for ours, theirs in pairs]
