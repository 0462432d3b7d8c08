"""The course of a training: what its loss and accuracy were after each epoch, and the charts of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chainrule.views.axes import Axis, value_axis, whole_axis
from chainrule.views.charts import ACROSS, DASHES, UP, Chart, Look
from chainrule.views.colours import BLUE, VERMILION
from chainrule.views.markup import Markup

if TYPE_CHECKING:
    from chainrule.tasks.fitting import History

LOSS, ACCURACY = "mean loss of a sample", "accuracy (%)"  # what is measured
TRAINING, OTHER = Look("training", BLUE), Look("", VERMILION, DASHES)


@dataclass(frozen=True, eq=False)
class Curves:
    """What a run looked like, epoch by epoch: (n,) each, n > 0, NaN where nothing was measured."""

    epochs: np.ndarray  # from 1
    loss: np.ndarray  # in training
    other: np.ndarray | None  # loss on data that are not trained on; None: there are none
    accuracy: np.ndarray | None  # of the same, in percent; None: there are no classes
    measured_on: str = "held-out"  # or "test"

    @classmethod
    def of(cls, rows: Iterable[Sequence[float | None]], measured_on: str = "held-out") -> Curves:
        """From (epoch, loss, other loss, other accuracy from 0 to 1) of each epoch; the last two may be None."""
        columns = list(zip(*rows, strict=True))
        epochs, loss, other, accuracy = np.array(columns, np.float64)
        known = [any(value is not None for value in column) for column in columns]
        return cls(epochs, loss, other if known[2] else None, 100 * accuracy if known[3] else None, measured_on)

    @classmethod
    def of_history(cls, history: History, measured_on: str = "held-out") -> Curves:
        """From what a training returns."""
        seen = [(each.epoch, each.loss, each.validation) for each in history.epochs]
        return cls.of([(k, loss, last and last.loss, last and last.accuracy) for k, loss, last in seen], measured_on)

    @property
    def best(self) -> str:
        """When the network was at its best on data that it is not trained on; "" if that is not known."""
        if self.accuracy is not None and not np.isnan(self.accuracy).all():
            k = int(np.nanargmax(self.accuracy))
            return f"best {self.measured_on} accuracy {self.accuracy[k]:.2f} %, after epoch {self.epochs[k]:.0f}"
        if self.other is not None and not np.isnan(self.other).all():
            k = int(np.nanargmin(self.other))
            return f"lowest {self.measured_on} loss {self.other[k]:.4g}, after epoch {self.epochs[k]:.0f}"
        return ""

    @property
    def name(self) -> str:
        """Of the curve that is not training."""
        return self.measured_on.replace("-", " ")

    def charts(self) -> list[Markup]:
        """The loss and, where there are classes, the accuracy, for a page."""
        look = OTHER._replace(name=self.name)
        losses = [(TRAINING, self.loss)] + ([] if self.other is None else [(look, self.other)])
        up = value_axis(np.concatenate([values for _, values in losses]), *UP, zero=True)
        charts = [self._chart(up, LOSS, losses)]
        if self.accuracy is not None:
            up = value_axis(self.accuracy, *UP, most=100)
            charts.append(self._chart(up, ACCURACY, [(look, self.accuracy)]))
        return charts

    def _chart(self, up: Axis, y_name: str, lines: list[tuple[Look, np.ndarray]]) -> Markup:
        chart = Chart(whole_axis(self.epochs, *ACROSS), up, "epoch", y_name)
        marks = [mark for look, values in lines for mark in chart.line(self.epochs, values, look)]
        return chart.svg(marks, [look._replace(name=f"{look.name}: {values[-1]:.4g}") for look, values in lines])
