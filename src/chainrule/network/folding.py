"""Folding: in evaluation a batch normalisation is part of the convolution, or linear layer, before it.

    y = gamma (w x + b - mean) / r + beta  =  (k w) x + k (b - mean) + beta

    r = sqrt(variance + eps),  k = gamma / r

In evaluation mean and variance are constants, so that both are one layer with other weights: what answers, and does not
learn, has no normalisation to compute. It is folded where it alone reads what the layer before it gives.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np

from chainrule.layers import BatchNormalisation, Convolution, Layer, Linear, Residual, Sequential
from chainrule.layers.graph import Node
from chainrule.layers.layer import Arrays, within
from chainrule.network.network import Network

Changes = Mapping[str, Layer | None]  # by a layer's name: what takes its place; None: nothing


class Pair(NamedTuple):
    """A layer with weights, and the batch normalisation that reads what it gives."""

    weighing: Node
    normalising: Node


def folded(network: Network) -> Network:
    """A network that computes the same in evaluation, its batch normalisations folded where they can be; the network
    itself, if that is nowhere. Nothing is changed: the other has weights of its own."""
    pairs = pairs_of(network)
    if not pairs:
        return network
    changes: dict[str, Layer | None] = {}
    for weighing, normalising in pairs:
        changes |= {weighing.name: with_bias(weighing.layer), normalising.name: None}
    layers = changed_parts(network, "", changes)
    other = Network(layers, network.input_shape, network.loss, scaling=network.scaling, dtype=network.w.dtype)
    other.schema = network.schema
    take_numbers(other, network, {pair.weighing.name: pair for pair in pairs})
    return other


def pairs_of(network: Network) -> list[Pair]:
    """Those that can be folded, in the order of the graph."""
    graph, known = network.graph, set(open_names(network))
    writers = {node.output: node for node in graph.nodes}
    pairs = [Pair(writers[node.inputs[0]], node) for node in graph.nodes if node.inputs[0] in writers]
    return [
        pair
        for pair in pairs
        if type(layer := pair.normalising.layer) is BatchNormalisation
        and layer.running
        and type(pair.weighing.layer) in (Convolution, Linear)
        and len(graph.readers(pair.weighing.output)) == 1
        and {node.name for node in pair} <= known
    ]


def open_names(layer: Layer, name: str = "") -> Iterator[str]:
    """The names of what can be taken out of a layer: all that it is made of, but for what is in containers that are not
    ours."""
    for part in layer.parts:
        of_part = f"{name}{part.name}"
        yield of_part
        if type(part.layer) in (Sequential, Residual):
            yield from open_names(part.layer, f"{of_part}.")


def changed(layer: Layer, name: str, changes: Changes) -> Layer | None:
    """The layer of that name, or what takes its place, its parts changed likewise; None: nothing is left of it."""
    if name in changes:
        return changes[name]
    if type(layer) not in (Sequential, Residual):
        return layer
    parts = changed_parts(layer, f"{name}.", changes)
    if isinstance(layer, Residual) and layer.added is not None:
        *parts, shortcut = parts
        return replace(layer, layers=parts, shortcut=shortcut)
    return replace(layer, layers=parts) if parts else None


def changed_parts(layer: Layer, start: str, changes: Changes) -> list[Layer]:
    """What is left of a layer's parts, whose names begin so."""
    found = (changed(part.layer, f"{start}{part.name}", changes) for part in layer.parts)
    return [each for each in found if each is not None]


def with_bias(layer: Layer) -> Layer:
    """The same layer, which has a bias in any case."""
    return replace(layer, bias=True) if "bias" in (each.name for each in fields(layer)) else layer


def take_numbers(other: Network, network: Network, pairs: Mapping[str, Pair]) -> None:
    """Give the other network the parameters and statistics of this one; `pairs`, by the name of the first, folded."""
    numbers, to = (each.named() | each.named_statistics() for each in (network, other))
    gone = {pair.normalising.name for pair in pairs.values()}
    kept = [node for node in network.graph.nodes if node.name not in gone]
    for old, new in zip(kept, other.graph.nodes, strict=True):
        own: Arrays = within(numbers, old.name)
        pair = pairs.get(old.name)
        if pair and isinstance(layer := pair.normalising.layer, BatchNormalisation):
            own = folded_weights(own, within(numbers, pair.normalising.name), layer.eps)
        for name, view in within(to, new.name).items():
            view[...] = own[name]


def folded_weights(own: Arrays, of: Arrays, eps: float) -> dict[str, np.ndarray]:
    """w and b of the one layer, computed in float64; `of` the normalisation."""
    gamma, beta, mean, variance = (of[name].astype(np.float64) for name in ("gamma", "beta", "mean", "variance"))
    k, w = gamma / np.sqrt(variance + eps), own["w"].astype(np.float64)
    b = own["b"].astype(np.float64) if "b" in own else 0.0
    return {"w": w * k.reshape(-1, *[1] * (w.ndim - 1)), "b": k * (b - mean) + beta}
