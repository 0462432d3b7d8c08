"""Each layer's formula as the ONNX operator that computes it, in evaluation: a network's graph becomes ONNX's.

    Convolution  Conv            ReLU     Relu        MaxPooling      MaxPool          Softmax     Softmax
    Linear       [Flatten] Gemm  Sigmoid  Sigmoid     AveragePooling  AveragePool      LogSoftmax  LogSoftmax
    Standardise  Sub Div         Tanh     Tanh        Dropout         nothing: it is the identity
    Residual     Add, behind its own

Every operator reads values, by name, and its constants. The values have the lecture's names: x, x_1 after the first
layer, x_2, ..., y. All names are identifiers in C, as the ONNX specification wants them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.base.errors import NetworkError, UsageError
from chainrule.exchange.rounding import rounded
from chainrule.layers import (
    AveragePooling,
    Convolution,
    Dropout,
    Layer,
    Linear,
    LogSoftmax,
    MaxPooling,
    ReLU,
    Sigmoid,
    Softmax,
    Standardise,
    Tanh,
)
from chainrule.layers.graph import Node
from chainrule.layers.residual import Addition
from chainrule.losses import NLL, BinaryCrossEntropy, LogSoftmaxNLL, Loss, SigmoidBinaryCrossEntropy
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling

FLOAT32 = np.dtype(np.float32)
FLOAT32_IN_ONNX = 1  # the number of that type
Attributes = dict[str, Any]  # whole numbers, and lists of them


@dataclass(frozen=True)
class Operator:
    """`output` = `kind`(the values called `inputs`, the constants)."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: Attributes = field(default_factory=dict)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    about: str = ""


def windows(size: int, stride: int) -> Attributes:
    """The attributes of all that looks through windows."""
    return {"kernel_shape": [size, size], "strides": [stride, stride]}


OPERATORS: dict[type[Layer], Callable[[Any], tuple[str, Attributes]]] = {
    Convolution: lambda c: ("Conv", windows(c.kernel_size, c.stride) | {"pads": [c.padding] * 4}),
    Linear: lambda _: ("Gemm", {"transB": 1}),
    ReLU: lambda _: ("Relu", {}),
    MaxPooling: lambda pool: ("MaxPool", windows(pool.size, pool.step)),
    AveragePooling: lambda pool: ("AveragePool", windows(pool.size, pool.step)),
    Softmax: lambda _: ("Softmax", {"axis": 1}),
    LogSoftmax: lambda _: ("LogSoftmax", {"axis": 1}),
    Sigmoid: lambda _: ("Sigmoid", {}),
    Tanh: lambda _: ("Tanh", {}),
    Addition: lambda _: ("Add", {}),
}
PROBABILITIES: dict[type[Loss], str | None] = {  # what makes them of y; None: y is a probability
    LogSoftmaxNLL: "Softmax",
    SigmoidBinaryCrossEntropy: "Sigmoid",
    NLL: None,
    BinaryCrossEntropy: None,
}


def operators(network: Network, preprocess: bool = False, probabilities: bool = False) -> list[Operator]:
    """From x to y; `preprocess`: from bytes; `probabilities`: to what `network.predict` gives a classifier."""
    found = scaling_operators(network.scaling) if preprocess else []
    names = {0: found[-1].output if found else "x"}  # of the graph's values; a dropout's output is its input
    for node in network.graph.nodes:
        made = node_operators(network, node, tuple(names[k] for k in node.inputs))
        names[node.output] = made[-1].output if made else names[node.inputs[0]]
        found += made
    y = names[len(network.graph.shapes) - 1]
    if probabilities:
        found += loss_operators(network.loss, y)
        y = found[-1].output if found else y
    if y == "x":
        return [Operator("Identity", ("x",), output_name(probabilities))]
    return [renamed(operator, y, output_name(probabilities)) for operator in found]


