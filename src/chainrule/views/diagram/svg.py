"""A network's picture as SVG: part of a page, in the colour of its text, or a file of its own, light and dark.

Blocks that learn are blue; what a residual block adds goes along the lines at the right, to where a + stands.
"""

from pathlib import Path

from chainrule.base.files import check_writable
from chainrule.base.writing import write_bytes
from chainrule.network.network import Network
from chainrule.views.colours import ABOVE, BELOW
from chainrule.views.diagram.items import items_of, spoken
from chainrule.views.diagram.layout import FRAME, Box, Mark, Plus, Point, Wire, layout
from chainrule.views.markup import Markup, element, shape_text

COLUMNS = 64
ACROSS, DOWN = 6.7, 16.0
"""A character of the grid, in the picture's units: as wide as one of a font of 11 units, if all are as wide."""
ROUND = 7.0
"""The radius of a line's corners."""
HEAD = 4.0
"""How long an arrow's head is, and how wide to either side."""
MARGIN = 12.0
STYLE = """
svg { color: #1b1f24; background: #ffffff; font: 11px/1 ui-monospace, Menlo, Consolas, monospace }
@media (prefers-color-scheme: dark) { svg { color: #e3e7eb; background: #14171a } }
text { fill: currentColor }
"""


def diagram_svg(network: Network, columns: int = COLUMNS) -> Markup:
    """The picture as an element of a page."""
    drawing = layout(network, columns)
    width, height = drawing.width * ACROSS, drawing.height * DOWN
    return _picture(network, drawing.marks, (0, 0, width, height))


def diagram_file(path: str | Path, network: Network, columns: int = COLUMNS) -> None:
    """Write the picture to an .svg file. UsageError for another, or one that cannot be written."""
    path, drawing = check_writable(path, kinds=(".svg",)), layout(network, columns)
    view = -MARGIN, -MARGIN, drawing.width * ACROSS + 2 * MARGIN, drawing.height * DOWN + 2 * MARGIN
    style = element("style", Markup(STYLE))
    picture = _picture(network, drawing.marks, view, style, xmlns="http://www.w3.org/2000/svg")
    write_bytes(path, f"{picture}\n".encode(errors="backslashreplace"))


def _picture(network: Network, marks: list[Mark], view: tuple[float, ...], *first: Markup, **more: str) -> Markup:
    """Lines first, so that what they reach covers their ends."""
    shapes = f"{shape_text(network.input_shape)} → {shape_text(network.output_shape)}"
    told = element("title", f"Network {shapes}, {network.size:,} parameters")
    words = element("desc", spoken(items_of(network, network.input_shape)))
    drawn = [_drawn(mark) for mark in sorted(marks, key=lambda mark: not isinstance(mark, Wire))]
    size = {"viewBox": " ".join(f"{n:g}" for n in view), "width": f"{view[2]:g}", "height": f"{view[3]:g}"}
    label = f"Network {shapes} as a picture of blocks"
    return element("svg", told, words, *first, *drawn, **more, **size, class_="diagram", role="img", aria_label=label)


def _drawn(mark: Mark) -> Markup:
    if isinstance(mark, Wire):
        return _wire(mark)
    if isinstance(mark, Box):
        return _box(mark)
    if isinstance(mark, Plus):
        return _plus(mark)
    return _text(mark.text, mark.at, **({} if mark.is_layer else {"opacity": 0.75}))


def _box(box: Box) -> Markup:
    left, top = _place(box.at)
    colour, fill = (BELOW, 0.12) if box.block.parameters else ("currentColor", 0.05)
    size = {"width": f"{(box.size[0] - 1) * ACROSS:.2f}", "height": f"{(box.size[1] - 1) * DOWN:.2f}", "rx": 5}
    look = {"fill": colour, "fill_opacity": fill, "stroke": colour, "stroke_opacity": 0.9 if fill > 0.1 else 0.45}
    column, row = box.at[0] + FRAME // 2, box.at[1] + 1
    parts = [_text(line, (column, row + k)) for k, line in enumerate(box.lines) if line]
    if box.note:
        end = box.at[0] + box.size[0] - FRAME // 2 - 1, box.note_row
        parts.append(_text(box.note, end, text_anchor="end", opacity=0.75))
    return element("g", element("rect", x=f"{left:.2f}", y=f"{top:.2f}", **size, **look), *parts)


def _plus(plus: Plus) -> Markup:
    x, y = _place(plus.at)
    sign = f"M{x - 4:.2f} {y:.2f}h8M{x:.2f} {y - 4:.2f}v8"
    look = {"stroke": ABOVE, "stroke_width": 1.6}
    circle = element("circle", cx=f"{x:.2f}", cy=f"{y:.2f}", r=7, fill=ABOVE, fill_opacity=0.15, **look)
    return element("g", circle, element("path", d=sign, fill="none", **look))


def _wire(wire: Wire) -> Markup:
    """Lines between the points, their corners rounded, perhaps with an arrow's head."""
    points = [_place(point) for point in wire.points]
    path = f"M{points[0][0]:.2f} {points[0][1]:.2f}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        (a, b), (c, d) = _towards(corner, before), _towards(corner, after)
        path += f"L{a:.2f} {b:.2f}Q{corner[0]:.2f} {corner[1]:.2f} {c:.2f} {d:.2f}"
    path += f"L{points[-1][0]:.2f} {points[-1][1]:.2f}"
    colour = ABOVE if wire.adds else "currentColor"
    line = element("path", d=path, fill="none", stroke=colour, stroke_opacity=1 if wire.adds else 0.6)
    return element("g", line, _head(points[-2], points[-1], colour)) if wire.enters else line


def _head(before: tuple[float, float], end: tuple[float, float], colour: str) -> Markup:
    """The head of an arrow that comes from `before` to `end`."""
    (a, _), (x, y) = before, end
    if a == x:
        path = f"M{x:.2f} {y:.2f}l{-HEAD:g} {-1.5 * HEAD:g}h{2 * HEAD:g}z"
    else:
        way = 1.5 * HEAD if a > x else -1.5 * HEAD
        path = f"M{x:.2f} {y:.2f}l{way:g} {-HEAD:g}v{2 * HEAD:g}z"
    return element("path", d=path, fill=colour)


def _towards(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The point so far from the corner, on the way to the other point, at which the corner's curve begins."""
    (x, y), (a, b) = corner, other
    length = abs(a - x) + abs(b - y)  # one of them is 0
    part = min(ROUND, length / 2) / length
    return x + part * (a - x), y + part * (b - y)


def _place(point: Point) -> tuple[float, float]:
    """The middle of a cell of the grid."""
    return (point[0] + 0.5) * ACROSS, (point[1] + 0.5) * DOWN


def _text(text: str, at: Point, **look: str | float) -> Markup:
    indented = len(text) - len(text.lstrip())
    x = (at[0] + (1 if look.get("text_anchor") == "end" else indented)) * ACROSS
    return element(
        "text", text.lstrip(), x=f"{x:.2f}", y=f"{(at[1] + 0.5) * DOWN:.2f}", dominant_baseline="central", **look
    )
