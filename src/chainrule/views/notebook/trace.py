"""A trace as pictures: forwards, on the left, each x_k and w_k; backwards, on the right, their gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from chainrule.views.colours import DIVERGING, MAGENTA, SEQUENTIAL, ColourMap, Scale
from chainrule.views.markup import Markup, element, shape_text
from chainrule.views.notebook.excerpts import ROOMS, Excerpt, Room, of_parameter, of_samples
from chainrule.views.notebook.style import output
from chainrule.views.pictures import PIXEL, inline, painted, tiles

if TYPE_CHECKING:
    from chainrule.network.tracing import Trace

MOST_VALUES = 200_000  # in all pictures together; each of them is about a byte of the page


@dataclass(frozen=True, eq=False)
class Row:
    """An array beside its gradient."""

    name: Markup  # as in x<sub>1</sub>
    text: str  # the same without markup, as in "x_1"
    origin: Sequence[str]  # what computes it, piece by piece
    about: Sequence[str]  # lines: the layer in a block that gives it; its shape, of one sample
    value: np.ndarray
    gradient: np.ndarray
    colours: ColourMap  # of the value
    excerpt: Callable[[np.ndarray, Room], Excerpt]


def trace_html(trace: Trace) -> str:
    """A row for each x_k and parameter: what of it and of its gradient fits into a picture, and how large they are.

    However large the batch, and unless the network has hundreds of layers, no more than MOST_VALUES values are drawn.
    """
    rows = _rows(trace)
    room = next((room for room in ROOMS if _values(rows, room) <= MOST_VALUES), ROOMS[-1])
    heads = [element("th", text, scope="col") for text in ("", "↓ forward: x, w", "↑ backward: dL/dx, dL/dw")]
    return output(
        element("div", f"Trace of {_samples(len(trace.x[0]))}", class_="title"),
        element("div", _about(trace, room), class_="note"),
        element(
            "table",
            element("thead", element("tr", *heads)),
            element("tbody", *[_row(row, room) for row in rows]),
        ),
    )


def _rows(trace: Trace) -> list[Row]:
    """x, then for each node of the network's graph its layer's parameters and the value that it gives."""
    graph = trace.network.graph
    rows = [_row_of_value(trace, 0, ["input"])]
    for node in graph.nodes:
        for name, w in trace.w.items():
            if name.rpartition(".")[0] == node.name:
                excerpt = partial(of_parameter, input_shape=graph.shapes[node.inputs[0]])
                shown = w, trace.gw[name], DIVERGING, excerpt
                rows.append(Row(element("span", name), name, [], [shape_text(w.shape)], *shown))
        origin = [node.layer.text_for(graph.shapes[node.inputs[0]])]
        if node.inputs != (node.output - 1,):  # not only what stands above it
            origin += [" of ", *[part for k in node.inputs for part in (", ", _name(trace, k))][1:]]
        rows.append(_row_of_value(trace, node.output, origin, node.name))
    return rows


def _row_of_value(trace: Trace, k: int, origin: Sequence[str], layer: str = "") -> Row:
    """`layer`: the name of what gives it."""
    about = [*([layer] if "." in layer else []), shape_text(trace.x[k].shape[1:])]
    return Row(_name(trace, k), _text(trace, k), origin, about, trace.x[k], trace.gx[k], SEQUENTIAL, of_samples)


def _text(trace: Trace, k: int) -> str:
    """What value k is called."""
    return "x" if k == 0 else "y" if k == len(trace.x) - 1 else f"x_{k}"


def _name(trace: Trace, k: int) -> Markup:
    """The same as markup."""
    text = _text(trace, k)
    return element("span", text[0], element("sub", text[2:]))


def _values(rows: list[Row], room: Room) -> int:
    """How many values would be drawn."""
    return sum(2 * row.excerpt(row.value, room).values.size for row in rows)


def _samples(n: int) -> str:
    return "1 sample" if n == 1 else f"{n:,} samples"


def _about(trace: Trace, room: Room) -> str:
    n = len(trace.x[0])
    if n == 0:
        return f"summed loss {trace.loss:.4g}"
    shown = "sample 1" if min(room.samples, n) == 1 else f"samples 1 to {min(room.samples, n)}"
    loss = f"summed loss {trace.loss:.4g}, {trace.loss / n:.4g} a sample"
    way = "one below the other, channels beside each other; rms, norm and zeros are of all"
    return f"{loss}; shown: {shown} of {n:,}, {way}"


def _row(row: Row, room: Room) -> Markup:
    value, gradient = row.excerpt(row.value, room), row.excerpt(row.gradient, room)
    label = element(
        "th",
        element("div", element("b", row.name), *([" = ", *row.origin] if row.origin else [])),
        *[element("div", line, class_="note") for line in (*row.about, value.shown)],
        scope="row",
    )
    return element(
        "tr",
        label,
        element("td", *_drawn(value, row.colours, row.text), _size(row.value), class_="size"),
        element("td", *_drawn(gradient, DIVERGING, f"dL/d{row.text}"), _size(row.gradient), class_="size"),
    )


def _drawn(shown: Excerpt, colours: ColourMap, text: str) -> list[Markup]:
    """The picture, and which number has which colour."""
    if not shown.values.size:
        return [_note("no values")]
    scale = Scale.of(shown.values, colours)
    image = inline(painted(tiles(scale.levels(shown.values), shown.repeat), colours), text, PIXEL)
    bar = element("span", class_=f"scale {colours.name}")
    return [image, _note(f"{scale.low:.3g}"), bar, _note(f"{scale.high:.3g}")]


def _note(text: str) -> Markup:
    return element("span", text, class_="note")


def _size(a: np.ndarray) -> Markup:
    """How large all of the array is."""
    if not a.size:
        return Markup()
    with np.errstate(over="ignore", invalid="ignore"):
        norm = float(np.sqrt(np.sum(np.square(a, dtype=np.float64))))
    wrong = a.size - int(np.isfinite(a).sum())
    zeros = f"{np.mean(a == 0):.0%} zero"
    numbers = _note(f" · rms {norm / np.sqrt(a.size):.3g} · norm {norm:.3g} · {zeros}")
    if not wrong:
        return numbers
    return element("span", numbers, element("b", f" · {wrong:,} not finite", style=f"color:{MAGENTA}"))
