"""A network as a table: its layers, their shapes, and what each costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.data.schema import Schema
from chainrule.data.schema_rows import schema_rows
from chainrule.network.scaling import Scaling
from chainrule.network.summary import Row
from chainrule.views.colours import BLUE, VERMILION
from chainrule.views.diagram import diagram_svg
from chainrule.views.markup import Markup, element, indented, shape_text
from chainrule.views.notebook.style import output

if TYPE_CHECKING:
    from chainrule.network.network import Network

HEADS = ("layer", "output shape", "parameters", "multiply-adds a sample")


def network_html(network: Network) -> str:
    """A row for each layer: its output's shape, its parameters, its multiply-adds, and its share of both as bars.

    Below them stands what the network was trained on, once it was.
    """
    shapes = f"{shape_text(network.input_shape)} → {shape_text(network.output_shape)}"
    size = f"{network.size:,} parameters in {network.w.dtype}, {_bytes(network.w.nbytes)}"
    return output(
        element("div", f"Network {shapes}", class_="title"),
        element("div", size + _reads(network.scaling), class_="note"),
        _table(network),
        element("details", element("summary", "as a picture of blocks"), diagram_svg(network)),
        *([] if network.schema is None else [_trained_on(network.schema)]),
    )


def _table(network: Network) -> Markup:
    rows = [element("tr", _cell("input"), _cell(shape_text(network.input_shape)), *[_cell("")] * 4)]
    for row in network.rows():
        costs = _cost(row.parameters, network.size, VERMILION), _cost(row.multiply_adds, network.work, BLUE)
        rows.append(element("tr", _layer(row), _cell(shape_text(row.y_shape)), *costs[0], *costs[1]))
    totals = [element("td", f"{n:,}", class_="number") for n in (network.size, network.work)]
    total = element("tr", element("td", f"loss: {network.loss}", colspan=2), totals[0], _cell(""), totals[1], _cell(""))
    heads = [element("th", head, scope="col", colspan=1 if k < 2 else 2) for k, head in enumerate(HEADS)]
    return element(
        "table",
        element("thead", element("tr", *heads)),
        element("tbody", *rows),
        element("tfoot", total),
    )


def _trained_on(schema: Schema) -> Markup:
    rows = [element("tr", _cell(name), _cell(text)) for name, text in schema_rows(schema)]
    heads = element("thead", element("tr", element("th", "trained on", scope="col", colspan=2)))
    return element("table", heads, element("tbody", *rows))


def _layer(row: Row) -> Markup:
    """With what the names of its parameters begin with, if it has any or consists of layers that may."""
    name = row.name if row.parameters or row.layer.parts else ""
    return element("td", row.text, element("span", f" {name}", class_="note"), **indented(row.depth))


def _cell(text: str) -> Markup:
    return element("td", text)


def _cost(n: int, total: int, colour: str) -> tuple[Markup, Markup]:
    """A number's cell, and one with a bar as long as its share of the total."""
    if n == 0:
        return _cell(""), _cell("")
    share = f"{n / total:.1%}"
    filled = element("span", style=f"width:{share};background:{colour}")
    return element("td", f"{n:,}", class_="number"), element("td", element("div", filled, class_="share", title=share))


def _bytes(n: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if n < 1000:
            return f"{n:.3g} {unit}"
        n /= 1000
    return f"{n:.3g} GB"


def _reads(scaling: Scaling) -> str:
    if scaling == Scaling():
        return ""
    return f"; bytes p are read as (p / 255 − {scaling.mean:g}) / {scaling.std:g}"
