"""What a network says of inputs, one by one: its answer and how sure it is, the nearest rival, and what is doubtful.

answers = network.answers(["seven.png", "scans/"])          tasks/asking.py
answers[0].prediction, answers[0].probability               7, 0.981
answers[0].rival                                            Rival(prediction=1, probability=0.012)
print(answers)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, overload

import numpy as np

from chainrule.tasks.examination import plain

SURE = 0.8
"""The probability from which on an answer is sure, unless one is told another.

Measured with calibrated probabilities: of MNIST's test digits, `mnist` is unsure of 1 in 100, and wrong in half of
these; of the others it gets 1 in 600 wrong. A network that gets 1 in 20 wrong is unsure of 1 in 9, and gets 1 in 75
of the others wrong.
"""
SLIGHT = 0.001
"""Rivals that are less probable are not worth a word."""
SHOWN = 5
"""Answers that are printed."""

Prediction = int | str | float | tuple[float, ...]
"""A class by its own name, a whole number where all of their names are such; or a real value, or some."""


class Place(NamedTuple):
    """Where an input stands."""

    file: str | None = None
    """None: in an array that was given."""
    number: int | None = None
    """Of a row, from 1, or of a sample, from 0; None: it is the whole file."""
    unit: str = "sample"

    def __str__(self) -> str:
        return " ".join(map(str, [*([self.file] if self.file else []), *self._number()]))

    def _number(self) -> tuple[Any, ...]:
        return () if self.number is None else (self.unit, self.number)


class Rival(NamedTuple):
    """The second most probable class."""

    prediction: int | str
    probability: float


@dataclass(frozen=True, eq=False)
class Answer:
    """What a network says of one input."""

    place: Place
    prediction: Prediction | None
    """None: the input could not be read, and `problem` says why."""
    probability: float | None = None
    """Of the class that is predicted, calibrated (`chainrule.calibrate`); None of real values."""
    rival: Rival | None = None
    sure: bool | None = None
    """Whether the probability reaches the threshold; None of real values."""
    doubts: tuple[str, ...] = ()
    """Why the answer may be wrong however sure the network is: what is odd about the input."""
    problem: str | None = None
    probabilities: np.ndarray | None = field(default=None, repr=False)
    """(k,) of all classes."""

    @property
    def words(self) -> str:
        """As in "a 7, 98.1 %; else 1, 1.2 %"."""
        if self.prediction is None:
            return f"no answer: {self.problem}"
        if self.probability is None:
            values = self.prediction if isinstance(self.prediction, tuple) else (self.prediction,)
            return ", ".join(f"{value:.6g}" for value in values)
        unsure = "" if self.sure else " (unsure)"
        said = f"{'a ' * isinstance(self.prediction, int)}{self.prediction}, {percent(self.probability)}{unsure}"
        if self.rival is None or self.rival.probability < SLIGHT:
            return said
        return f"{said}; else {self.rival.prediction}, {percent(self.rival.probability)}"

    def __str__(self) -> str:
        return " - ".join([f"{self.place}: {self.words}", *self.doubts])

    def values(self) -> dict[str, Any]:
        """As plain data."""
        number = {} if self.place.number is None else {self.place.unit: self.place.number}
        where = {"file": self.place.file, **number} if self.place.file else number
        if self.problem is not None:
            return {**where, "prediction": None, "problem": self.problem}
        facts: dict[str, Any] = {**where, "prediction": self.prediction}
        if self.probabilities is not None:
            rival = None if self.rival is None else self.rival._asdict()
            facts |= {"probability": self.probability, "rival": rival, "sure": self.sure}
        facts["doubts"] = self.doubts
        if self.probabilities is not None:
            facts["probabilities"] = np.round(self.probabilities, 6)
        return plain(facts)


@dataclass(frozen=True, eq=False)
class Answers(Sequence[Answer]):
    """What a network says of inputs, in their order."""

    places: Sequence[Place]
    said: np.ndarray
    """(n, k) float64: calibrated probabilities of the classes, or real values; NaN where there is no answer."""
    classes: tuple[int | str, ...] | None
    """Their names; None: the answers are real values."""
    names: tuple[str, ...]
    """What the k numbers of an answer are called."""
    threshold: float = SURE
    doubts: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """What is doubtful about some inputs."""
    problems: Mapping[int, str] = field(default_factory=dict)
    """Why some have no answer."""
    notes: tuple[str, ...] = ()
    """What was done with all of them."""

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Answer: ...
    @overload
    def __getitem__(self, index: slice) -> list[Answer]: ...
    def __getitem__(self, index: int | slice) -> Answer | list[Answer]:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        k = range(len(self))[index]
        place, problem, doubts, said = self.places[k], self.problems.get(k), self.doubts.get(k, ()), self.said[k]
        if problem is not None:
            return Answer(place, None, problem=problem)
        if self.classes is None:
            values = tuple(said.tolist())
            return Answer(place, values[0] if len(values) == 1 else values, doubts=doubts)
        best, *others = np.argsort(-said, kind="stable")[:2].tolist()
        rival = Rival(self.classes[others[0]], float(said[others[0]])) if others else None
        sure = float(said[best]) >= self.threshold
        return Answer(place, self.classes[best], float(said[best]), rival, sure, doubts, probabilities=said)

    def __iter__(self) -> Iterator[Answer]:
        return (self[k] for k in range(len(self)))

    @property
    def answered(self) -> np.ndarray:
        """(n,) which inputs have an answer."""
        found = np.ones(len(self), bool)
        found[list(self.problems)] = False
        return found

    @property
    def chosen(self) -> np.ndarray:
        """(n,) the number of the most probable class, -1 where there is no answer; not of real values."""
        return np.where(self.answered, np.nan_to_num(self.said, nan=-1).argmax(axis=1), -1)

    @property
    def unsure(self) -> np.ndarray:
        """(n,) which answers are less probable than the threshold; none of real values."""
        if self.classes is None:
            return np.zeros(len(self), bool)
        return self.answered & (np.nan_to_num(self.said, nan=0).max(axis=1) < self.threshold)

    def summary(self) -> str:
        """As in "120 answers, 3 of them unsure; 1 input has none"."""
        without, unsure, doubtful = len(self.problems), int(self.unsure.sum()), len(self.doubts)
        parts = [f"{unsure:,} unsure" * (unsure > 0), f"{doubtful:,} doubtful" * (doubtful > 0)]
        about = "".join(f", {part}" for part in parts if part)
        count = len(self) - without
        missing = f"; {without:,} input{'s have' if without > 1 else ' has'} none" if without else ""
        return f"{count:,} answer{'s' * (count != 1)}{about}{missing}"

    def values(self) -> dict[str, Any]:
        """All of it, as plain data for JSON."""
        shown = [answer.values() for answer in self]
        classes = None if self.classes is None else [str(name) for name in self.classes]
        return {"classes": classes, "predictions": shown, "notes": list(self.notes)}

    def __str__(self) -> str:
        more = [f"... and {len(self) - SHOWN:,} more"] if len(self) > SHOWN else []
        return "\n".join([*map(str, self[:SHOWN]), *more, self.summary()])

    def __repr__(self) -> str:
        return str(self)


def percent(p: float) -> str:
    """A probability, in which no rounding makes a certainty of what is none."""
    return "> 99.9 %" if 0.9995 <= p < 1 else f"{100 * p:.1f} %"
