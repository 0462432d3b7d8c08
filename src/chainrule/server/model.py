"""GET /api/model: what the network is, layer by layer."""

from dataclasses import asdict
from math import prod
from typing import Any

from chainrule.base.errors import ModelError
from chainrule.layers.graph import Node
from chainrule.network.network import Network
from chainrule.server.asked import Asked
from chainrule.server.kernels import fused
from chainrule.server.passes import reads_bytes
from chainrule.server.subject import Subject
from chainrule.tasks.picture_inputs import PictureReader


def model(subject: Subject, asked: Asked) -> dict[str, Any]:
    network = subject.network
    return {
        "name": subject.name,
        "preset": subject.preset,
        "origin": subject.origin and asdict(subject.origin),
        "text": str(network),
        "shape": list(network.input_shape),
        "in_bytes": reads_bytes(network),
        "pictures": takes_pictures(subject),
        "classes": subject.named,
        "loss": {"name": type(network.loss).__name__, "text": str(network.loss)},
        "eta": subject.eta,
        "dtype": str(network.w.dtype),
        "parameters": network.size,
        "layers": [{**of_node(network, node), "fused_with": fused(subject)[node.name]} for node in network.graph.nodes],
    }


def of_node(network: Network, node: Node) -> dict[str, Any]:
    """One layer, none of them made of others."""
    shapes, nodes = network.graph.shapes, network.graph.nodes
    names = {0: "x", **{each.output: each.name for each in nodes}}
    own = [p for p in network.parameters if p.name.rpartition(".")[0] == node.name]
    return {
        "name": node.name,
        "type": type(node.layer).__name__,
        "text": node.layer.text_for(shapes[node.inputs[0]]),
        "shape": list(shapes[node.output]),
        "x_shape": list(shapes[node.inputs[0]]),
        "inputs": [names[k] for k in node.inputs],
        "parameters": [{"name": p.name, "shape": list(p.shape), "size": prod(p.shape)} for p in own],
    }


def takes_pictures(subject: Subject) -> bool:
    """Whether a picture can be read for it."""
    try:
        PictureReader.of(subject.network, named=subject.classes is not None)
    except ModelError:
        return False
    return True
