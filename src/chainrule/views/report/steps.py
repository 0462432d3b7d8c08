"""The loss of each update of a run, as a chart."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.views.axes import drawable, value_axis, whole_axis
from chainrule.views.charts import ACROSS, UP, Chart, Look
from chainrule.views.colours import BLUE, GREY
from chainrule.views.markup import Markup

WINDOWS = 30
"""So many means of neighbours, side by side, make up the course of a run."""
FEW = 3 * WINDOWS
"""Points of which each is seen by itself."""
NAME = "loss of a batch"


def step_chart(lines: Sequence[Mapping[str, Any]]) -> list[Markup]:
    """Of the lines of a losses.jsonl; none of a run that kept none."""
    x, y = points(lines)
    if len(x) < 2 or not drawable(y).any():
        return []
    chart = Chart(whole_axis(x, *ACROSS), value_axis(y, *UP, zero=True), "updates made", NAME)
    each = max(line["each"] for line in lines)
    name = "each update" if each == 1 else f"means of {each:,}"
    if len(x) < FEW:
        look = Look(name, BLUE)
        return [chart.svg(chart.line(x, y, look), [look])]
    raw, mean, window = Look(name, GREY, width=0.8), Look("moving mean", BLUE), -(-len(y) // WINDOWS)
    marks = [*chart.line(x, y, raw), *chart.line(x, moving_mean(y, window), mean)]
    return [chart.svg(marks, [raw, mean])]


def points(lines: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) how many updates were made, in the middle of those that a number is the mean of, and (n,) the numbers."""
    x = [line["first"] + (k + 0.5) * line["each"] - 0.5 for line in lines for k in range(len(line["losses"]))]
    y = [np.nan if loss is None else loss for line in lines for loss in line["losses"]]
    return np.array(x, np.float64), np.array(y, np.float64)


def moving_mean(y: np.ndarray, window: int) -> np.ndarray:
    """Of the drawable ones among so many neighbours on both sides together, fewer at the ends; (n,), as y."""
    there, ones = drawable(y), np.ones(min(window, len(y)))
    sums, counts = (np.convolve(a, ones, "same") for a in (np.where(there, y, 0.0), there.astype(np.float64)))
    return np.divide(sums, counts, out=np.full(len(y), np.nan), where=counts > 0.5)
