"""A layer made of others as a graph: nodes, none of them made of others, over values that one writes and others read.

In a row of layers each value has one reader. What a residual block reads has two, and the derivatives that these send
back add up, in the order of the readers. Engines, traces and exports work on this flat list.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from chainrule.base.arrays import read_only
from chainrule.base.showing import brief
from chainrule.layers.layer import Context, Layer, Place, within
from chainrule.layers.passes import Arrays, Shape, passed_on, sent_back


class Node(NamedTuple):
    """A layer that is not made of others: it reads values and writes one."""

    layer: Layer
    name: str
    number: int  # of its random words
    inputs: tuple[int, ...]  # most read one value; a sum reads two
    output: int

    __repr__ = brief

    def context(self, whole: Context) -> Context:
        """The node's, from that of the whole."""
        return Context(whole.training, whole.draws.after(self.number), within(whole.statistics, self.name))

    def read(self, values: Sequence[Any] | Mapping[int, Any]) -> Any:
        """What its layer is given: a value, or a tuple of several."""
        found = tuple(read_only(values[k]) for k in self.inputs)
        return found[0] if len(found) == 1 else found


@dataclass
class Graph:
    """Nodes in the order in which they are computed. Value 0 is x."""

    shapes: list[Shape]  # of each value, of one sample
    nodes: list[Node] = field(default_factory=list)

    __repr__ = brief

    @classmethod
    def of(cls, layer: Layer, x_shape: Shape) -> "Graph":
        """The graph of a layer; its last value is y."""
        graph = cls([x_shape])
        graph.join(layer, 0, Place())
        return graph

    def add(self, layer: Layer, inputs: tuple[int, ...], place: Place) -> int:
        """Add a node; the value that it writes."""
        self.nodes.append(Node(layer, place.name, place.number, inputs, len(self.shapes)))
        self.shapes.append(layer.y_shape(self.shapes[inputs[0]]))
        return self.nodes[-1].output

    def join(self, layer: Layer, x: int, place: Place) -> int:
        """Add a layer that reads value x; the value that it gives."""
        return layer.connect(self, x, place) if is_made_of_parts(layer) else self.add(layer, (x,), place)

    @property
    def names(self) -> list[str]:
        """Of each value: x, and the node that writes it, as in "block1.conv2"."""
        return ["x", *(node.name for node in self.nodes)]

    def readers(self, value: int) -> list[int]:
        """The nodes that read it, by their places in the list."""
        return [k for k, node in enumerate(self.nodes) if value in node.inputs]


def is_made_of_parts(layer: Layer) -> bool:
    """Whether a graph has the layer's parts in its place, if it has some: not if its class has a forward pass of its
    own below that which connects them."""
    order = type(layer).__mro__
    connects, computes = (next(k for k, c in enumerate(order) if m in vars(c)) for m in ("connect", "forward"))
    return connects <= computes


class Pass(NamedTuple):
    """What a forward pass computed."""

    values: list[np.ndarray]
    saved: list[Any]  # of each node

    __repr__ = brief


def forward(graph: Graph, x: np.ndarray, w: Arrays, context: Context) -> Pass:
    """Every value, from x on."""
    values, all_saved = [x], []
    for node in graph.nodes:
        found = node.layer.forward(node.read(values), within(w, node.name), node.context(context))
        y, saved = passed_on(found, node.name, (len(x), *graph.shapes[node.output]))
        values.append(y)
        all_saved.append(saved)
    return Pass(values, all_saved)


def outputs(graph: Graph, x: np.ndarray, w: Arrays, context: Context) -> Iterator[np.ndarray]:
    """What each node writes, in order; none is kept longer than a later node reads it."""
    values, last = {0: x}, {value: k for k, node in enumerate(graph.nodes) for value in node.inputs}
    for k, node in enumerate(graph.nodes):
        shape, own = (len(x), *graph.shapes[node.output]), within(w, node.name)
        y = passed_on(node.layer.forward(node.read(values), own, node.context(context)), node.name, shape)[0]
        yield y
        values[node.output] = y
        values = {value: kept for value, kept in values.items() if last.get(value, 0) > k}


def backward(
    graph: Graph, gy: np.ndarray, made: Pass, w: Arrays, *, context: Context
) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    """dL/d(every value), and dL/dw by name, from dL/dy."""
    gradients: list[Any] = [None] * len(graph.shapes)
    gradients[-1], gw = gy, {}
    for node, saved in reversed(list(zip(graph.nodes, made.saved, strict=True))):
        own = within(w, node.name)
        gy = read_only(gradients[node.output])
        given: Any = node.layer.backward(gy, saved, own, node.context(context))
        if len(node.inputs) == 1:
            gx, found = sent_back(given, node.name, made.values[node.inputs[0]].shape, own)
            sent = (gx,)
        else:
            sent, found = given
        for value, gx in zip(node.inputs, sent, strict=True):
            gradients[value] = gx if gradients[value] is None else gradients[value] + gx
        gw |= {f"{node.name}.{key}": gradient for key, gradient in found.items()}
    return gradients, gw
