"""What a unit is called: one number of one pass.

    conv1:3,5,7           y[3,5,7] of the layer conv1; of a block, what its last layer gives
    x:0,5,7               the network's input
    conv1.w:3,0,1,1       a parameter
    dL/conv1:3,5,7        the loss's derivative by any of these
    loss                  the loss itself

Indices are those of one sample, from 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import prod
from typing import Literal, NoReturn

from chainrule.base.errors import UsageError
from chainrule.base.guessing import meant
from chainrule.base.showing import short
from chainrule.explanation.terms import unit_text
from chainrule.layers.passes import Shape
from chainrule.network.network import Network

GRADIENT = "dL/"
LOSS = "loss"
FORM = re.compile("[0-9]{1,12}")


@dataclass(frozen=True)
class Unit:
    """A unit of a network."""

    kind: Literal["value", "parameter", "loss"]
    name: str
    index: tuple[int, ...] = ()
    shape: Shape = ()
    """Of the array that it is in, of one sample."""
    gradient: bool = False
    number: int = 0
    """Of a value, in the network's graph."""

    def __str__(self) -> str:
        return unit_text(f"{GRADIENT if self.gradient else ''}{self.name}", self.index)


def unit_of(network: Network, text: str) -> Unit:
    """The unit of that name; UsageError where there is none."""
    if not isinstance(text, str):
        raise UsageError(f"the unit is {short(text)}; expected text, as in conv1:3,5,7")
    gradient = text.startswith(GRADIENT)
    name, colon, indices = text.removeprefix(GRADIENT).partition(":")
    if name == LOSS:
        if gradient or colon:
            raise UsageError(f"there is no unit {short(text)}; expected {LOSS}, which is one number")
        return Unit("loss", LOSS)
    unit = replace(_array(network, name, text), gradient=gradient)
    return replace(unit, index=_index(unit, colon, indices, text))


def _array(network: Network, name: str, text: str) -> Unit:
    """A unit of the array of that name, which one is not known yet."""
    values, shapes = network.graph.names, network.graph.shapes
    if name in values:
        number = values.index(name)
        return Unit("value", name, (), shapes[number], number=number)
    for each in network.parameters:
        if each.name == name:
            return Unit("parameter", name, (), each.shape)
    inside = [k for k, each in enumerate(values) if each.startswith(f"{name}.")]
    if name and inside:  # a block: what it gives is what its last layer writes
        return Unit("value", values[inside[-1]], (), shapes[inside[-1]], number=inside[-1])
    known = [*values, *(each.name for each in network.parameters), LOSS]
    expected = "expected x, a layer or a parameter, as in conv1:3,5,7, conv1.w:3,0,1,1 or dL/conv1:3,5,7"
    raise UsageError(f"there is no {short(name)} in the unit {short(text)}; {expected}{meant(name, known)}")


def _index(unit: Unit, colon: str, indices: str, text: str) -> tuple[int, ...]:
    parts = indices.split(",") if colon else []
    if len(parts) != len(unit.shape):
        _refuse(unit, text, f"has {len(parts)} {'index' if len(parts) == 1 else 'indices'}")
    if not all(FORM.fullmatch(part.strip()) for part in parts):
        _refuse(unit, text, "has an index that is no whole number")
    index = tuple(map(int, parts))
    if any(k >= n for k, n in zip(index, unit.shape, strict=True)):
        _refuse(unit, text, "is outside it")
    return index


def _refuse(unit: Unit, text: str, wrong: str) -> NoReturn:
    """What the array is, and its last unit."""
    numbers = f"{prod(unit.shape):,} numbers of shape {unit.shape}"
    last = replace(unit, index=tuple(n - 1 for n in unit.shape))
    first = replace(unit, index=(0,) * len(unit.shape))
    given = f"the unit {short(text)} {wrong}: {unit.name} holds {numbers}"
    raise UsageError(f"{given}; expected {first} to {last}")
