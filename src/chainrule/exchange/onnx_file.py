"""A network as an ONNX model: opset 17, IR version 8, float32, any number of samples in a batch.

    x (batch, *input_shape) -> y (batch, *output_shape), or to probabilities

Metadata: the producer, and under "network" the network as plain data, in JSON. onnx is an extra, loaded only here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.base.errors import ChainruleError
from chainrule.base.files import write_bytes
from chainrule.base.version import __version__
from chainrule.exchange.description import describe
from chainrule.exchange.onnx_operators import operators, output_name

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import ModelProto

    from chainrule.layers.layer import Shape
    from chainrule.network.network import Network
    from chainrule.network.scaling import Scaling

OPSET, IR_VERSION = 17, 8


@dataclass(frozen=True)
class End:
    """What goes into the graph, or comes out of it."""

    name: str
    dtype: str
    shape: Shape  # of one sample
    about: str

    @property
    def batch_shape(self) -> list[str | int]:
        return ["batch", *self.shape]

    def values(self) -> dict[str, object]:
        return {"name": self.name, "type": self.dtype, "shape": self.batch_shape}

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype} ({', '.join(map(str, self.batch_shape))}), {self.about}"


def to_onnx(network: Network, path: str | Path, *, preprocess: bool = False, probabilities: bool = False) -> None:
    """Write the network, in evaluation, for any runtime of ONNX.

    `preprocess`: x is bytes, and the graph scales them as the network does; else x is float32 and already scaled.
    `probabilities`: the graph ends in what `network.predict` gives a classifier; else in y, as `network(x)`.
    ChainruleError without onnx, or if the file cannot be written.
    """
    write_bytes(path, onnx_model(network, preprocess, probabilities).SerializeToString())


def onnx_model(network: Network, preprocess: bool = False, probabilities: bool = False) -> ModelProto:
    """The same model in memory, as checked by onnx; a network of float64 is rounded to float32."""
    try:
        from onnx import TensorProto, checker, helper, numpy_helper
    except ImportError:
        raise ChainruleError('ONNX files need onnx: pip install "chainrule[onnx]"') from None
    row = operators(network, preprocess, probabilities)
    given, made = ends(network, preprocess, probabilities)
    nodes = [
        helper.make_node(o.kind, [*o.inputs, *o.constants], [o.output], o.output, o.about, **o.attributes) for o in row
    ]
    constants = [numpy_helper.from_array(a, name) for o in row for name, a in o.constants.items()]
    types = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT}
    infos = [helper.make_tensor_value_info(e.name, types[e.dtype], e.batch_shape, e.about) for e in (given, made)]
    graph = helper.make_graph(nodes, "network", infos[:1], infos[1:], constants)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="chainrule",
        producer_version=__version__,
    )
    helper.set_model_props(model, {"network": json.dumps(describe(network))})
    checker.check_model(model, full_check=True)
    return model


def ends(network: Network, preprocess: bool, probabilities: bool) -> tuple[End, End]:
    """The graph's input and its output."""
    made = "of the classes" if probabilities else "what the last layer gives"
    y = End(output_name(probabilities), "float32", network.output_shape, made)
    if preprocess:
        return End(
            "x", "uint8", network.input_shape, f"bytes p, which the graph reads as {formula(network.scaling)}"
        ), y
    image = len(network.input_shape) == 3
    about = f"numbers; give bytes p of images as {formula(network.scaling)}" if image else "numbers"
    return End("x", "float32", network.input_shape, about), y


def formula(scaling: Scaling) -> str:
    """What the network reads instead of a byte p."""
    centred = f"(p / 255 - {scaling.mean:.6g})" if scaling.mean else "p / 255"
    return f"{centred} / {scaling.std:.6g}" if scaling.std != 1 else centred
