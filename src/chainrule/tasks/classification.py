"""How a classifier errs, from its probabilities p (n, k), the classes it chose and the true ones t, both (n,).

    confusion[a, b] = samples of class a that were taken for b
    precision[c]    = confusion[c, c] / sum over a of confusion[a, c]     of what was taken for c, how much is c
    recall[c]       = confusion[c, c] / sum over b of confusion[c, b]     of what is c, how much was found
    F1[c]           = 2 confusion[c, c] / (both sums together)            their harmonic mean

    confidence      = the probability of the class that was chosen
    expected calibration error = sum over bins of confidence of (part of the samples) |accuracy - mean confidence|

A sample counts as much as its weight, if it has one. 0 / 0 is NaN: nothing was taken for c, or nothing is c; so is the
mean over no classes, or over classes of no samples.
The calibration error and its 15 bins are those of C. Guo et al., On Calibration of Modern Neural Networks (2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.base.numbers import written

BINS = 15
Z = 1.959964  # of a normal distribution's values, 95 % lie within +-Z standard deviations


@dataclass(frozen=True, eq=False)
class Calibration:
    """Whether what is said with a confidence of 90 % is right in 90 % of all cases. (bins,) each, NaN in empty bins."""

    edges: np.ndarray  # (bins + 1,) of confidence; a bin holds its upper edge
    samples: np.ndarray  # in each bin (the sum of their weights)
    confidence: np.ndarray  # mean
    accuracy: np.ndarray
    interval: np.ndarray  # (2, bins) 95 % confidence interval of the accuracy, by E. Wilson (1927)

    def __repr__(self) -> str:
        error, confidence = written(self.expected_error, ".2%"), written(self.mean_confidence, ".2%")
        return f"<Calibration of {count(self.samples.sum())} samples: error {error}, mean confidence {confidence}>"

    @classmethod
    def of(
        cls, confidence: np.ndarray, right: np.ndarray, weight: np.ndarray | None = None, bins: int = BINS
    ) -> Calibration:
        """From the confidence (n,) and whether it was right (n,), of each sample."""
        weight = np.ones(len(right)) if weight is None else weight
        edges = np.linspace(0, 1, bins + 1)
        which = np.searchsorted(edges[1:-1], confidence)

        def total(values: np.ndarray) -> np.ndarray:
            return np.bincount(which, values, bins)

        samples = total(weight)
        accuracy = ratio(total(weight * right), samples)
        effective = ratio(samples**2, total(weight**2))  # as many samples of equal weight tell as much
        mean = ratio(total(weight * confidence.astype(np.float64)), samples)
        return cls(edges, samples, mean, accuracy, wilson(accuracy, effective))

    @property
    def expected_error(self) -> float:
        return mean(abs(self.accuracy - self.confidence), self.samples)

    @property
    def mean_confidence(self) -> float:
        return mean(self.confidence, self.samples)


@dataclass(frozen=True, eq=False)
class Classification:
    """A confusion matrix (k, k), and what follows from it; the calibration."""

    names: tuple[str, ...]  # (k,) of the classes
    confusion: np.ndarray  # [true, chosen]; whole numbers where samples have no weights
    calibration: Calibration

    def __repr__(self) -> str:
        """`print` shows a line for each class."""
        accuracy, f1 = (written(part, ".2%") for part in (self.accuracy, self.averages["macro"]["f1"]))
        samples = f"{count(self.confusion.sum())} samples of {len(self.names):,} classes"
        return f"<Classification of {samples}: accuracy {accuracy}, mean F1 {f1}>"

    @classmethod
    def of(
        cls,
        p: np.ndarray,
        chosen: np.ndarray,
        t: np.ndarray,
        weight: np.ndarray | None = None,
        *,
        names: Sequence[str] | None = None,
    ) -> Classification:
        """UsageError unless there are k names (default: the classes' numbers)."""
        k = p.shape[1]
        names = tuple(map(str, range(k) if names is None else names))
        if len(names) != k:
            raise UsageError(f"{len(names)} names for {k} classes; expected one for each")
        pairs = np.bincount(t * k + chosen, weight, k * k).reshape(k, k)
        confidence = np.take_along_axis(p, chosen[:, None], axis=1)[:, 0]
        return cls(names, pairs, Calibration.of(confidence, chosen == t, weight))

    @cached_property
    def support(self) -> np.ndarray:
        """(k,) samples of each class."""
        return self.confusion.sum(axis=1)

    @cached_property
    def chosen(self) -> np.ndarray:
        """(k,) samples taken for each class."""
        return self.confusion.sum(axis=0)

    @cached_property
    def precision(self) -> np.ndarray:
        return ratio(self.confusion.diagonal(), self.chosen)

    @cached_property
    def recall(self) -> np.ndarray:
        return ratio(self.confusion.diagonal(), self.support)

    @cached_property
    def f1(self) -> np.ndarray:
        return ratio(2 * self.confusion.diagonal(), self.chosen + self.support)

    @property
    def scores(self) -> dict[str, np.ndarray]:
        """(k,) each, by name."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}

    @property
    def accuracy(self) -> float:
        return float(ratio(self.confusion.trace(), self.confusion.sum()))

    @property
    def averages(self) -> dict[str, dict[str, float]]:
        """Each score's mean: macro, over the classes in which it is a number; weighted, over the samples of these."""
        weights = {"macro": np.ones(len(self.names)), "weighted": self.support}
        return {
            kind: {name: mean(values, weight) for name, values in self.scores.items()}
            for kind, weight in weights.items()
        }

    def most_confused(self, most: int) -> list[tuple[int, int, float]]:
        """(true class, the one it was taken for, samples): the commonest confusions first."""
        wrong = np.where(np.eye(len(self.names), dtype=bool), 0, self.confusion).reshape(-1)
        order = np.argsort(-wrong, kind="stable")[:most]
        return [(*divmod(int(k), len(self.names)), wrong[k].item()) for k in order if wrong[k] > 0]

    def rows(self) -> list[dict[str, Any]]:
        """The scores of each class."""
        columns = {"class": self.names, **self.scores, "support": self.support}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def values(self) -> dict[str, Any]:
        """All of it, by name."""
        seen = self.calibration
        errors = {"expected_error": seen.expected_error, "mean_confidence": seen.mean_confidence}
        return {
            "classes": self.names,
            "per_class": self.rows(),
            "averages": self.averages,
            "confusion": self.confusion,
            "calibration": {**errors, **vars(seen)},
        }

    def __str__(self) -> str:
        """A line for each class, and the means over them."""
        lines = [["class", *self.scores, "support"]]
        lines += [[name, *map(_four, scores), count(n)] for name, *scores, n in map(dict.values, self.rows())]
        for kind, means in self.averages.items():
            lines.append([f"{kind} mean", *map(_four, means.values()), count(self.support.sum())])
        first, *widths = (max(map(len, column)) for column in zip(*lines, strict=True))
        return "\n".join(
            "  ".join([f"{name:<{first}}", *(f"{cell:>{n}}" for cell, n in zip(cells, widths, strict=True))])
            for name, *cells in lines
        )


def count(samples: float) -> str:
    """How many samples there are; of those with weights, the sum of these."""
    return f"{samples:,.6g}" if isinstance(samples, float) else f"{samples:,}"


def _four(score: float) -> str:
    return written(score, ".4f")


def mean(values: np.ndarray, weights: np.ndarray) -> float:
    """Over those of the values (n,) that are numbers; NaN where these weigh nothing together."""
    there = np.isfinite(values)
    return float(ratio(values[there] @ weights[there], weights[there].sum()))


def ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b in float64; NaN where b is 0."""
    return np.divide(a, b, out=np.full(np.shape(a), np.nan), where=np.asarray(b) != 0)


def wilson(part: np.ndarray, n: np.ndarray) -> np.ndarray:
    """(2, ...) between what and what the probability of an event lies, with 95 % confidence, if it came in `part` of n
    trials."""
    middle = (part + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(part * (1 - part) / n + Z**2 / (4 * n**2))
    return np.stack([middle - half, middle + half])
