"""How far a network can be relied on: whether it is as sure of classes as it may be, how far its values are off."""

import numpy as np

from chainrule.tasks.classification import Calibration
from chainrule.tasks.examination import Examination
from chainrule.views.axes import count_axis, drawable, value_axis
from chainrule.views.charts import ACROSS, UP, Chart, Look
from chainrule.views.colours import BLUE, GREY, VERMILION
from chainrule.views.markup import Markup, joined
from chainrule.views.report.document import Section, charts, note, percent

PERCENT = np.array([0.0, 100.0])
POINTS = 1500  # of a scatter plot
BINS = 40  # of a histogram


def calibration(seen: Calibration) -> Section:
    """The reliability diagram, and how many samples there are of each confidence."""
    words = (
        "How sure the network is, against how often it is right. Below the dashed line it is too sure of itself; the "
        "calibration error is the mean distance from it, each sample counted."
    )
    numbers = (
        f"Expected calibration error {percent(seen.expected_error)}, mean confidence {percent(seen.mean_confidence)}."
    )
    drawn = charts(_reliability(seen), _confidence(seen), caption=numbers)
    return Section("calibration", "Calibration", joined([note(words), drawn]))


def _reliability(seen: Calibration) -> Markup:
    there = np.isfinite(seen.accuracy + seen.confidence)
    confidence, accuracy = 100 * seen.confidence[there], 100 * seen.accuracy[there]
    axes = value_axis(PERCENT, *ACROSS), value_axis(PERCENT, *UP)
    chart = Chart(*axes, "mean confidence (%)", "accuracy (%)")
    ideal, measured = Look("perfectly calibrated", GREY, "4 3"), Look("accuracy, 95 % interval", BLUE)
    low, high = 100 * seen.interval[:, there]
    marks = [chart.rule((0, 0), (100, 100), ideal), chart.ranges(confidence, low, high, measured)]
    return chart.svg([*marks, *chart.points(confidence, accuracy, measured)], [ideal, measured])


def _confidence(seen: Calibration) -> Markup:
    axes = value_axis(PERCENT, *ACROSS), count_axis(seen.samples, *UP)
    chart = Chart(*axes, "confidence (%)", "samples")
    return chart.svg(chart.bars(100 * seen.edges, seen.samples, Look("samples", BLUE)))


def residuals(seen: Examination) -> Section | None:
    """Predicted values against true ones, and the differences; of more than POINTS numbers evenly many."""
    if seen.regression is None:
        return None
    y, t = (a.reshape(-1).astype(np.float64) for a in (seen.predictions, seen.t))
    y, t = y[drawable(y)], t[drawable(y)]
    some = np.linspace(0, len(y), min(len(y), POINTS), endpoint=False).astype(np.int64)
    return Section("residuals", "Predicted and true values", charts(_scatter(y[some], t[some]), _differences(y - t)))


def _scatter(y: np.ndarray, t: np.ndarray) -> Markup:
    across, up = value_axis(t, *ACROSS), value_axis(y, *UP)
    chart, equal, samples = (
        Chart(across, up, "true value", "predicted value"),
        Look("equal", GREY, "4 3"),
        Look("samples", BLUE),
    )
    low, high = max(across.low, up.low), min(across.high, up.high)
    marks = [chart.rule((low, low), (high, high), equal)] if low < high else []
    return chart.svg([chart.cloud(t, y, samples), *marks], [equal, samples])


def _differences(residuals: np.ndarray) -> Markup:
    across = value_axis(residuals, *ACROSS)
    edges = np.linspace(across.low, across.high, BINS + 1)
    counts = np.histogram(residuals, edges)[0]
    chart = Chart(across, value_axis(counts, *UP, zero=True), "predicted less true", "values")
    zero = [chart.rule((0, 0), (0, chart.up.high), Look("equal", VERMILION))] if across.low <= 0 <= across.high else []
    return chart.svg([*chart.bars(edges, counts, Look("values", BLUE)), *zero])
