"""A trace as pictures: forwards, on the left, each x_k and w_k; backwards, on the right, their gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from chainrule.views.notebook.colours import DIVERGING, MAGENTA, SEQUENTIAL, ColourMap, Scale
from chainrule.views.notebook.images import picture, tiles
from chainrule.views.notebook.markup import Markup, element, output, shape_text
from chainrule.views.notebook.views import ROOMS, Room, View, of_parameter, of_samples

if TYPE_CHECKING:
    from chainrule.network.tracing import Trace

MOST_VALUES = 200_000  # in all pictures together; each of them is about a byte of the page


@dataclass(frozen=True, eq=False)
class Row:
    """An array beside its gradient."""

    name: Markup  # as in x<sub>1</sub>
    text: str  # the same without markup, as in "x_1"
    origin: str  # what computes it
    shape: tuple[int, ...]  # of one sample
    value: np.ndarray
    gradient: np.ndarray
    colours: ColourMap  # of the value
    view: Callable[[np.ndarray, Room], View]


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
    """x, then for each layer its parameters and its output."""
    network, last = trace.network, len(trace.x) - 1
    rows = []
    for k, (x, gx) in enumerate(zip(trace.x, trace.gx, strict=True)):
        for p in network.parameters:
            if p.layer == k - 1:
                view = partial(of_parameter, input_shape=network.shapes[p.layer])
                w, gw = trace.w[p.name], trace.gw[p.name]
                rows.append(Row(element("span", p.name), p.name, "", p.shape, w, gw, DIVERGING, view))
        text = "x" if k == 0 else "y" if k == last else f"x_{k}"
        name = element("span", text[0], element("sub", text[2:]))
        origin = str(network.layers[k - 1]) if k else "input"
        rows.append(Row(name, text, origin, x.shape[1:], x, gx, SEQUENTIAL, of_samples))
    return rows


def _values(rows: list[Row], room: Room) -> int:
    """How many values would be drawn."""
    return sum(2 * row.view(row.value, room).values.size for row in rows)


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
    view = row.view(row.value, room)
    label = element(
        "th",
        element("div", element("b", row.name), f" = {row.origin}" if row.origin else ""),
        element("div", shape_text(row.shape), class_="note"),
        element("div", view.shown, class_="note"),
        scope="row",
    )
    gradient = row.view(row.gradient, room)
    return element(
        "tr",
        label,
        element("td", *_drawn(view, row.colours, row.text), _size(row.value), class_="size"),
        element("td", *_drawn(gradient, DIVERGING, f"dL/d{row.text}"), _size(row.gradient), class_="size"),
    )


def _drawn(view: View, colours: ColourMap, text: str) -> list[Markup]:
    """The picture, and which number has which colour."""
    if not view.values.size:
        return [_note("no values")]
    scale = Scale.of(view.values, colours)
    image = picture(tiles(scale.levels(view.values), view.repeat), colours, text)
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
