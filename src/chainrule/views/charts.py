"""Charts as SVG: lines, points and bars over axes that tell what they measure.

A chart is part of its page: text and axes have the colour of the page's text, on a light and on a dark one alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from chainrule.views.axes import Axis, drawable
from chainrule.views.markup import Markup, element

WIDTH, HEIGHT = 430, 250
LEFT, RIGHT, TOP, BOTTOM = 72, WIDTH - 8, 28, HEIGHT - 38  # of the area with the marks
ACROSS, UP = (LEFT, RIGHT), (BOTTOM, TOP)  # where an axis begins and ends
CROWD = 30  # points: more of them have no markers
MOST_POINTS = 800  # of one line: two for each pixel across
DASHES = "6 3"


class Look(NamedTuple):
    """Of a line or points: the name, and how it is told from others."""

    name: str
    colour: str
    dashes: str = "none"  # as in SVG's stroke-dasharray
    width: float = 1.8

    def stroke(self, width: float | None = None) -> dict[str, str | float]:
        """Of its own width, unless another is given."""
        return {"stroke": self.colour, "stroke_width": width or self.width, "stroke_dasharray": self.dashes}


@dataclass(frozen=True)
class Chart:
    """An area with two axes, and what these measure. Its methods make the marks in it; `svg` the whole."""

    across: Axis
    up: Axis
    x_name: str
    y_name: str

    def svg(self, marks: Sequence[Markup], looks: Sequence[Look] = ()) -> Markup:
        """All of it; the names of at most two looks stand above."""
        legend = [part for k, look in enumerate(looks) for part in _legend(look, LEFT + k * (RIGHT - LEFT) / 2)]
        label = ", ".join([self.y_name, *(look.name for look in looks)])
        size = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "width": WIDTH, "height": HEIGHT}
        return element("svg", *self._axes(), *marks, *legend, **size, role="img", aria_label=label)

    def line(self, x: np.ndarray, y: np.ndarray, look: Look) -> list[Markup]:
        """Through points (n,), with holes where y is not drawable; a few are marked, and one that stands alone."""
        parts = []
        there = np.flatnonzero(drawable(y))
        for piece in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if len(there) else []:
            kept = _thinned(piece, y)
            points = " ".join(f"{self.across(float(x[k])):.2f},{self.up(float(y[k])):.2f}" for k in kept)
            parts.append(element("polyline", points=points, fill="none", **look.stroke()))
            if len(x) <= CROWD or len(kept) == 1:
                parts += self.points(x[kept], y[kept], look)
        return parts

    def rule(self, start: tuple[float, float], end: tuple[float, float], look: Look) -> Markup:
        """Straight from a point to another."""
        (x1, y1), (x2, y2) = ((f"{self.across(x):.2f}", f"{self.up(y):.2f}") for x, y in (start, end))
        return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **look.stroke(1.2))

    def points(self, x: np.ndarray, y: np.ndarray, look: Look) -> list[Markup]:
        """A dot for each, which tells its numbers."""
        dots = []
        for a, b in zip(x.tolist(), y.tolist(), strict=True):
            title = element("title", f"{self.x_name} {a:.6g}: {look.name} {b:.6g}")
            dots.append(self._dot(a, b, title, r=2.8, fill=look.colour))
        return dots

    def cloud(self, x: np.ndarray, y: np.ndarray, look: Look) -> Markup:
        """Many dots, darker where they are dense."""
        dots = [self._dot(a, b, r=2) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        return element("g", *dots, fill=look.colour, fill_opacity=0.5)

    def ranges(self, x: np.ndarray, low: np.ndarray, high: np.ndarray, look: Look) -> Markup:
        """An upright stroke at each x."""
        ends = zip(x.tolist(), low.tolist(), high.tolist(), strict=True)
        path = "".join(f"M{self.across(a):.2f} {self.up(b):.2f}V{self.up(c):.2f}" for a, b, c in ends)
        return element("path", d=path, fill="none", **look.stroke(1.2))

    def bars(self, edges: np.ndarray, heights: np.ndarray, look: Look) -> list[Markup]:
        """One from each edge (n + 1,) to the next, unless its height (n,) is 0; it tells its numbers."""
        bars = []
        for low, high, height in zip(edges[:-1].tolist(), edges[1:].tolist(), heights.tolist(), strict=True):
            if height > 0:
                left, top = self.across(low), self.up(height)
                title = element("title", f"{self.x_name} {low:.4g} to {high:.4g}: {look.name} {height:,.6g}")
                size = {"width": f"{self.across(high) - left - 1:.2f}", "height": f"{BOTTOM - top:.2f}"}
                bars.append(element("rect", title, x=f"{left + 0.5:.2f}", y=f"{top:.2f}", **size, fill=look.colour))
        return bars

    def _dot(self, x: float, y: float, *title: Markup, **look: str | float) -> Markup:
        return element("circle", *title, cx=f"{self.across(x):.2f}", cy=f"{self.up(y):.2f}", **look)

    def _axes(self) -> list[Markup]:
        """Grid lines with their numbers, and what the axes measure."""
        parts = [_stroke(LEFT, BOTTOM, RIGHT, BOTTOM, opacity=0.6)]
        for tick in self.up.ticks():
            y = f"{self.up(tick):.1f}"
            parts.append(_stroke(LEFT, y, RIGHT, y, opacity=0.18))
            parts.append(_text(self.up.text(tick), LEFT - 7, y, "end", dominant_baseline="central"))
        for tick in self.across.ticks():
            x = f"{self.across(tick):.1f}"
            parts.append(_stroke(x, BOTTOM, x, BOTTOM + 4, opacity=0.6))
            parts.append(_text(self.across.text(tick), x, BOTTOM + 17, "middle"))
        middle = (TOP + BOTTOM) / 2
        parts.append(_text(self.x_name, (LEFT + RIGHT) / 2, HEIGHT - 5, "middle"))
        parts.append(_text(self.y_name, 11, middle, "middle", transform=f"rotate(-90 11 {middle})"))
        return parts


def _thinned(piece: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Of the points `piece`, the lowest and the highest of each few neighbours, if there are more than MOST_POINTS."""
    if len(piece) <= MOST_POINTS:
        return piece
    few = np.array_split(piece, MOST_POINTS // 2 - 1)
    extremes = [each[k] for each in few for k in (values[each].argmin(), values[each].argmax())]
    return np.unique([piece[0], *extremes, piece[-1]])


def _legend(look: Look, x: float) -> list[Markup]:
    return [
        element("line", x1=x, y1=12, x2=x + 24, y2=12, **look.stroke()),
        _text(look.name, x + 30, 12, "start", dominant_baseline="central"),
    ]


def _text(text: str, x: float | str, y: float | str, anchor: str, **more: str) -> Markup:
    return element("text", text, x=x, y=y, text_anchor=anchor, **more)


def _stroke(x1: float | str, y1: float | str, x2: float | str, y2: float | str, *, opacity: float) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke="currentColor", stroke_opacity=opacity)
