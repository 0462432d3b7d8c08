"""A close look at how well a network does: `evaluate` and more, what it gets wrong, how, and how sure it is of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.errors import DataError
from chainrule.base.numbers import written
from chainrule.base.showing import brief, short
from chainrule.data.dataset import Dataset, check_weighs
from chainrule.data.names import given_names
from chainrule.engine import DEFAULT_ENGINE
from chainrule.losses.loss import Loss, RealLoss
from chainrule.network.network import Network
from chainrule.tasks.calibration import class_probabilities
from chainrule.tasks.classification import Classification, ratio
from chainrule.tasks.copies import COPIES, of_copies
from chainrule.tasks.evaluation import Evaluation, of_values, variance_of
from chainrule.tasks.prediction import Predictor
from chainrule.tasks.shared_outputs import shared_outputs
from chainrule.training.augment import Augment


@dataclass(frozen=True, eq=False)
class Regression:
    """How far a regression's values are from the true ones: (k,) each, for k outputs."""

    rmse: np.ndarray  # root of the mean squared error
    mae: np.ndarray  # mean absolute error
    r2: np.ndarray  # 1 - squared error / squared distance of t from its mean; NaN where t is constant

    __repr__ = brief

    @classmethod
    def of(cls, y: np.ndarray, t: np.ndarray, weight: np.ndarray | None = None) -> Regression:
        """From y and t, (n, ...) of as many numbers."""
        y, t = (a.reshape(len(a), -1).astype(np.float64) for a in (y, t))
        squared, spread = np.average((y - t) ** 2, axis=0, weights=weight), variance_of(t, weight)
        return cls(np.sqrt(squared), np.average(abs(y - t), axis=0, weights=weight), 1 - ratio(squared, spread))


@dataclass(frozen=True, eq=False)
class Mistake:
    """A sample that the network got wrong."""

    index: int  # in the data
    true: Any  # the class's number, or the values of a regression
    predicted: Any
    loss: float
    probabilities: np.ndarray | None = None  # (k,) of all classes

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class Examination:
    """What a network said of `samples`, and how well it did; print it to see that."""

    loss: float  # the mean (weighted, if the data have weights)
    t: np.ndarray  # (n, ...) true values
    predictions: np.ndarray  # (n, k) probabilities of the classes, or (n, ...) values
    losses: np.ndarray  # (n,) err(y, t) of each sample
    chosen: np.ndarray | None = None  # (n,) classes; None where the loss has none
    classification: Classification | None = None
    regression: Regression | None = None

    def __repr__(self) -> str:
        """`print` shows more of it."""
        parts = [f"loss {self.loss:.4g}"]
        if self.classification is not None:
            parts = [f"accuracy {written(self.accuracy, '.2%')}, {len(self.wrong):,} wrong", *parts]
        if self.regression is not None:
            parts.append(f"R2 {_few(self.regression.r2)}, rms error {_few(self.regression.rmse)}")
        return f"<Examination of {self.samples:,} samples: {', '.join(parts)}>"

    @property
    def samples(self) -> int:
        return len(self.t)

    @property
    def accuracy(self) -> float | None:
        return self.classification and self.classification.accuracy

    @property
    def evaluation(self) -> Evaluation:
        """The short of it."""
        if self.regression is None:
            return Evaluation(self.loss, self.accuracy, self.samples)
        return of_values(self.loss, self.regression.rmse, self.regression.r2, self.samples)

    @property
    def wrong(self) -> np.ndarray:
        """Which samples' classes are wrong; of a regression, all."""
        return np.arange(self.samples) if self.chosen is None else np.flatnonzero(self.chosen != self.t)

    def mistakes(self, most: int) -> list[Mistake]:
        """Of the wrong ones those with the highest loss, the highest first."""
        order = np.argsort(-self.losses[self.wrong], kind="stable")[:most]
        return [self._mistake(int(k)) for k in self.wrong[order]]

    def _mistake(self, k: int) -> Mistake:
        loss = float(self.losses[k])
        if self.chosen is None:
            return Mistake(k, self.t[k], self.predictions[k], loss)
        return Mistake(k, int(self.t[k]), int(self.chosen[k]), loss, self.predictions[k])

    def values(self, mistakes: int = 0) -> dict[str, Any]:
        """All of it, as plain data for JSON; what is not a finite number is None."""
        values: dict[str, Any] = {"accuracy": self.accuracy, "loss": self.loss, "samples": self.samples}
        if self.classification is not None:
            values |= {"wrong": len(self.wrong), **self.classification.values()}
        if self.regression is not None:
            values["regression"] = vars(self.regression)
        return plain(values | {"mistakes": [vars(mistake) for mistake in self.mistakes(mistakes)]})

    def __str__(self) -> str:
        """The loss; the accuracy, with a line for each class, or the errors of a regression."""
        lines = [f"loss {self.loss:.4g}, the mean over {self.samples:,} samples"]
        if (seen := self.classification) is not None:
            wrong = f"{len(self.wrong):,} of {self.samples:,} samples are wrong"
            lines.insert(0, f"accuracy {written(seen.accuracy, '.2%')}, {wrong}")
            lines.append(f"expected calibration error {written(seen.calibration.expected_error, '.2%')}")
            lines += ["", str(seen)]
        if self.regression is not None:
            for name, values in vars(self.regression).items():
                lines.append(f"{name} {', '.join(written(value, '.4g') for value in values)}")
        return "\n".join(lines)


