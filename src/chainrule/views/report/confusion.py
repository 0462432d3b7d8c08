"""Which classes are taken for which: the confusion matrix."""

import numpy as np

from chainrule.tasks.classification import Classification, count
from chainrule.views.colours import BLUE, PAPER, VERMILION, Scale
from chainrule.views.markup import Markup, element, joined
from chainrule.views.pictures import inline, resized
from chainrule.views.report.document import Section, figure, note, scrolled, table

MANY = 25  # classes: beyond, the matrix is drawn as a picture
SIDE = 500  # of that picture
PAIRS = 12  # of classes that are named
RIGHT, RAREST, COMMONEST = 0.4, 0.08, 0.6  # how strong the colours of a recall of 1 and of confusions are


def confusion(seen: Classification) -> Section:
    """The matrix, and which pairs of classes are confused most often."""
    pairs = [(seen.names[true], seen.names[chosen], count(n)) for true, chosen, n in seen.most_confused(PAIRS)]
    commonest = table(("true", "taken for", "samples"), pairs, "The commonest confusions", numbers_from=2)
    matrix = _matrix(seen) if len(seen.names) <= MANY else _drawn(seen)
    words = "A row for each true class, a column for each that was chosen. Blue is right, vermilion is wrong."
    content = element("div", matrix, *([commonest] if pairs else []), class_="beside")
    return Section("confusion", "Confusion matrix", joined([note(words), content]))


def _matrix(seen: Classification) -> Markup:
    """A table."""
    corner = element("th", "true \\ chosen", scope="col", class_="corner")
    heads = [element("th", name, scope="col") for name in seen.names]
    rows = []
    for true, (name, samples, strengths) in enumerate(zip(seen.names, seen.confusion, _strengths(seen), strict=True)):
        colours = [BLUE if chosen == true else VERMILION for chosen in range(len(samples))]
        cells = [_cell(*cell) for cell in zip(samples, colours, strengths, strict=True)]
        rows.append(element("tr", element("th", name, scope="row"), *cells))
    caption = "Samples of each true class by the class that was chosen"
    head, body = element("thead", element("tr", corner, *heads)), element("tbody", *rows)
    return scrolled(element("table", element("caption", caption), head, body, class_="matrix"), caption)


def _cell(samples: float, colour: str, strength: float) -> Markup:
    if not samples:
        return element("td", "·", class_="none")
    return element("td", count(samples), style=f"background:{colour}{round(255 * strength):02x}")  # and its opacity


def _drawn(seen: Classification) -> Markup:
    """A picture with a pixel for each pair of classes."""
    k = len(seen.names)
    signed = np.where(np.eye(k, dtype=bool), -1, 1) * np.where(seen.confusion > 0, _strengths(seen), 0)
    image = PAPER.palette[Scale(PAPER, -1, 1).levels(signed), :3]
    picture = inline(resized(image, SIDE), f"The confusion matrix of {k} classes")
    drawn = element("div", picture, class_="framed")
    return figure(drawn, f"{k} × {k} classes, in their order")


def _strengths(seen: Classification) -> np.ndarray:
    """(k, k) of the cells' colours: on the diagonal as the recall, elsewhere as the square root of the samples."""
    wrong = np.where(np.eye(len(seen.names), dtype=bool), 0, seen.confusion)
    most = wrong.max()
    strengths = RAREST + (COMMONEST - RAREST) * np.sqrt(wrong / most if most else wrong)
    np.fill_diagonal(strengths, RIGHT * np.nan_to_num(seen.recall))
    return strengths
