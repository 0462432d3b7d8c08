"""Sequential(x): layers in a row, each reading what the one before it gave.

    x_1 = f_1(w_1; x),  x_2 = f_2(w_2; x_1),  ...,  y = f_n(w_n; x_{n-1})

(the lecture writes f_n(w_n; x_n); it is x_{n-1}). Back propagation goes from dL/dy to every dL/dx_k and dL/dw_k, the
last layer first. That is the chain rule:

    dL/dx_{k-1} = dL/dx_k dx_k/dx_{k-1},   dL/dw_k = dL/dx_k dx_k/dw_k

Compiled: engine/lowering.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import brief, short
from chainrule.layers.layer import (
    Arrays,
    Context,
    Layer,
    Part,
    Place,
    Shape,
    Wiring,
    leaves,
    name_of,
    register,
    within,
)
from chainrule.layers.shapes import check_room


@register
@dataclass(frozen=True)
class Sequential(Layer):
    """Layers in a row, each taking the shape that the one before it gives.

    layers : one or more, containers among them

    Parameters are called by kind and number, as in "conv2.b", or "block1.conv2.b" in a block. NetworkError for what is
    no layer, and where two do not fit. Source: the lecture.
    """

    layers: Sequence[Layer]
    short_name: ClassVar[str] = "block"

    __repr__ = brief

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", checked_layers(self.layers, type(self).__name__))

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        saved = []
        for part in self.parts:
            x, of_part = part.forward(x, w, context)
            saved.append(of_part)
        return x, saved

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        gw = {}
        for part, of_part in reversed(list(zip(self.parts, saved, strict=True))):
            gy, gw_part = part.backward(gy, of_part, w, context)
            gw |= gw_part
        return gy, gw

    def parameter_gradients(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> Arrays:
        """As `backward`, but for dL/dx of the first layer that has parameters, and what lies before it."""
        pairs, gw = list(zip(self.parts, saved, strict=True)), {}
        while pairs and not within(w, pairs[0][0].name):
            pairs.pop(0)
        for part, of_part in reversed(pairs[1:]):
            gy, gw_part = part.backward(gy, of_part, w, context)
            gw |= gw_part
        for part, of_part in pairs[:1]:
            gw |= part.parameter_gradients(gy, of_part, w, context)
        return gw

    @cached_property
    def parts(self) -> tuple[Part, ...]:  # type: ignore[override]
        numbers, parts, first = Counter(), [], 0
        for layer in self.layers:
            numbers[name_of(layer)] += 1
            parts.append(Part(f"{name_of(layer)}{numbers[name_of(layer)]}", layer, first))
            first += leaves(layer)
        if len({part.name for part in parts}) < len(parts):
            raise NetworkError(f"two of {', '.join(p.name for p in parts)} have one name; expected another short_name")
        return tuple(parts)

    def shapes_of(self, x_shape: Shape) -> list[Shape]:
        """Of x, x_1, ..., y; NetworkError naming the first layer that does not fit."""
        shapes = [x_shape]
        for k, layer in enumerate(self.layers):
            try:
                shapes.append(checked_y_shape(layer.y_shape(shapes[-1])))
            except NetworkError as error:
                raise NetworkError(
                    f"layer {k + 1}, {layer.text_for(shapes[-1])}, cannot take input {shapes[-1]}: {error}"
                ) from None
        return shapes

    def part_shapes(self, x_shape: Shape) -> list[Shape]:
        return self.shapes_of(x_shape)[:-1]

    def y_shape(self, x_shape: Shape) -> Shape:
        return self.shapes_of(x_shape)[-1]

    def connect(self, graph: Wiring, x: int, place: Place) -> int:
        for part in self.parts:
            x = graph.join(part.layer, x, place.within(part))
        return x

    def __str__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self.layers))})"


def checked_layers(layers: Sequence[Layer], kind: str) -> tuple[Layer, ...]:
    """The layers, at least one; NetworkError if one of them is none, or is a whole network."""
    if not isinstance(layers, Iterable) or isinstance(layers, str | bytes | Set | Mapping):
        raise NetworkError(f"{kind}: the layers are {short(layers)}; expected a list of them, as in [Linear(10)]")
    layers = tuple(layers)
    if not layers:
        raise NetworkError(f"the {kind.lower()} has no layers; expected at least one")
    for k, layer in enumerate(layers, start=1):
        check_part(f"layer {k}", layer)
    return layers


def check_part(where: str, layer: Any) -> None:
    """NetworkError unless it is a layer that may be part of another: a network's weights would not come along."""
    if not isinstance(layer, Layer):
        raise NetworkError(f"{where} is {short(layer)}; expected a layer, as in Linear(10)")
    if not layer.nests:
        raise NetworkError(f"{where} is a whole network, {layer!r}; expected its layers, as in *network.layers")


def checked_y_shape(shape: Any) -> Shape:
    """The shape; NetworkError unless it is (n,), (channels, length) or (channels, height, width)."""
    if not (isinstance(shape, tuple) and len(shape) in (1, 2, 3) and all(is_whole(n, 1) for n in shape)):
        expected = "expected (n,), (channels, length) or (channels, height, width), all above 0"
        raise NetworkError(f"its y_shape is {shape!r}; {expected}")
    check_room(shape, "its y_shape is")
    return shape
