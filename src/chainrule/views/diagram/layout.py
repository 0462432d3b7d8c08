"""Where everything in a network's picture stands, on a grid of characters: the same for a terminal and for SVG.

The values run down a spine, PORT columns from the left. What a residual block adds passes to the right of its layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from textwrap import wrap

from chainrule.network.network import Network
from chainrule.views.diagram.items import Block, Fork, Item, items_of
from chainrule.views.markup import shape_text

PORT = 3
"""The spine's column."""
FRAME = 4
"""Columns of a box beside those of its text."""
GAP = 2
"""Columns between a residual block's layers and its shortcut."""
NARROWEST = 24
"""Columns of a box."""
BODY = 0.58
"""Of the room for both, what a residual block's layers have, where both want more."""
THEN = "→"

Point = tuple[int, int]  # column, row


@dataclass(frozen=True)
class Box:
    """A block: a frame, in it a line of text in each row, and at the right a note, how many parameters it has."""

    at: Point
    size: Point
    lines: tuple[str, ...]
    note: str
    block: Block

    @property
    def note_row(self) -> int:
        """The first line's; or the last's, which is then left empty for the note."""
        return self.at[1] + (1 if self.lines[-1] else len(self.lines))

    def moved(self, by: Point) -> Box:
        return replace(self, at=_sum(self.at, by))


@dataclass(frozen=True)
class Wire:
    """A line with corners."""

    points: tuple[Point, ...]
    adds: bool = False  # what a residual block adds
    enters: bool = False  # what it ends at, as an arrow

    def moved(self, by: Point) -> Wire:
        return replace(self, points=tuple(_sum(point, by) for point in self.points))


@dataclass(frozen=True)
class Tag:
    """Words beside the spine: a shape, or a layer."""

    at: Point
    text: str
    is_layer: bool = False

    def moved(self, by: Point) -> Tag:
        return replace(self, at=_sum(self.at, by))


@dataclass(frozen=True)
class Plus:
    """Where two values are added."""

    at: Point

    def moved(self, by: Point) -> Plus:
        return replace(self, at=_sum(self.at, by))


Mark = Box | Wire | Tag | Plus


@dataclass
class Drawing:
    """Marks on a grid of `width` columns and `height` rows."""

    width: int = 0
    height: int = 0
    marks: list[Mark] = field(default_factory=list)

    def put(self, other: Drawing, at: Point) -> None:
        """The other's marks, from that place on."""
        self.marks += [mark.moved(at) for mark in other.marks]
        self.width, self.height = max(self.width, at[0] + other.width), max(self.height, at[1] + other.height)

    def spine(self, first: int, last: int, enters: bool = False) -> None:
        """The spine from a row to another."""
        self.marks.append(Wire(((PORT, first), (PORT, last)), enters=enters))

    def tag(self, text: str, *, is_layer: bool = False) -> None:
        """Words in the next row."""
        self.marks.append(Tag((PORT + 2, self.height), text, is_layer))
        self.width, self.height = max(self.width, PORT + 2 + len(text)), self.height + 1


def layout(network: Network, width: int) -> Drawing:
    """The whole network, in so many columns where that can be."""
    items = items_of(network, network.input_shape)
    drawing = Drawing()
    drawing.tag(f"input {shape_text(network.input_shape)}")
    drawing.put(_chain(items, min(width, _wish(items))), (0, 1))
    drawing.spine(0, 1, enters=True)
    drawing.spine(drawing.height - 1, drawing.height, enters=True)
    drawing.tag(f"output {shape_text(network.output_shape)}")
    return drawing


def _chain(items: Sequence[Item], width: int) -> Drawing:
    """One below the other, boxes as wide as each other, with the shapes of the values between them."""
    drawing = Drawing()
    boxes = min(width, max((_width(item) for item in items if isinstance(item, Block)), default=0))
    for k, item in enumerate(items):
        if k:
            drawing.spine(drawing.height - 1, drawing.height + 1, enters=isinstance(item, Block))
            drawing.tag(shape_text(items[k - 1].y_shape))
        drawing.put(_box(item, boxes) if isinstance(item, Block) else _fork(item, width), (0, drawing.height))
    return drawing


def _box(block: Block, width: int) -> Drawing:
    room = width - FRAME
    lines = [line for text in _texts(block) for line in wrap(text, room, subsequent_indent="  ") or [""]]
    note = _note(block)
    if note and len(lines[0]) + 2 + len(note) > room:
        lines.append("")
    size = width, len(lines) + 2
    return Drawing(*size, [Box((0, 0), size, tuple(lines), note, block)])


def _fork(fork: Fork, width: int) -> Drawing:
    """The layers at the left, x or the shortcut at the right, and both ways added below."""
    added = _wish(fork.shortcut)
    room = max(width - GAP - max(added, 1), min(int(BODY * width), _wish(fork.body)), NARROWEST)
    drawing, body = Drawing(), _chain(fork.body, room)
    drawing.put(body, (0, 1))
    if fork.shortcut:
        right = body.width + GAP
        shortcut = _chain(fork.shortcut, max(min(added, width - right), NARROWEST))
        drawing.put(shortcut, (right, 1))
        end, port = drawing.height, right + PORT
        drawing.marks.append(Wire(((PORT, 0), (port, 0), (port, 1)), adds=True, enters=True))
        drawing.marks.append(Wire(((port, shortcut.height), (port, end), (PORT + 2, end)), adds=True, enters=True))
    else:
        end, port = drawing.height, body.width + GAP - 1
        path = (PORT, 0), (port, 0), (port, end), (PORT + 2, end)
        drawing.marks.append(Wire(path, adds=True, enters=True))
        drawing.width = max(drawing.width, port + 1)
    drawing.spine(0, 1, enters=isinstance(fork.body[0], Block))
    drawing.spine(body.height, end)
    drawing.marks.append(Plus((PORT, end)))
    drawing.height = end + 1
    for text in fork.then:
        drawing.spine(drawing.height - 1, drawing.height)
        drawing.tag(text, is_layer=True)
    return drawing


def _wish(items: Sequence[Item]) -> int:
    """The columns that items in a row have if none of their texts is broken."""
    return max(map(_width, items), default=0)


def _width(item: Item) -> int:
    if isinstance(item, Fork):
        return _wish(item.body) + GAP + max(_wish(item.shortcut), 1)
    first, *others = map(len, _texts(item))
    note = len(_note(item))
    return max(FRAME + max(first + 2 + note if note else first, *others, 0), NARROWEST)


def _texts(block: Block) -> list[str]:
    """The first layer, and the others, which follow it number by number."""
    first, *others = block.layers
    return [first, " ".join(f"{THEN} {text}" for text in others)] if others else [first]


def _note(block: Block) -> str:
    return f"{block.parameters:,} parameters" if block.parameters else ""


def _sum(a: Point, b: Point) -> Point:
    return a[0] + b[0], a[1] + b[1]