def renamed(operator: Operator, old: str, new: str) -> Operator:
    """The operator, where the value is called by its new name."""
    inputs = tuple(new if name == old else name for name in operator.inputs)
    return replace(operator, inputs=inputs, output=new if operator.output == old else operator.output)


def output_name(probabilities: bool) -> str:
    """What the last value is called."""
    return "probabilities" if probabilities else "y"


def scaling_operators(scaling: Scaling) -> list[Operator]:
    """(p / 255 - mean) / std of bytes p, in float32."""
    about = "bytes become numbers: (p / 255 - mean) / std"
    row = [
        Operator("Cast", ("x",), "p", {"to": FLOAT32_IN_ONNX}, about=about),
        Operator("Div", ("p",), "p_of_white", constants={"white": np.array(255, FLOAT32)}),
    ]
    if scaling.mean != 0:
        mean = {"mean": np.array(scaling.mean, FLOAT32)}
        row.append(Operator("Sub", (row[-1].output,), "p_centred", constants=mean))
    if scaling.std != 1:
        std = {"std": np.array(scaling.std, FLOAT32)}
        row.append(Operator("Div", (row[-1].output,), "p_scaled", constants=std))
    return row


def node_operators(network: Network, node: Node, inputs: tuple[str, ...]) -> list[Operator]:
    """Those of a node of the graph, whose output is x_k; none for a dropout."""
    layer, about, k = node.layer, str(node.layer), node.output
    x_shape = network.graph.shapes[node.inputs[0]]
    if type(layer) is Dropout:
        return []
    if type(layer) is Standardise:
        return standardise_operators(layer, node, len(x_shape), inputs)
    row = []
    if isinstance(layer, Linear) and len(x_shape) > 1:
        flat = f"x_{k - 1}_flat"  # in a row of layers, of what it reads
        row, inputs = [Operator("Flatten", inputs, flat, {"axis": 1}, about="(c, i, j) order")], (flat,)
    kind, attributes = operator_of(layer)
    parameters = {
        p.name.replace(".", "_"): rounded(p.name, p.view(network.w), FLOAT32)
        for p in network.parameters
        if p.name.rpartition(".")[0] == node.name
    }
    return [*row, Operator(kind, inputs, f"x_{k}", attributes, parameters, about)]


def standardise_operators(layer: Standardise, node: Node, axes: int, inputs: tuple[str, ...]) -> list[Operator]:
    """(x - mean) / std along the first of a sample's `axes`."""
    k = node.output
    centred = f"x_{k - 1}_centred"
    mean, std = (
        rounded(f"layer {k}, {name}", np.reshape(numbers, (-1, *[1] * (axes - 1))), FLOAT32)
        for name, numbers in (("mean", layer.mean), ("std", layer.std))
    )
    return [
        Operator("Sub", inputs, centred, constants={f"mean_{k}": mean}, about=str(layer)),
        Operator("Div", (centred,), f"x_{k}", constants={f"std_{k}": std}, about=str(layer)),
    ]


def operator_of(layer: Layer) -> tuple[str, Attributes]:
    """The name of the operator, and its attributes; NetworkError for a layer that is not one of chainrule's."""
    if type(layer) not in OPERATORS:
        known = ", ".join(kind.__name__ for kind in (*OPERATORS, Dropout, Standardise) if kind is not Addition)
        raise NetworkError(f"{layer} has no operator in ONNX; expected one of: {known}")
    return OPERATORS[type(layer)](layer)


def loss_operators(loss: Loss, y: str) -> list[Operator]:
    """What turns y into probabilities, as `loss.prediction` does; UsageError for a loss without any."""
    if type(loss) not in PROBABILITIES:
        raise UsageError(f"a network trained by {type(loss).__name__} gives no probabilities; export its y instead")
    kind = PROBABILITIES[type(loss)]
    if kind is None:
        return []
    return [Operator(kind, (y,), "p_of_classes", {"axis": 1} if kind == "Softmax" else {}, about=str(loss))]
