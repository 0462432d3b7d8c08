"""A network's picture in characters, for a terminal."""

from collections.abc import Iterator
from itertools import pairwise

from chainrule.network.network import Network
from chainrule.views.diagram.layout import FRAME, Box, Drawing, Mark, Plus, Point, Tag, Wire, layout

COLUMNS = 80
UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
LINES = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
"""The character whose lines go to those sides: the sum of them is its place."""
PLAIN = str.maketrans("╵╷│╴┘┐┤╶└┌├─┴┬┼▼◄×→", "|||-+++-+++-+++v<x>")


def diagram_text(network: Network, columns: int = COLUMNS, *, ascii_only: bool = False) -> str:
    """The picture, in at most so many columns unless blocks in blocks need more."""
    drawing = layout(network, columns)
    lines = ["".join(row).rstrip() for row in _drawn(drawing)]
    return "\n".join(lines).translate(PLAIN) if ascii_only else "\n".join(lines)


def _drawn(drawing: Drawing) -> list[list[str]]:
    """The characters, row by row: first all lines, then what is written over them."""
    sides = [[0] * drawing.width for _ in range(drawing.height)]
    for mark in drawing.marks:
        for path in _paths(mark):
            for cell, side in _sides(path):
                sides[cell[1]][cell[0]] |= side
    rows = [[LINES[side] for side in row] for row in sides]
    for mark in drawing.marks:
        for (column, row), text in _words(mark):
            rows[row][column : column + len(text)] = text
    end = drawing.height - 1
    rows[end] = ["▼" if character == "╵" else character for character in rows[end]]
    return rows


def _paths(mark: Mark) -> list[tuple[Point, ...]]:
    """The lines of a mark, by their corners."""
    if isinstance(mark, Wire):
        return [mark.points]
    if not isinstance(mark, Box):
        return []
    (left, top), (width, height) = mark.at, mark.size
    right, bottom = left + width - 1, top + height - 1
    return [((left, top), (right, top), (right, bottom), (left, bottom), (left, top))]


def _sides(path: tuple[Point, ...]) -> Iterator[tuple[Point, int]]:
    """Each cell that a line goes through, with a side of it to which the line goes."""
    for (a, b), (c, d) in pairwise(path):
        if a == c:
            for row in range(min(b, d), max(b, d)):
                yield (a, row), DOWN
                yield (a, row + 1), UP
        else:
            for column in range(min(a, c), max(a, c)):
                yield (column, b), RIGHT
                yield (column + 1, b), LEFT


def _words(mark: Mark) -> Iterator[tuple[Point, str]]:
    """What a mark writes, and where."""
    if isinstance(mark, Tag):
        yield mark.at, mark.text
    elif isinstance(mark, Plus):
        yield (mark.at[0] - 1, mark.at[1]), "(+)◄"
    elif isinstance(mark, Box):
        column, row = mark.at[0] + FRAME // 2, mark.at[1] + 1
        for k, line in enumerate(mark.lines):
            yield (column, row + k), line
        if mark.note:
            yield (mark.at[0] + mark.size[0] - FRAME // 2 - len(mark.note), mark.note_row), mark.note
