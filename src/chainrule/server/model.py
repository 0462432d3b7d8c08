"""GET /api/model: what the network is, layer by layer."""

from dataclasses import asdict
from math import prod
from typing import Any

from chainrule.base.errors import ModelError
from chainrule.data.schema import Features
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
        "kind": kind_of(subject),
        "data": subject.read is not None,
        "columns": columns_of(network),
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
    return reader_of(subject) is not None


def kind_of(subject: Subject) -> str:
    """How one calls a sample: a digit, an image, or only a sample."""
    reader = reader_of(subject)
    return "sample" if reader is None else "digit" if reader.prepared else "image"


def reader_of(subject: Subject) -> PictureReader | None:
    try:
        return PictureReader.of(subject.network, named=subject.classes is not None)
    except ModelError:
        return None


def columns_of(network: Network) -> list[str] | None:
    """The names of a table's columns; None where its inputs have none."""
    inputs = network.schema and network.schema.inputs
    return list(inputs.names) if isinstance(inputs, Features) and inputs.named else None
