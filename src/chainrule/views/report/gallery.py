"""The worst mistakes as pictures, each with what the network took it for."""

from collections.abc import Sequence

import numpy as np

from chainrule.base.numbers import written
from chainrule.tasks.examination import Examination, Mistake
from chainrule.views.markup import Markup, element, joined
from chainrule.views.pictures import picture
from chainrule.views.report.document import Section, note, table, width

PROBABLE = 4  # classes whose probabilities are shown
SMALL = 56  # pixels of a picture in a table


def gallery(seen: Examination, names: Sequence[str], x: np.ndarray, most: int) -> Section:
    """A card for each mistake."""
    found, wrong = seen.mistakes(most), len(seen.wrong)
    if not found:
        return Section("mistakes", "The worst mistakes", note(f"None: all {seen.samples:,} samples are right."))
    of = f"All {wrong:,} mistakes" if len(found) == wrong > 1 else f"{len(found)} of {wrong:,} mistakes"
    first = "The only mistake." if wrong == 1 else f"{of}, those with the highest loss first."
    words = f"{first} Blue is the true class, vermilion what it was taken for."
    cards = [_card(mistake, seen.predictions[mistake.index], names, x) for mistake in found]
    return Section("mistakes", "The worst mistakes", joined([note(words), element("div", *cards, class_="gallery")]))


def largest_errors(seen: Examination, x: np.ndarray, most: int) -> Section:
    """A line for each of the samples that are farthest off."""
    heads, rows = ["sample", "true", "predicted", "loss"], []
    for mistake in seen.mistakes(most):
        cells = [f"{mistake.index}", _values(mistake.true), _values(mistake.predicted), f"{mistake.loss:.4g}"]
        rows.append([*cells, picture(x[mistake.index], f"sample {mistake.index}", SMALL)] if x.ndim == 4 else cells)
    content = table([*heads, "input"] if x.ndim == 4 else heads, rows, "The samples with the highest loss")
    return Section("mistakes", "The largest errors", content)


def _values(values: np.ndarray) -> str:
    """A picture of what is an image."""
    return picture(values, few(values), SMALL) if values.ndim == 3 else few(values, ".6g")


def _card(mistake: Mistake, p: np.ndarray, names: Sequence[str], x: np.ndarray) -> Markup:
    """The image, if it is one, and the probabilities p (k,)."""
    true, chosen = (str(names[k]) for k in (mistake.true, mistake.predicted))
    image = [picture(x[mistake.index], f"sample {mistake.index}, of class {true}")] if x.ndim == 4 else []
    title = element("div", element("b", true, class_="true"), " taken for ", element("b", chosen, class_="chosen"))
    kinds = {mistake.true: "true", mistake.predicted: "chosen"}
    bars = element(
        "div", *[_bar(names[k], p[k], kinds.get(k, "other")) for k in probable(p, mistake.true)], class_="bars"
    )
    detail = element("div", f"sample {mistake.index}, loss {mistake.loss:.2f}", class_="detail")
    return element("figure", *image, element("figcaption", title, bars, detail), class_="card")


def probable(p: np.ndarray, true: int, most: int = PROBABLE) -> list[int]:
    """The most probable of the classes, the true one among them."""
    order = [int(k) for k in np.argsort(-p, kind="stable")[:most]]
    return order if true in order else [*order[:-1], true]


def _bar(name: str, p: float, kind: str) -> Markup:
    filled = element("i", style=width(p), class_=kind)
    return joined([element("span", name), element("span", filled), element("span", f"{100 * p:.1f} %")])


def few(values: np.ndarray, form: str = ".4g") -> str:
    """The first few of a sample's values."""
    flat = np.reshape(values, -1)
    shown = ", ".join(written(value, form) for value in flat[:4])
    return f"{shown}, …" if len(flat) > 4 else shown
