"""From what a user has to the network's x, in ONNX: columns become a matrix, bytes become numbers.

x[:, j] = column j                          with `columns`
x = (p / 255 - mean) / std                  with `preprocess`, in float32
"""

from math import prod

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.data.schema import Column, Features
from chainrule.exchange.meaning import byte_scaling, in_bytes, in_numbers
from chainrule.exchange.onnx_ends import End, Wanted
from chainrule.exchange.onnx_operator import FLOAT32, Operator
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling

FLOAT32_IN_ONNX = 1  # the number of that type


def inputs_of(network: Network, wanted: Wanted) -> list[End]:
    """What goes in: x, or the columns by name."""
    dtype = "uint8" if wanted.preprocess else "float32"
    about = in_bytes(network) if wanted.preprocess else in_numbers(network)
    if wanted.columns:
        return [End(column.name, dtype, (1,), column.numbers) for column in columns_of(network)]
    return [End("x", dtype, network.input_shape, about)]


def input_operators(network: Network, wanted: Wanted) -> list[Operator]:
    """What comes before the network's layers, which read the last one's output; of none, x."""
    row = []
    if wanted.columns:
        names = tuple(column.name for column in columns_of(network))
        row = [Operator("Concat", names, "x", {"axis": 1}, about="the columns in the training's order")]
    return row + scaling_operators(byte_scaling(network)) if wanted.preprocess else row


def columns_of(network: Network) -> tuple[Column, ...]:
    """Those of the table that the network was trained on; UsageError if they have no names that are inputs'."""
    inputs = network.schema and network.schema.inputs
    if not (isinstance(inputs, Features) and inputs.named) or prod(network.input_shape) != network.input_shape[0]:
        trained = "does not say what it was trained on" if inputs is None else f"was trained on {inputs}"
        raise UsageError(f"an input for each column needs their names, but the model {trained}")
    strange = [name for name in inputs.names if not name or inputs.names.count(name) > 1]
    if strange:
        raise UsageError(f"an input for each column needs their names, but one is {strange[0]!r}, or two are")
    return inputs.columns


def scaling_operators(scaling: Scaling) -> list[Operator]:
    """(p / 255 - mean) / std of bytes p, in float32; without a mean in one division, by what is 1 then."""
    about = "bytes become numbers"
    if scaling.mean:
        steps = [("Div", "white", 255.0), ("Sub", "mean", scaling.mean), ("Div", "std", scaling.std)]
    else:
        steps = [("Div", "white", 255 * scaling.std)]
    row = [Operator("Cast", ("x",), "p", {"to": FLOAT32_IN_ONNX}, about=about)]
    for kind, name, number in steps:
        if kind == "Sub" or number != 1:
            constant = {name: np.array(number, FLOAT32)}
            row.append(Operator(kind, (row[-1].output,), f"p_by_{name}", constants=constant, about=about))
    return row
