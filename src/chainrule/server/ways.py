"""A value that several layers read, as what a residual block is given: what each of them sends back.

dL/dx = sum over its readers of dL/dy dy/dx
"""

from typing import Any

import numpy as np

from chainrule.base.arrays import read_only
from chainrule.layers.graph import Node
from chainrule.layers.layer import within
from chainrule.network.tracing import Trace, copied
from chainrule.server.plain import array


def ways(found: Trace) -> dict[str, dict[str, Any]]:
    """By the name of each such value, and of its reader: the reader's part of dL/d(value), of the first sample."""
    graph = found.network.graph
    several = {name: graph.readers(value) for value, name in enumerate(graph.names) if len(graph.readers(value)) > 1}
    return {
        name: {graph.nodes[k].name: array(sent_back_by(found, graph.nodes[k], name)[0]) for k in readers}
        for name, readers in several.items()
    }


def sent_back_by(found: Trace, node: Node, name: str) -> np.ndarray:
    """The node's part (s, ...) of dL/d(that value): its own two passes again."""
    context, w = node.context(copied(found.context)), within(found.w, node.name)
    own = {key: read_only(value) for key, value in w.items()}
    saved = node.layer.forward(node.read(found.x), own, context)[1]
    sent: Any = node.layer.backward(read_only(found.gx[node.output]), saved, own, context)[0]
    parts = sent if len(node.inputs) > 1 else (sent,)
    return np.sum([gx for value, gx in zip(node.inputs, parts, strict=True) if found.names[value] == name], axis=0)
