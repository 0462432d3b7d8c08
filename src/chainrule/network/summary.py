"""`print(network)`: a table of its layers."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainrule.network.network import Network


def summary(network: Network) -> str:
    """One line a layer: the layer, its output shape, its parameters and the multiply-adds of one sample."""
    rows = [("layer", "output shape", "parameters", "multiply-adds"), ("input", _shape(network.input_shape), "", "")]
    parameters = [0] * len(network.layers)
    for p in network.parameters:
        parameters[p.layer] += prod(p.shape)
    multiply_adds = [
        layer.multiply_adds(shape) for layer, shape in zip(network.layers, network.shapes[:-1], strict=True)
    ]
    for k, layer in enumerate(network.layers):
        rows.append((str(layer), _shape(network.shapes[k + 1]), _count(parameters[k]), _count(multiply_adds[k])))
    rows.append((f"loss: {network.loss}", "", f"{sum(parameters):,}", f"{sum(multiply_adds):,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}".rstrip()
        for row in rows
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _count(n: int) -> str:
    return f"{n:,}" if n else ""
