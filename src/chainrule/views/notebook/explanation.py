"""An explanation as a table: the formula, a row for each of the largest terms, and what the others come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.views.markup import Markup, element
from chainrule.views.notebook.style import output

if TYPE_CHECKING:
    from chainrule.explanation.explanation import Explanation
    from chainrule.explanation.terms import Factor, Term

MOST = 20
"""Terms that have a row."""


def explanation_html(found: Explanation) -> str:
    """The MOST largest terms, each factor with the unit that it is; below them the sum, and the value."""
    order = found.terms.by_size()
    rows = [_row(found.terms[k]) for k in order[:MOST].tolist()]
    rest = found.terms.products[order[MOST:]]
    if len(rest):
        zeros = int((rest == 0).sum())
        exactly = f", {zeros:,} of them exactly 0" if zeros else ""
        rows.append(_line(float(rest.sum()), f"the sum of {len(rest):,} smaller ones{exactly}"))
    heads = [element("th", text, scope="col") for text in ("product", "factors", "")]
    return output(
        element("div", f"{found.unit} = {found.value:.7g}", class_="title"),
        element("div", found.layer, class_="note"),
        element("div", found.formula),
        element("div", found.rule, class_="note"),
        element(
            "table",
            element("thead", element("tr", *heads)),
            element("tbody", *rows),
            element("tfoot", _line(found.total, found.about_the_sum)),
        ),
    )


def _row(term: Term) -> Markup:
    factors = [part for each in term.factors for part in (" · ", *_factor(each))][1:]
    note = element("td", element("span", term.note, class_="note"))
    return element("tr", _number(term.product), element("td", *factors), note)


def _factor(factor: Factor) -> list[Markup | str]:
    number = f"{factor.value:.6g}"
    shown = factor.symbol if factor.symbol == number else f"{factor.symbol} {number}"
    return [shown, *([element("span", f" {factor.unit}", class_="note")] if factor.unit else [])]


def _line(number: float, text: str) -> Markup:
    return element("tr", _number(number), element("td", text, colspan=2))


def _number(number: float) -> Markup:
    return element("td", f"{number:.7g}", class_="number")
