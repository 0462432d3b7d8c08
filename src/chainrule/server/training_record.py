"""What a run has told so far, for a page that comes late or asks again: bounded, however long the run is."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from chainrule.server.training_run import Stepped
from chainrule.training.events import Evaluation

MOST_STEPS = 8_000
FIRST = 16
"""Steps that stay, so that two runs can be compared by where they began."""
MOST_TESTS, MOST_FRAMES = 2_000, 64
SMOOTH = 0.95
"""The part of the mean loss that goes on from step to step."""


class Tested(NamedTuple):
    """How well w did on the test digits after so many steps."""

    step: int
    epoch: float  # how often all data had been seen
    loss: float
    accuracy: float | None


class Frame(NamedTuple):
    """The first layer's filters after so many epochs."""

    step: int
    epoch: int
    filters: np.ndarray


@dataclass
class TrainingRecord:
    """Steps, tests and filters since the run began; where there are too many, every second one goes."""

    layers: list[str] = field(default_factory=list)
    steps: list[tuple[Stepped, float]] = field(default_factory=list)  # with the smoothed loss
    tests: list[Tested] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    samples: int = 0  # seen
    _mean: float = 0.0
    _weight: float = 0.0
    _rates: list[tuple[int, float]] = field(default_factory=list)  # samples and seconds of the last steps

    def step(self, made: Stepped) -> None:
        """Note a step."""
        self._mean = SMOOTH * self._mean + (1 - SMOOTH) * made.loss
        self._weight = SMOOTH * self._weight + 1 - SMOOTH  # so that the first losses count in full
        self.samples += made.samples
        self._rates = [*self._rates[-19:], (made.samples, made.seconds)]
        self.steps.append((made, self._mean / self._weight))
        self.steps = thinned(self.steps, MOST_STEPS, FIRST)

    def test(self, step: int, epoch: float, seen: Evaluation) -> None:
        """Note a test."""
        self.tests.append(Tested(step, epoch, seen.loss, seen.accuracy))
        self.tests = thinned(self.tests, MOST_TESTS, 1)

    def frame(self, step: int, epoch: int, filters: np.ndarray) -> None:
        """Note the filters."""
        self.frames.append(Frame(step, epoch, filters))
        self.frames = thinned(self.frames, MOST_FRAMES, 1)

    @property
    def rate(self) -> float | None:
        """Samples a second, of the last steps."""
        seconds = sum(seconds for _, seconds in self._rates)
        return sum(samples for samples, _ in self._rates) / seconds if seconds else None

    def since(self, step: int) -> dict[str, Any]:
        """All that came after that step (-1: from the beginning), in columns. Losses are told in full."""
        steps = [each for each in self.steps if each[0].step > step]
        norms = {name: [significant(made.norms[k]) for made, _ in steps] for k, name in enumerate(self.layers)}
        return {
            "step": [made.step for made, _ in steps],
            "loss": [made.loss for made, _ in steps],
            "smoothed": [significant(mean) for _, mean in steps],
            "norms": norms,
            "tests": [each._asdict() for each in self.tests if each.step > step],
            "frames": [each for each in self.frames if each.step > step],
            "samples": self.samples,
            "rate": self.rate,
        }


def thinned(rows: list[Any], most: int, first: int) -> list[Any]:
    """The rows, or where they are more than `most`, the first of them, every second one, and the last."""
    return rows if len(rows) <= most else rows[:first] + rows[first:-1:2] + rows[-1:]


def significant(number: float) -> float:
    """As much of it as a chart shows."""
    return float(f"{number:.5g}")
