"""What a network says of inputs, one by one.

answers = network.answers(["seven.png", "scans/"])          tasks/asking.py
answers[0].prediction, answers[0].probability               7, 0.981
answers[0].rival                                            Rival(prediction=1, probability=0.012)
print(answers)
answers.write_csv("answers.csv")
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np

from chainrule.tasks.answer import Answer, Place, Rival
from chainrule.tasks.answer_table import write_csv

SURE = 0.8
"""The probability from which on an answer is sure, unless one is told another.

Measured with calibrated probabilities: of MNIST's test digits, `mnist` is unsure of 1 in 100, and wrong in half of
these; of the others it gets 1 in 600 wrong. A network that gets 1 in 20 wrong is unsure of 1 in 9, and gets 1 in 75
of the others wrong.
"""
SHOWN = 5
"""Answers that are printed."""


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
    digits: Mapping[int, np.ndarray] = field(default_factory=dict)
    """Of pictures with several digits: (m, k) as `said`, of each of them; in `said` they have NaN."""
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
        place, doubts, said = self.places[k], self.doubts.get(k, ()), self.said[k]
        if k in self.problems:
            return Answer(place, None, problem=self.problems[k])
        if k in self.digits:
            each = [self._class(Place(None, j, "digit"), p) for j, p in enumerate(self.digits[k], start=1)]
            return Answer.of_digits(place, each, self.threshold, doubts)
        if self.classes is None:
            values = tuple(said.tolist())
            return Answer(place, values[0] if len(values) == 1 else values, doubts=doubts)
        return self._class(place, said, self._first_two[k], doubts)

    def _class(
        self, place: Place, p: np.ndarray, first_two: np.ndarray | None = None, doubts: tuple[str, ...] = ()
    ) -> Answer:
        """The answer of probabilities p (k,), whose two highest are at `first_two`."""
        classes = self.names if self.classes is None else self.classes
        best, second = (most_probable(p[np.newaxis])[0] if first_two is None else first_two).tolist()
        highest = float(p[best])
        rival = Rival(classes[second], float(p[second])) if second != best else None
        return Answer(place, classes[best], highest, rival, highest >= self.threshold, doubts, probabilities=p)

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
        """(n,) the number of the most probable class; -1 of no answer, of real values, and of several digits."""
        one = self.answered & ~np.isnan(self.said).any(axis=1) & (self.classes is not None)
        return np.where(one, self._first_two[:, 0], -1)

    @cached_property
    def _first_two(self) -> np.ndarray:
        return most_probable(self.said)

    @property
    def unsure(self) -> np.ndarray:
        """(n,) which answers are less probable than the threshold; none of real values."""
        if self.classes is None:
            return np.zeros(len(self), bool)
        found = self.answered & (np.nan_to_num(self.said, nan=0).max(axis=1) < self.threshold)
        for k in self.digits:
            found[k] = not self[k].sure
        return found

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

    def write_csv(self, path: str | Path) -> None:
        """Write them into a CSV file: a table's own columns first, then what was predicted, and how surely."""
        write_csv(path, self, self.names, classes=self.classes is not None)

    def __str__(self) -> str:
        more = [f"... and {len(self) - SHOWN:,} more"] if len(self) > SHOWN else []
        return "\n".join([*map(str, self[:SHOWN]), *more, self.summary()])

    def __repr__(self) -> str:
        return str(self)


def most_probable(p: np.ndarray) -> np.ndarray:
    """(n, 2) of probabilities p (n, k) the numbers of the highest and of the second; the same, if there is no other."""
    return np.argsort(-p, axis=1, kind="stable")[:, [0, min(1, p.shape[1] - 1)]]
