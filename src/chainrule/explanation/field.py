"""What a unit reads and what it affects, as boxes of indices by layer: its receptive field, both ways.

A box is the smallest one that holds all of the numbers; between a dilated window's there are others. In a batch
normalisation's training a number meets all of its channel, in all samples. A parameter, which reads nothing, affects
what its layer makes with it.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.base.arguments import of_kind
from chainrule.base.errors import UsageError
from chainrule.explanation.explain import owner_of, rule_of
from chainrule.explanation.rules.rule import Box, Reach
from chainrule.explanation.unit import Unit, unit_of
from chainrule.layers.graph import Node
from chainrule.network.network import Network
from chainrule.network.tracing import Trace


class Part(NamedTuple):
    """A box of a value's numbers."""

    name: str  # of the value: "x", or the layer that gives it
    first: tuple[int, ...]
    last: tuple[int, ...]  # it is in the box, too


class Field(NamedTuple):
    """Of a unit."""

    reads: tuple[Part, ...]  # from the input on; without the unit itself
    affects: tuple[Part, ...]  # up to the network's output


def field_of(trace: Trace, unit: str) -> Field:
    """What a unit depends on and what depends on it, in that pass; of a derivative dL/..., what its unit does.

    UsageError for the loss, which depends on all.
    """
    network = of_kind("the trace", trace, Trace, "one, as chainrule.trace gives").network
    found, training = unit_of(network, unit), trace.context.training
    if found.kind == "loss":
        raise UsageError("the loss depends on all numbers; expected a unit of a layer or parameter, as conv1:3,5,7")
    if found.kind == "parameter":
        node, name = owner_of(network, found.name)
        touched = rule_of(node).parameter_affects(_reach(network, node, training), name, found.index)
        start = {} if touched is None else {node.output: touched}
        return Field((), _parts(network, _forwards(network, start, training)))
    own: dict[int, Box] = {found.number: tuple((k, k) for k in found.index)}
    reads, affects = _backwards(network, own, training), _forwards(network, own, training)
    return Field(_parts(network, reads, but=found), _parts(network, affects, but=found))


def _forwards(network: Network, start: dict[int, Box], training: bool) -> dict[int, Box]:
    """The boxes that depend on these, value by value."""
    found = dict(start)
    for node in network.graph.nodes:
        for value in node.inputs:
            if value in found:
                box = rule_of(node).affects(_reach(network, node, training), found[value])
                _join(found, node.output, box)
    return found


def _backwards(network: Network, start: dict[int, Box], training: bool) -> dict[int, Box]:
    """The boxes that these depend on."""
    found = dict(start)
    for node in reversed(network.graph.nodes):
        if node.output in found:
            box = rule_of(node).reads(_reach(network, node, training), found[node.output])
            for value in node.inputs:
                _join(found, value, box)
    return found


def _join(found: dict[int, Box], value: int, box: Box | None) -> None:
    """Let a value's box hold that one, too."""
    if box is None:
        return
    pairs = zip(found.get(value, box), box, strict=True)
    found[value] = tuple((min(a, c), max(b, d)) for (a, b), (c, d) in pairs)


def _reach(network: Network, node: Node, training: bool) -> Reach:
    shapes = network.graph.shapes
    return Reach(node.layer, shapes[node.inputs[0]], shapes[node.output], training)


def _parts(network: Network, boxes: dict[int, Box], but: Unit | None = None) -> tuple[Part, ...]:
    names = network.graph.names
    return tuple(
        Part(names[value], tuple(first for first, _ in box), tuple(last for _, last in box))
        for value, box in sorted(boxes.items())
        if but is None or value != but.number
    )
