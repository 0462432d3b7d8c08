"""How well each class is told from the others, how sure the network is, how far a regression's values are off."""

from collections.abc import Sequence

import numpy as np

from chainrule.tasks.classification import Calibration, Classification, count
from chainrule.tasks.examination import Examination
from chainrule.views.notebook.markup import Markup, element, joined
from chainrule.views.report.document import Section, note, percent, table, width
from chainrule.views.report.drawings import draw_calibration, draw_residuals

MOST_ROWS = 40  # classes that the table has a line for
HEADS = ("class", "precision", "recall", "F1", "samples", "missed", "false alarms", "")
WORDS = (
    "Precision: how much of what was taken for a class is of it. Recall: how much of what is of it was found. "
    "Blue is what was missed, vermilion are false alarms."
)


def per_class(seen: Classification) -> Section:
    """A line for each class, those found worst if there are too many, and the means."""
    order, words = np.arange(len(seen.names)), WORDS
    if len(order) > MOST_ROWS:
        order = np.argsort(seen.f1, kind="stable")[:MOST_ROWS]
        words += f" These are the {MOST_ROWS} of {len(seen.names):,} classes with the lowest F1."
    right = seen.confusion.diagonal()
    missed, alarms = seen.support - right, seen.chosen - right
    most = max(missed.max(), alarms.max())
    rows = []
    for c in order:
        scores = [percent(values[c]) for values in seen.scores.values()]
        counts = [count(n) for n in (seen.support[c], missed[c], alarms[c])]
        rows.append([seen.names[c], *scores, *counts, _bars([missed[c], alarms[c]], most)])
    means = [[f"{kind} mean", *map(percent, means.values()), *[""] * 4] for kind, means in seen.averages.items()]
    return Section(
        "classes", "Class by class", joined([note(words), table(HEADS, rows, "Each class's scores", foot=means)])
    )


def _bars(samples: Sequence[float], most: float) -> Markup:
    """One below the other."""
    return element("div", *[element("i", style=width(n / most if most else 0)) for n in samples], class_="pair")


def calibration(seen: Calibration) -> Section:
    """The reliability diagram."""
    words = (
        "How sure the network is, against how often it is right. Below the dashed line it is too sure of itself; the "
        "calibration error is the mean distance from it, each sample counted."
    )
    return Section("calibration", "Calibration", joined([note(words), element("figure", draw_calibration(seen))]))


def residuals(seen: Examination) -> Section | None:
    """Predicted values against true ones."""
    if seen.regression is None:
        return None
    drawn = draw_residuals(seen.predictions, seen.t)
    return Section("residuals", "Predicted and true values", element("figure", drawn))
