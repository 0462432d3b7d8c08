"""An explanation in a notebook: a row a term, the largest first, and what the others come to."""

import numpy as np

from chainrule import Linear, MaxPooling, Network, trace
from chainrule.views.notebook import explanation_html
from markup import read, text_of


def cells(html: str) -> list[list[str]]:
    return [[text_of(cell) for cell in row] for row in read(html).iter("tr")]


def test_the_terms_are_rows_with_their_units() -> None:
    kept = trace(Network([Linear(3)], 40), np.ones((1, 40)), [1])
    found = kept.explain("fc1:2")
    head, *rows, rest, total = cells(found._repr_html_())
    assert head == ["product", "factors", ""]
    order = found.terms.by_size().tolist()
    assert [row[0] for row in rows] == [f"{found.terms[k].product:.7g}" for k in order[:20]]
    largest = found.terms[order[0]].factors[0]
    assert rows[0][1].startswith(f"w {largest.value:.6g} {largest.unit} · x 1 x:{order[0]}")
    assert rest[1] == "the sum of 21 smaller ones"
    assert total == [f"{found.total:.7g}", found.about_the_sum]


def test_notes_stand_beside_their_terms() -> None:
    kept = trace(Network([MaxPooling(), Linear(2)], (1, 2, 2)), np.arange(4.0).reshape(1, 1, 2, 2), [0])
    _, *rows, _ = cells(explanation_html(kept.explain("maxpooling1:0,0,0")))
    assert [row[2] for row in rows] == ["the largest of its window", "", "", ""]
