"""One answer of a network: what it says of an input, how sure it is, the nearest rival, and what is doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy as np

SLIGHT = 0.001
"""Rivals that are less probable are not worth a word."""

Prediction = int | str | float | tuple[float, ...]
"""A class by its own name, a whole number where all of their names are such; or a real value, or some."""


class Place(NamedTuple):
    """Where an input stands."""

    file: str | None = None
    """None: in an array that was given."""
    number: int | None = None
    """Of a row, from 1, or of a sample, from 0; None: it is the whole file."""
    unit: str = "sample"
    """Of which it is the number; "image": it is a picture; "digit": one of a picture's, from 1."""

    def values(self) -> dict[str, Any]:
        """As plain data."""
        file = {"image" if self.unit == "image" else "file": self.file}
        return {**(file if self.file else {}), **({} if self.number is None else {self.unit: self.number})}

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
    """(k,) of all classes; None of real values, and of several digits."""
    digits: tuple[Answer, ...] = field(default=(), repr=False)
    """Of a picture with several: each of them."""

    @classmethod
    def of_digits(cls, place: Place, digits: Sequence[Answer], threshold: float, doubts: tuple[str, ...]) -> Answer:
        """A number, as text, of its digits from left to right, as if these were independent.

        p(number) = product of p(digit);  the rival has the one other digit that takes the least from that
        """
        words, p = [str(digit.prediction) for digit in digits], prod(digit.probability or 0.0 for digit in digits)
        parts = [(digit.rival.probability / (digit.probability or 1.0) if digit.rival else 0.0) for digit in digits]
        k = parts.index(max(parts))
        other = digits[k].rival
        rival = (
            None
            if other is None
            else Rival("".join([*words[:k], str(other.prediction), *words[k + 1 :]]), p * parts[k])
        )
        return cls(place, "".join(words), p, rival, p >= threshold, doubts, digits=tuple(digits))

    @property
    def near_rival(self) -> Rival | None:
        """The rival, if it is worth a word."""
        return self.rival if self.rival is not None and self.rival.probability >= SLIGHT else None

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
        rival = self.near_rival
        return said if rival is None else f"{said}; else {rival.prediction}, {percent(rival.probability)}"

    def __str__(self) -> str:
        return " - ".join([f"{self.place}: {self.words}", *self.doubts])

    def values(self) -> dict[str, Any]:
        """As plain data."""
        facts: dict[str, Any] = {**self.place.values(), "prediction": self.prediction}  # a tuple is a list in JSON
        if self.problem is not None:
            return {**facts, "problem": self.problem}
        if self.probability is not None:
            rival = None if self.rival is None else self.rival._asdict()
            facts |= {"class": str(self.prediction), "probability": self.probability, "rival": rival, "sure": self.sure}
        if self.probabilities is not None:
            facts["probabilities"] = [round(p, 6) for p in self.probabilities.tolist()]
        if self.digits:
            facts["digits"] = [digit.values() for digit in self.digits]
        return {**facts, "doubts": list(self.doubts)}


def percent(p: float) -> str:
    """A probability, in which no rounding makes a certainty of what is none."""
    return "> 99.9 %" if 0.9995 <= p < 1 else f"{100 * p:.1f} %"