def examine(
    network: Network,
    data: Dataset,
    engine: str = DEFAULT_ENGINE,
    *,
    classes: Sequence[str] | None = None,
    batch_size: int = 256,
    threads: int | None = None,
    augmentation: Augment | None = None,
    copies: int = COPIES,
) -> Examination:
    """What the network says of the data, and how well that meets their true values.

    `classes` are the classes' names (default: the data's, or their numbers); batches bound the memory, in which only
    the predictions of all samples are kept; `augmentation` and `copies` are those of `evaluate`. Raises DataError for
    data that do not fit, UsageError for wrong names.
    """
    of_kind("the network", network, Network, "a Network")
    of_kind("the data", data, Dataset, "Dataset(x, t)")
    classes = given_names("classes", classes)
    if len(data) == 0:
        raise DataError("there is no data to examine the network on; expected at least one sample")
    data = network.reading.data(data)
    loss, weight = network.loss, data.sample_weight
    loss.check_targets(data.t, network.output_shape)
    check_weighs(weight)
    predictor = Predictor(network, engine, threads, batch_size)
    answer, x = of_copies(predictor.outputs, augmentation, copies), network.check_shape(data.x)
    parts = shared_outputs(network, len(x), batch_size, lambda k: answer(x[k], k.start))
    y = np.concatenate([y for _, y in parts])
    losses = loss.error(y.astype(np.float64), data.t)
    mean, said, chosen = mean_error(loss, losses, data), loss.prediction(y), network.classes_of(y, data.t)
    if chosen is None:
        regression = Regression.of(said, data.t, weight) if isinstance(loss, RealLoss) else None
        return Examination(mean, data.t.reshape(said.shape), said, losses, regression=regression)
    p = class_probabilities(said.reshape(len(said), -1), loss)
    t = data.t.reshape(-1).astype(np.int64)
    seen = Classification.of(p, chosen, t, weight, names=data.classes if classes is None else classes)
    return Examination(mean, t, p, losses, chosen, seen)


def mean_error(loss: Loss, losses: np.ndarray, data: Dataset) -> float:
    """Of the errors (n,) of the data: by the samples' weights, and what their classes count."""
    weight, counts = data.sample_weight, loss.counts(data.t)
    if counts is None:
        return float(np.average(losses, weights=weight))
    weight = np.ones(len(losses)) if weight is None else weight
    return float(losses @ weight / (counts @ weight))


def plain(value: Any) -> Any:
    """Arrays as lists, and None for numbers that JSON cannot hold: NaN and the infinities."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _few(values: np.ndarray) -> str:
    """Of a single output its number, of several as much as is short."""
    return written(values[0], ".4g") if len(values) == 1 else short(values)
