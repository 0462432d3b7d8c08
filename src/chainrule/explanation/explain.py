"""An explanation put together: which rules speak of a unit, and the terms that they name.

A value's derivative has the terms of all its readers, and those of the loss, where it is the network's output.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import NamedTuple

import numpy as np

import chainrule.explanation.loss_rules  # noqa: F401  # they register themselves
from chainrule.base.arguments import of_kind
from chainrule.base.errors import UsageError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import short
from chainrule.explanation import rules as folder
from chainrule.explanation.at import At, Said, at_once
from chainrule.explanation.explanation import Explanation
from chainrule.explanation.losses import loss_said, output_said
from chainrule.explanation.rules.own import OWN
from chainrule.explanation.rules.rule import RULES, Rule
from chainrule.explanation.terms import Column, Terms, product
from chainrule.explanation.unit import LOSS, Unit, unit_of
from chainrule.layers.graph import Node
from chainrule.network.network import Network
from chainrule.network.tracing import Trace

for _module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
    importlib.import_module(_module.name)  # each file of `rules` registers what it holds


class Found(NamedTuple):
    """A unit's explanation but for its numbers."""

    layer: str
    said: Said


def explain(trace: Trace, unit: str, sample: int = 0) -> Explanation:
    """What made a unit of the trace, as in `explain(trace, "dL/conv1:3,5,7")`.

    unit : its name, see `chainrule.explanation.unit`
    sample : of which sample, from 0; a parameter's derivative, and the loss, are sums over all of them

    UsageError for a unit, or a sample, that there is none of.
    """
    trace = of_kind("the trace", trace, Trace, "one, as chainrule.trace gives")
    found = unit_of(trace.network, unit)
    sample = checked_sample(trace, sample)
    with np.errstate(all="ignore"):  # what is not finite in the pass is so in its terms
        layer, said = _said(trace, found, sample)
        terms = Terms(said.blocks)
    value = value_of(trace, found, sample)
    return Explanation(str(found), layer, said.formula, said.rule, terms, value, found.shape)


def checked_sample(trace: Trace, sample: int) -> int:
    """The number of a sample of the trace; UsageError for another."""
    n = len(trace.x[0])
    if not is_whole(sample, 0) or sample >= n:
        expected = f"a whole number from 0 to {n - 1}" if n else "a trace of at least one"
        raise UsageError(f"there is no sample {short(sample)} in the trace; expected {expected}")
    return int(sample)


def value_of(trace: Trace, unit: Unit, sample: int) -> float:
    """The number itself, as the definition computed it."""
    if unit.kind == "loss":
        return trace.loss
    if unit.kind == "parameter":
        return float((trace.gw if unit.gradient else trace.w)[unit.name][unit.index])
    return float((trace.gx if unit.gradient else trace.x)[unit.number][(sample, *unit.index)])


def rule_of(node: Node) -> Rule:
    """The rule of its layer's very type, or the one that asks the layer itself."""
    return RULES.get(type(node.layer), OWN)


def owner_of(network: Network, parameter: str) -> tuple[Node, str]:
    """The node that a parameter belongs to, and what it is called in its layer."""
    node = next(each for each in network.graph.nodes if parameter.startswith(f"{each.name}."))
    return node, parameter.removeprefix(f"{node.name}.")


def _said(trace: Trace, unit: Unit, sample: int) -> Found:
    if unit.kind == "loss":
        return Found(str(trace.network.loss), loss_said(trace))
    if unit.kind == "parameter":
        node, name = owner_of(trace.network, unit.name)
        if not unit.gradient:
            return Found(_text(trace, node), _given(trace, unit, sample, "A parameter: training moves it."))
        said = rule_of(node).by_parameter(At(trace, node, sample), name, unit.index)
        return Found(_text(trace, node), said)
    if unit.gradient:
        return _by_value(trace, unit, sample)
    if unit.number == 0:
        return Found("", _given(trace, unit, sample, "What the network is given."))
    node = trace.network.graph.nodes[unit.number - 1]
    return Found(_text(trace, node), rule_of(node).value(At(trace, node, sample), unit.index))


def _by_value(trace: Trace, unit: Unit, sample: int) -> Found:
    """The derivative by a value: what all of its readers send back."""
    graph, index = trace.network.graph, unit.index
    said: list[tuple[str, Said]] = []
    for node in (graph.nodes[k] for k in graph.readers(unit.number)):
        for read in (k for k, value in enumerate(node.inputs) if value == unit.number):
            said.append((node.name, rule_of(node).by_input(At(trace, node, sample), index, read)))
    layers = [_text(trace, graph.nodes[k]) for k in graph.readers(unit.number)]
    if unit.number == len(graph.shapes) - 1:
        formula, rule, blocks = output_said(trace, sample, index)
        said.append((LOSS, Said(f"dL/dy[{','.join(map(str, index))}] = {formula}", rule, blocks)))
        layers.append(str(trace.network.loss))
    text = ", ".join(dict.fromkeys(layers))
    if len(said) == 1:
        return Found(text, said[0][1])
    formula = "; ".join(f"{name}: {each.formula}" for name, each in said)
    blocks = [block.noted(f"from {name}") for name, each in said for block in each.blocks]
    return Found(text, Said(f"the sum of {formula}", f"{len(said)} readers send back their part each.", blocks))


def _given(trace: Trace, unit: Unit, sample: int, rule: str) -> Said:
    """Of what no formula makes."""
    here = Column(unit.name, np.array([value_of(trace, unit, sample)]), unit.name, at_once(unit.index))
    return Said(f"{unit}", rule, [product(here)])


def _text(trace: Trace, node: Node) -> str:
    return node.layer.text_for(trace.network.graph.shapes[node.inputs[0]])
