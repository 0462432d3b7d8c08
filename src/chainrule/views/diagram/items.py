"""What a network's picture shows: blocks in a row, and forks, where two ways part and are added up again.

A layer that only works number by number, as an activation or a normalisation, stands in the block of the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import prod

from chainrule.layers import Layer, Residual, Sequential
from chainrule.layers.graph import is_made_of_parts
from chainrule.layers.layer import leaves
from chainrule.layers.passes import Shape
from chainrule.views.markup import shape_text

UNTOLD = "bias", "initial_w", "initial_b"
"""Fields of layers that a picture leaves out: they change no shape."""


@dataclass(frozen=True)
class Block:
    """Layers in a row, drawn as one."""

    layers: tuple[str, ...]  # what each is
    parameters: int
    y_shape: Shape

    def spoken(self) -> str:
        return f"{', '.join(self.layers)}, giving {shape_text(self.y_shape)}"


@dataclass(frozen=True)
class Fork:
    """A residual block: what its layers make of x is added to x, or to what the shortcut makes of it."""

    body: Sequence[Item]
    shortcut: Sequence[Item]  # none: x itself
    y_shape: Shape
    then: tuple[str, ...] = ()  # layers without parameters that work on the sum, number by number

    def spoken(self) -> str:
        added = spoken(self.shortcut) if self.shortcut else "its input"
        then = f", then {', '.join(self.then)}" if self.then else ""
        return f"residual block: {spoken(self.body)}; added to {added}{then}"


Item = Block | Fork


def spoken(items: Sequence[Item]) -> str:
    """The picture in words."""
    return "; ".join(item.spoken() for item in items)


def items_of(layer: Layer, x_shape: Shape) -> list[Item]:
    """Of what the layer is made of, in order."""
    items: list[Item] = []
    for part, shape in zip(layer.parts, layer.part_shapes(x_shape), strict=True):
        _add(items, part.layer, shape)
    return items


def _add(items: list[Item], layer: Layer, x_shape: Shape) -> None:
    """One more layer that reads the last item's values."""
    if is_made_of_parts(layer) and isinstance(layer, Residual):
        shortcut = [] if layer.added is None else items_of(Sequential([layer.added]), x_shape)
        items.append(Fork(items_of(layer.body, x_shape), shortcut, layer.y_shape(x_shape)))
    elif is_made_of_parts(layer) and isinstance(layer, Sequential):
        for part, shape in zip(layer.parts, layer.part_shapes(x_shape), strict=True):
            _add(items, part.layer, shape)
    else:
        _add_block(items, layer, x_shape)


def _add_block(items: list[Item], layer: Layer, x_shape: Shape) -> None:
    """The layer in a block of its own, or in the last one."""
    parameters = sum(prod(each.shape) for each in layer.parameters_for(x_shape).values())
    block = Block((told(layer, x_shape),), parameters, layer.y_shape(x_shape))
    number_by_number = block.y_shape == x_shape and layer.multiply_adds(x_shape) <= prod(x_shape)
    last = items[-1] if items and number_by_number and not layer.parts else None
    if isinstance(last, Block):
        items[-1] = Block(last.layers + block.layers, last.parameters + parameters, block.y_shape)
    elif last is not None and not parameters:
        items[-1] = replace(last, then=last.then + block.layers)
    else:
        items.append(block)


def told(layer: Layer, x_shape: Shape) -> str:
    """The layer as a picture calls it."""
    if layer.parts:
        return f"{type(layer).__name__} of {leaves(layer)} layers"
    values = {each.name: each.default for each in fields(layer) if each.name in UNTOLD}
    changed = {name: value for name, value in values.items() if getattr(layer, name) != value}
    return (replace(layer, **changed) if changed else layer).text_for(x_shape).removesuffix("()")
