"""Residual(x): what some layers make of x is added to x, so that they only have to learn a difference.

    y = f(w; x) + x            or, where f changes the shape,    y = f(w; x) + g(v; x)

Both terms pass dL/dy on as it is, and x, which two read, gets what both send back:

    dL/dx = dL/dy df/dx + dL/dy                                   dL/dx = dL/dy df/dx + dL/dy dg/dx

Not in the lecture. K. He, X. Zhang, S. Ren, J. Sun, *Deep Residual Learning for Image Recognition* (2016).

Compiled: engine/stages/joins.py, engine/kernels/elementwise.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.base.showing import brief
from chainrule.layers.layer import (
    Arrays,
    Context,
    Layer,
    Part,
    Place,
    Shape,
    Wiring,
    leaves,
    register,
)
from chainrule.layers.sequential import Sequential, check_part, checked_layers

OR_SHORTCUT = ", or a shortcut such as Convolution(n, 1)"


class Addition(Layer):
    """y = a + b, of two values: the end of a residual block, as a node of a graph."""

    def __str__(self) -> str:
        return "sum"

    def forward(self, x: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        a, b = x
        return a + b, None

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[Any, Arrays]:
        return (gy, gy), {}


@register
@dataclass(frozen=True)
class Residual(Layer):
    """f(x) + x, or f(x) + shortcut(x): the shape of x -> that of f(x).

    layers : f, one or more layers in a row
    shortcut : a layer, or several in a row; None: x itself, whose shape f must keep

    NetworkError where the two shapes differ. Source: K. He et al. (2016).
    """

    layers: Sequence[Layer]
    shortcut: Layer | Sequence[Layer] | None = None
    short_name = "block"

    __repr__ = brief

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", checked_layers(self.layers, "Residual"))
        if isinstance(self.shortcut, Sequence | Iterator) and not isinstance(self.shortcut, str | bytes):
            object.__setattr__(self, "shortcut", Sequential(self.shortcut))
        if self.shortcut is not None:
            check_part("Residual: shortcut", self.shortcut)

    @cached_property
    def body(self) -> Sequential:
        """f."""
        return Sequential(self.layers)

    @property
    def added(self) -> Layer | None:
        """g; None for x itself."""
        return self.shortcut if isinstance(self.shortcut, Layer) else None

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        y, saved = self.body.forward(x, w, context)
        if self.added is None:
            return y + x, (saved, None)
        added, of_shortcut = self.parts[-1].forward(x, w, context)
        return y + added, (saved, of_shortcut)

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        gx, gw = self.body.backward(gy, saved[0], w, context)
        if self.added is None:
            return gx + gy, gw
        added, gv = self.parts[-1].backward(gy, saved[1], w, context)
        return gx + added, {**gw, **gv}

    @cached_property
    def parts(self) -> tuple[Part, ...]:  # type: ignore[override]
        if self.added is None:
            return self.body.parts
        return (*self.body.parts, Part("shortcut", self.added, leaves(self.body)))

    def part_shapes(self, x_shape: Shape) -> list[Shape]:
        return [*self.body.part_shapes(x_shape), *([x_shape] if self.added is not None else [])]

    def y_shape(self, x_shape: Shape) -> Shape:
        y = self.body.y_shape(x_shape)
        added = self.added.y_shape(x_shape) if self.added is not None else x_shape
        if y != added:
            what, more = ("the shortcut gives", "") if self.added is not None else ("x has", OR_SHORTCUT)
            raise NetworkError(f"Residual: its layers give {y}, but {what} {added}; expected the same shape{more}")
        return y

    def connect(self, graph: Wiring, x: int, place: Place) -> int:
        y, added = self.body.connect(graph, x, place), x
        if self.added is not None:
            added = graph.join(self.added, x, place.within(self.parts[-1]))
        return graph.add(Addition(), (y, added), place._replace(name=f"{place.name}.sum"))

    def __str__(self) -> str:
        shortcut = f", shortcut={self.shortcut}" if self.shortcut is not None else ""
        return f"Residual({', '.join(map(str, self.layers))}{shortcut})"
