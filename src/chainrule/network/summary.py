"""`print(network)`: a table of its layers."""

from math import prod
from typing import NamedTuple

from chainrule.layers.layer import Layer, Shape, walk

WIDEST = 38
"""Letters of a layer in `summary`: a line of it fits a terminal of 80 columns."""


class Row(NamedTuple):
    """A layer of a network, and what it costs. One made of others is followed by these, and costs nothing itself."""

    depth: int  # how many layers it stands in
    name: str  # as in "block1.conv2"
    layer: Layer
    x_shape: Shape
    y_shape: Shape
    parameters: int
    multiply_adds: int  # of one sample

    @property
    def text(self) -> str:
        """The layer; of one made of others, only its type."""
        called = "shortcut: " if self.name.endswith(".shortcut") else ""
        return called + (f"{type(self.layer).__name__}:" if self.layer.parts else self.layer.text_for(self.x_shape))


def rows_of(network: Layer, input_shape: Shape) -> list[Row]:
    """A row for each layer of a network, and for each that it is made of."""
    rows = []
    for step in walk(network, input_shape):
        layer, x_shape = step.layer, step.x_shape
        numbers = sum(prod(p.shape) for p in layer.parameters_for(x_shape).values())
        costs = (0, 0) if layer.parts else (numbers, layer.multiply_adds(x_shape))
        rows.append(Row(step.depth, step.name, layer, x_shape, layer.y_shape(x_shape), *costs))
    return rows


def summary(network: Layer, input_shape: Shape, loss: str) -> str:
    """One line a layer: its text, or the beginning, its output shape, parameters and multiply-adds of one sample."""
    rows = [("layer", "output shape", "parameters", "multiply-adds"), ("input", _shape(input_shape), "", "")]
    found = rows_of(network, input_shape)
    for row in found:
        text = "  " * row.depth + row.text
        text = text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."
        rows.append((text, _shape(row.y_shape), _count(row.parameters), _count(row.multiply_adds)))
    parameters, multiply_adds = sum(row.parameters for row in found), sum(row.multiply_adds for row in found)
    rows.append((f"loss: {loss}", "", f"{parameters:,}", f"{multiply_adds:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}".rstrip()
        for row in rows
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _shape(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def _count(n: int) -> str:
    return f"{n:,}" if n else ""
