"""Curves as SVG: a line or two over the epochs of a run, with axes that tell what they measure."""

from dataclasses import dataclass

import numpy as np

from chainrule.views.notebook.axes import Axis, value_axis, whole_axis
from chainrule.views.notebook.markup import Markup, element

WIDTH, HEIGHT = 430, 250
LEFT, RIGHT, TOP, BOTTOM = 58, WIDTH - 8, 28, HEIGHT - 38  # of the area with the lines
CROWD = 30  # points: more of them have no markers
MOST_POINTS = 800  # of one line: two for each pixel across


@dataclass(frozen=True, eq=False)
class Curve:
    """A line of a chart; what is not finite is a hole in it."""

    label: str
    values: np.ndarray  # (points,)
    colour: str
    dashes: str = "none"  # as in SVG's stroke-dasharray


def chart(x: np.ndarray, curves: list[Curve], y_label: str, *, zero: bool, most: float = np.inf) -> Markup:
    """The curves over the epochs x (points,), n > 0. `zero`: y begins at 0; `most`: y does not go beyond."""
    across = whole_axis(x, LEFT, RIGHT)
    up = value_axis(np.concatenate([curve.values for curve in curves]), BOTTOM, TOP, zero=zero, most=most)
    lines = [part for curve in curves for part in _line(x, curve, across, up)]
    legend = [part for k, curve in enumerate(curves) for part in _legend(curve, LEFT + k * (RIGHT - LEFT) / 2)]
    return element(
        "svg",
        *_axes(across, up, y_label),
        *lines,
        *legend,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        role="img",
        aria_label=f"{y_label}, {', '.join(map(_last, curves))}",
    )


def _axes(across: Axis, up: Axis, y_label: str) -> list[Markup]:
    """Grid lines with their numbers, and what the axes measure."""
    parts = []
    for tick in up.ticks():
        y, edge = f"{up(tick):.1f}", tick == up.ticks()[0]
        parts.append(_stroke(LEFT, y, RIGHT, y, opacity=0.6 if edge else 0.18))
        parts.append(_text(up.text(tick), LEFT - 7, y, "end", dominant_baseline="central"))
    for tick in across.ticks():
        x = f"{across(tick):.1f}"
        parts.append(_stroke(x, BOTTOM, x, BOTTOM + 4, opacity=0.6))
        parts.append(_text(across.text(tick), x, BOTTOM + 17, "middle"))
    middle = (TOP + BOTTOM) / 2
    parts.append(_text("epoch", (LEFT + RIGHT) / 2, HEIGHT - 5, "middle"))
    parts.append(_text(y_label, 11, middle, "middle", transform=f"rotate(-90 11 {middle})"))
    return parts


def _line(x: np.ndarray, curve: Curve, across: Axis, up: Axis) -> list[Markup]:
    """The curve between its holes; with markers where they do not crowd, or where a point is all there is."""
    parts = []
    there = np.flatnonzero(np.isfinite(curve.values))
    for piece in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if len(there) else []:
        kept = _thinned(piece, curve.values)
        points = [(f"{across(float(x[k])):.2f}", f"{up(float(curve.values[k])):.2f}") for k in kept]
        look = {"fill": "none", "stroke": curve.colour, "stroke_width": 1.8, "stroke_dasharray": curve.dashes}
        parts.append(element("polyline", points=" ".join(map(",".join, points)), **look))
        if len(x) <= CROWD or len(kept) == 1:
            for k, (cx, cy) in zip(kept, points, strict=True):
                title = element("title", f"epoch {x[k]}: {curve.label} {curve.values[k]:.6g}")
                parts.append(element("circle", title, cx=cx, cy=cy, r=2.8, fill=curve.colour))
    return parts


def _thinned(piece: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Of the points `piece`, the lowest and the highest of each few neighbours, if there are more than MOST_POINTS."""
    if len(piece) <= MOST_POINTS:
        return piece
    few = np.array_split(piece, MOST_POINTS // 2 - 1)
    extremes = [each[k] for each in few for k in (values[each].argmin(), values[each].argmax())]
    return np.unique([piece[0], *extremes, piece[-1]])


def _last(curve: Curve) -> str:
    return f"{curve.label}: {curve.values[-1]:.4g}"


def _legend(curve: Curve, x: float) -> list[Markup]:
    look = {"stroke": curve.colour, "stroke_width": 1.8, "stroke_dasharray": curve.dashes}
    return [
        element("line", x1=x, y1=12, x2=x + 24, y2=12, **look),
        _text(_last(curve), x + 30, 12, "start", dominant_baseline="central"),
    ]


def _text(text: str, x: float | str, y: float | str, anchor: str, **more: str) -> Markup:
    return element("text", text, x=x, y=y, text_anchor=anchor, **more)


def _stroke(x1: float | str, y1: float | str, x2: float | str, y2: float | str, opacity: float) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke="currentColor", stroke_opacity=opacity)
