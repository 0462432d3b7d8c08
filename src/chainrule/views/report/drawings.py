"""What matplotlib draws, as SVG inside the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from chainrule.tasks.classification import Calibration
from chainrule.views.figures import BLUE, GREY, VERMILION, Curves, panels, save
from chainrule.views.notebook.markup import Markup, element

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 1500  # of a scatter plot
STRAIGHT = {"color": GREY, "linestyle": (0, (4, 3)), "linewidth": 1.2}
NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))  # so that equal pictures are equal bytes


def drawing(name: str, title: str, count: int, draw: Callable[[list[Axes]], None]) -> Markup:
    """So many panels, drawn into by `draw`; `title` tells what they show to those who cannot see them."""
    file = BytesIO()
    with panels(count) as (figure, axes):
        draw(axes)
        width, height = (72 * inches for inches in figure.get_size_inches())
        save(figure, file, format="svg", transparent=True, metadata=NOTHING)
    svg = file.getvalue().decode()
    drawn = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    drawn = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", drawn, flags=re.DOTALL)  # it would style all the page
    drawn = re.sub(r'\bid="', f'id="{name}-', drawn)  # of several drawings in one page
    drawn = re.sub(r'\b(?:xlink:)?href="#', f'href="#{name}-', drawn).replace("url(#", f"url(#{name}-")
    label = element("title", title, id=f"{name}-title")
    shape = {"viewBox": f"0 0 {width:g} {height:g}", "aria_labelledby": f"{name}-title"}
    return element("svg", label, Markup(drawn), role="img", class_=f"panels-{count}", **shape)


def draw_curves(curves: Curves) -> Markup:
    """Loss and accuracy over the epochs."""
    title = "Loss, and accuracy if there are classes, after each epoch"
    return drawing("curves", title, 2 if curves.classified else 1, curves.draw)


def draw_calibration(seen: Calibration) -> Markup:
    """Accuracy against confidence, and how many samples there are of each."""

    def draw(axes: list[Axes]) -> None:
        reliability, histogram = axes
        there = np.isfinite(seen.accuracy + seen.confidence)
        confidence, accuracy = 100 * seen.confidence[there], 100 * seen.accuracy[there]
        bounds = abs(100 * seen.interval[:, there] - accuracy)
        reliability.plot([0, 100], [0, 100], **STRAIGHT, label="perfectly calibrated")
        reliability.errorbar(
            confidence, accuracy, bounds, fmt="o", color=BLUE, elinewidth=1.2, capsize=2.5,
            label="samples of like confidence,\n95 % interval",
        )  # fmt: skip
        reliability.set(xlim=(-2, 102), ylim=(-2, 102), xlabel="mean confidence (%)", ylabel="accuracy (%)")
        reliability.set_title(f"expected calibration error {100 * seen.expected_error:.2f} %")
        reliability.legend(loc="lower right")
        edges, mean = 100 * seen.edges, f"mean confidence {100 * seen.mean_confidence:.2f} %"
        histogram.bar(edges[:-1], seen.samples, np.diff(edges), align="edge", color=BLUE, edgecolor="white")
        histogram.set_yscale("log")
        histogram.set_ylim(bottom=0.7 * min(1, seen.samples[seen.samples > 0].min()))
        histogram.yaxis.set_major_formatter(lambda samples, _: f"{samples:,g}")
        histogram.set(xlim=(-2, 102), xlabel="confidence (%)", ylabel="samples", title=mean)

    return drawing("calibration-plot", "Reliability diagram, and histogram of the confidence", 2, draw)


def draw_residuals(y: np.ndarray, t: np.ndarray) -> Markup:
    """Predicted against true values, and the differences; of more than POINTS numbers evenly many."""
    y, t = (a.reshape(-1).astype(np.float64) for a in (y, t))
    y, t = y[np.isfinite(y)], t[np.isfinite(y)]
    some = np.linspace(0, len(y), min(len(y), POINTS), endpoint=False).astype(np.int64)

    def draw(axes: list[Axes]) -> None:
        values, residuals = axes
        if len(y):
            values.axline((t[0], t[0]), slope=1, **STRAIGHT, label="equal")
        values.plot(t[some], y[some], "o", color=BLUE, alpha=0.5, markersize=4, markeredgewidth=0, label="samples")
        values.set(xlabel="true value", ylabel="predicted value", title="predicted against true")
        values.legend(loc="upper left", frameon=True, framealpha=0.9, edgecolor="none")
        residuals.hist(y - t, bins=40, color=BLUE, edgecolor="white")
        residuals.axvline(0, color=VERMILION)
        residuals.set(xlabel="predicted less true", ylabel="values", title="residuals")

    return drawing("residuals-plot", "Predicted against true values, and histogram of the residuals", 2, draw)
