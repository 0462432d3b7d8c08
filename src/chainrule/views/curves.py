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
TRAINING, HELD_OUT = Look("training", BLUE), Look("held out", VERMILION, DASHES)


@dataclass(frozen=True, eq=False)
class Curves:
    """What a run looked like, epoch by epoch: (n,) each, n > 0, NaN where nothing was measured."""

    epochs: np.ndarray  # from 1
    loss: np.ndarray  # in training
    held_out: np.ndarray | None  # loss; None: nothing was held out
    accuracy: np.ndarray | None  # held out, in percent; None: there are no classes

    @classmethod
    def of(cls, rows: Iterable[Sequence[float | None]]) -> Curves:
        """From (epoch, loss, held-out loss, held-out accuracy from 0 to 1) of each epoch; the last two may be None."""
        columns = list(zip(*rows, strict=True))
        epochs, loss, held_out, accuracy = np.array(columns, np.float64)
        known = [any(value is not None for value in column) for column in columns]
        return cls(epochs, loss, held_out if known[2] else None, 100 * accuracy if known[3] else None)

    @classmethod
    def of_history(cls, history: History) -> Curves:
        """From what a training returns."""
        seen = [(each.epoch, each.loss, each.validation) for each in history.epochs]
        return cls.of([(k, loss, last and last.loss, last and last.accuracy) for k, loss, last in seen])

    @property
    def best(self) -> str:
        """When the network was at its best on what was held out; "" if that is not known."""
        if self.accuracy is not None and not np.isnan(self.accuracy).all():
            k = int(np.nanargmax(self.accuracy))
            return f"best held-out accuracy {self.accuracy[k]:.2f} %, after epoch {self.epochs[k]:.0f}"
        if self.held_out is not None and not np.isnan(self.held_out).all():
            k = int(np.nanargmin(self.held_out))
            return f"lowest held-out loss {self.held_out[k]:.4g}, after epoch {self.epochs[k]:.0f}"
        return ""

    def charts(self) -> list[Markup]:
        """The loss and, where there are classes, the accuracy, for a page."""
        losses = [(TRAINING, self.loss)] + ([] if self.held_out is None else [(HELD_OUT, self.held_out)])
        up = value_axis(np.concatenate([values for _, values in losses]), *UP, zero=True)
        charts = [self._chart(up, LOSS, losses)]
        if self.accuracy is not None:
            up = value_axis(self.accuracy, *UP, most=100)
            charts.append(self._chart(up, ACCURACY, [(HELD_OUT, self.accuracy)]))
        return charts

    def _chart(self, up: Axis, y_name: str, lines: list[tuple[Look, np.ndarray]]) -> Markup:
        chart = Chart(whole_axis(self.epochs, *ACROSS), up, "epoch", y_name)
        marks = [mark for look, values in lines for mark in chart.line(self.epochs, values, look)]
        return chart.svg(marks, [look._replace(name=f"{look.name}: {values[-1]:.4g}") for look, values in lines])
