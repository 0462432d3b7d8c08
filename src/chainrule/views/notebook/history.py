"""A training history as curves: the loss and, where there are classes, the accuracy, over the epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.views.curves import Curves
from chainrule.views.markup import element
from chainrule.views.notebook.style import output

if TYPE_CHECKING:
    from chainrule.tasks.fitting import History


def history_html(history: History) -> str:
    """Charts of the loss and of the accuracy, with the last numbers and the best."""
    n = len(history.epochs)
    title = element("div", f"Training history: {n:,} epoch{'' if n == 1 else 's'}", class_="title")
    if n == 0:
        return output(title, element("div", "No epoch was finished.", class_="note"))
    curves = Curves.of_history(history)
    charts = element("div", *curves.charts(), class_="panels")
    return output(title, element("div", _about(history, curves.best), class_="note"), charts)


def _about(history: History, best: str) -> str:
    """How long it took, why it ended, and when the network was at its best."""
    samples = sum(record.samples_per_second * record.seconds for record in history.epochs)
    parts = [f"{history.seconds:.3g} s of training"]
    if history.seconds > 0:
        parts.append(f"{samples / history.seconds:,.0f} samples a second")
    if history.reason != "done":
        parts.append(f"ended: {history.reason}")
    return " · ".join([*parts, *([best] if best else [])])
