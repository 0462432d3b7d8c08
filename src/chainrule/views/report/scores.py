"""How well each class is told from the others."""

from collections.abc import Sequence

import numpy as np

from chainrule.tasks.classification import Classification, count
from chainrule.views.markup import Markup, element, joined
from chainrule.views.report.document import Section, note, percent, table, width

MOST_ROWS = 40  # classes that the table has a line for
HEADS = ("class", "precision", "recall", "F1", "samples", "missed", "false alarms", "both")
WORDS = (
    "Precision: of the samples taken for a class, the part that is of it. Recall: of its samples, the part found. "
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
