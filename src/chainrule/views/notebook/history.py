"""A training history as curves: the loss and, where there are classes, the accuracy, over the epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chainrule.views.notebook.colours import BLUE, VERMILION
from chainrule.views.notebook.curves import Curve, chart
from chainrule.views.notebook.markup import Markup, element, output

if TYPE_CHECKING:
    from chainrule.tasks.fitting import EpochRecord, History

DASHES = "6 3"  # of what is held out


def history_html(history: History) -> str:
    """Charts of the loss and of the accuracy, with the last numbers and the best."""
    n = len(history.epochs)
    title = element("div", f"Training history: {n:,} epoch{'' if n == 1 else 's'}", class_="title")
    if n == 0:
        return output(title, element("div", "No epoch was finished.", class_="note"))
    charts = element("div", *_charts(history.epochs), class_="panels")
    return output(title, element("div", _about(history), class_="note"), charts)


def _charts(records: list[EpochRecord]) -> list[Markup]:
    epochs = np.array([record.epoch for record in records])
    loss = [Curve("training", np.array([record.loss for record in records]), BLUE)]
    if any(record.validation for record in records):
        loss.append(Curve("held out", _held_out(records), VERMILION, DASHES))
    charts = [chart(epochs, loss, "mean loss of a sample", zero=True)]
    accuracy = _accuracy(records)
    if not np.isnan(accuracy).all():
        curve = Curve("held out", accuracy, VERMILION, DASHES)
        charts.append(chart(epochs, [curve], "accuracy (%)", zero=False, most=100))
    return charts


def _held_out(records: list[EpochRecord]) -> np.ndarray:
    """(epochs,) the loss on held-out data; NaN where there is none."""
    return np.array([record.validation.loss if record.validation else np.nan for record in records])


def _accuracy(records: list[EpochRecord]) -> np.ndarray:
    """(epochs,) in percent, on held-out data; NaN where there is none."""
    seen = [record.validation for record in records]
    return np.array([np.nan if v is None or v.accuracy is None else 100 * v.accuracy for v in seen])


def _about(history: History) -> str:
    """How long it took, why it ended, and when the network was at its best."""
    records, held_out, accuracy = history.epochs, _held_out(history.epochs), _accuracy(history.epochs)
    samples = sum(record.samples_per_second * record.seconds for record in records)
    parts = [f"{history.seconds:.3g} s of training"]
    if history.seconds > 0:
        parts.append(f"{samples / history.seconds:,.0f} samples a second")
    if history.reason != "done":
        parts.append(f"ended: {history.reason}")
    if not np.isnan(accuracy).all():
        best = int(np.nanargmax(accuracy))
        parts.append(f"best held-out accuracy {accuracy[best]:.2f} %, after epoch {records[best].epoch}")
    elif not np.isnan(held_out).all():
        best = int(np.nanargmin(held_out))
        parts.append(f"lowest held-out loss {held_out[best]:.4g}, after epoch {records[best].epoch}")
    return " · ".join(parts)
