"""An explanation: a unit, its formula, and the terms whose sum it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan
from typing import Any

from chainrule.base.arguments import name_among
from chainrule.base.numbers import whole_number
from chainrule.explanation.table import MOST, WIDTH, table, wrapped
from chainrule.explanation.terms import Terms
from chainrule.layers.passes import Shape
from chainrule.network.network import doors

ORDERS = ("formula", "size")


@dataclass(frozen=True, eq=False)
class Explanation:
    """What made one number of a trace."""

    unit: str
    layer: str  # as in "Convolution(32, 3x3)": whose formula it is; of several readers, all of them
    formula: str  # the layer's own, with the unit's indices
    rule: str  # the same in one plain sentence
    terms: Terms  # in the order of the formula
    value: float  # as the definition computed it, in the network's float type
    shape: Shape  # of the array that the unit is in
    kernel: float | None = None  # as the compiled engine computed it, if it writes it

    @property
    def total(self) -> float:
        """The sum of the terms, in float64."""
        return self.terms.total

    @property
    def difference(self) -> float:
        """The total less the value: what rounding did."""
        same = self.total == self.value or (isnan(self.total) and isnan(self.value))
        return 0.0 if same else self.total - self.value

    def with_kernel(self, kernel: float | None) -> Explanation:
        """The same beside what the compiled engine computed."""
        return replace(self, kernel=kernel)

    def values(self, order: str = "formula", first: int = 0, count: int | None = None) -> dict[str, Any]:
        """As plain data, with `count` terms (None: all) from the `first` on, as in the formula or by their size."""
        name_among(ORDERS, "the order", order)
        first = whole_number("first", first, 0)
        last = None if count is None else first + whole_number("count", count, 0)
        numbers = range(len(self.terms)) if order == "formula" else self.terms.by_size().tolist()
        return {
            "unit": self.unit,
            "layer": self.layer,
            "formula": self.formula,
            "rule": self.rule,
            "terms": [self.terms[k].values() for k in numbers[first:last]],
            "count": len(self.terms),
            "zeros": self.terms.zeros,
            "total": self.total,
            "value": self.value,
            "kernel": self.kernel,
            "difference": self.difference,
        }

    def __repr__(self) -> str:
        away = f"{abs(self.difference):.2g} from {'it' if len(self.terms) == 1 else 'their sum'}"
        return f"<Explanation of {self.unit} = {self.value:.6g}: {_count(self.terms, 'term')}, {away}>"

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return doors["explanation_html"](self)

    def text(self, width: int = WIDTH, most: int = MOST) -> str:
        """The formula, a line for each of the `most` largest terms, and what the others come to."""
        heads = (f"{self.unit} = {self.value:.7g}  {self.layer}", self.formula, self.rule)
        lines = [line for head in heads for line in wrapped(head, width)]
        return "\n".join([*lines, "", *table(self.terms, self.about_the_sum, width, most)])

    @property
    def about_the_sum(self) -> str:
        """What is said beside the sum."""
        away = self.difference
        more = f"{abs(away):.2g} {'less' if away < 0 else 'more'} than the value" if away else "the same as the value"
        kernel = "" if self.kernel is None else f"; the compiled kernel gives {self.kernel:.7g}"
        return f"the sum of {_count(self.terms, 'product')} in float64: {more}{kernel}"


def _count(terms: Terms, what: str) -> str:
    """As in "3 terms"."""
    return f"{len(terms):,} {what}{'' if len(terms) == 1 else 's'}"
