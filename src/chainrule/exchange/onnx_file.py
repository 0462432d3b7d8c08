"""A network as an ONNX model: opset 17, IR version 8, float32, any number of samples in a batch.

    x (batch, *input_shape)  or a column (batch, 1) each, by name        float32, or bytes
    -> [label (batch,)],  y (batch, *output_shape)  or probabilities

y of a regression is in the target's units. Batch normalisations are folded into what is before them, where they can be
(`network.folding`). Metadata: "input" and "output", what these are, in words; and in JSON "network", the network as
plain data, and, of one that knows what it was trained on, "schema", that; "columns", the names of a table's, in the
order of x; "classes", the classes' names. onnx is an extra, loaded only here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from chainrule.base.arguments import of_kind
from chainrule.base.errors import ChainruleError
from chainrule.base.version import __version__
from chainrule.base.writing import write_bytes
from chainrule.data.schema import Features
from chainrule.exchange.description import describe
from chainrule.exchange.meaning import class_names
from chainrule.exchange.onnx_ends import End, Wanted
from chainrule.exchange.onnx_input import input_operators, inputs_of
from chainrule.exchange.onnx_operator import Operator
from chainrule.exchange.onnx_operators import network_operators
from chainrule.exchange.onnx_output import output_operators, outputs_of, own_name
from chainrule.network.folding import folded
from chainrule.network.moment import still
from chainrule.network.network import Network

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import ModelProto

OPSET, IR_VERSION = 17, 8


def to_onnx(
    network: Network,
    path: str | Path,
    *,
    preprocess: bool = False,
    probabilities: bool = False,
    labels: bool = False,
    columns: bool = False,
) -> None:
    """Write the network, in evaluation, for any runtime of ONNX.

    preprocess : x is bytes of pixels, and the graph brings them to the range of those that the network was trained on,
        scaled as the network scales; else x is float32, as the network's layers read it
    probabilities : the graph ends in what `network.predict` gives a classifier; else in y, as `network(x)`, which of
        a regression is in the target's units, as of `predict`
    labels : the first output is the class itself, `label` (batch,): int64 where the classes' names are whole numbers,
        else text
    columns : each column of the table that the network was trained on is an input (batch, 1) of its name

    The printed `End`s of `ends` and the file's metadata say what goes in and comes out. UsageError for what this
    network cannot take or give, ChainruleError without onnx, or if the file cannot be written.
    """
    model = onnx_model(network, preprocess, probabilities, labels=labels, columns=columns)
    write_bytes(path, model.SerializeToString())


def onnx_model(
    network: Network,
    preprocess: bool = False,
    probabilities: bool = False,
    *,
    labels: bool = False,
    columns: bool = False,
) -> ModelProto:
    """The same model in memory, as checked by onnx; a network of float64 is rounded to float32."""
    try:
        from onnx import TensorProto, checker, helper, numpy_helper
    except ImportError:
        raise ChainruleError('ONNX files need onnx: pip install "chainrule[onnx]"') from None
    network = still(of_kind("the network", network, Network, "a Network"))
    wanted = Wanted(preprocess, probabilities, labels, columns)
    given, made = ends(network, wanted)
    row = operators(folded(network), wanted)
    nodes = [helper.make_node(o.kind, o.arguments, [o.output], o.output, o.about, **o.attributes) for o in row]
    constants = [numpy_helper.from_array(a, name) for o in row for name, a in o.constants.items()]
    types = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8}
    types |= {"int64": TensorProto.INT64, "string": TensorProto.STRING}
    inputs, outputs = (
        [helper.make_tensor_value_info(e.name, types[e.dtype], e.batch_shape, e.about) for e in side]
        for side in (given, made)
    )
    graph = helper.make_graph(nodes, "network", inputs, outputs, constants)
    said = metadata(network, given, made)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="chainrule",
        producer_version=__version__,
        doc_string=f"input: {said['input']}\noutput: {said['output']}",
    )
    helper.set_model_props(model, said)
    checker.check_model(model, full_check=True)
    return model


def ends(network: Network, wanted: Wanted) -> tuple[list[End], list[End]]:
    """The graph's inputs and its outputs; UsageError for what the network cannot take or give."""
    given, made = inputs_of(network, wanted), outputs_of(network, wanted)
    taken = {end.name for end in given if wanted.columns}
    return given, [replace(end, name=free(end.name, taken)) for end in made]


def operators(network: Network, wanted: Wanted) -> list[Operator]:
    """From the inputs to the outputs. A value that is called as a column is gets another name."""
    first = input_operators(network, wanted)
    x = first[-1].output if first else "x"
    row = [*first, *network_operators(network, x, own_name(network, wanted)), *output_operators(network, wanted)]
    if not wanted.columns:
        return row
    taken = {end.name for end in inputs_of(network, wanted)}
    names = {name: free(name, taken) for o in row for name in (o.output, *o.constants)}
    joined, *rest = row
    return [replace(joined, output=names[joined.output]), *(operator.renamed(names) for operator in rest)]


def free(name: str, taken: set[str]) -> str:
    """A name that is not taken."""
    while name in taken:
        name += "_"
    return name


def metadata(network: Network, given: list[End], made: list[End]) -> dict[str, str]:
    """What the file says of itself, by name."""
    said = {"input": "; ".join(map(str, given)), "output": "; ".join(map(str, made))}
    said["network"] = json.dumps(describe(network))
    if network.schema is not None:
        said["schema"] = json.dumps(network.schema.plain())
        if isinstance(network.schema.inputs, Features) and network.schema.inputs.named:
            said["columns"] = json.dumps(network.schema.inputs.names)
    names = class_names(network)
    return said | ({"classes": json.dumps(names)} if names else {})
