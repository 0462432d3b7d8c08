"""Each layer's formula as the ONNX operator that computes it, in evaluation: a network's graph becomes ONNX's.

    Convolution  Conv            ReLU       Relu         MaxPooling      MaxPool       Softmax     Softmax
    Linear       [Flatten] Gemm  LeakyReLU  LeakyRelu    AveragePooling  AveragePool   LogSoftmax  LogSoftmax
    Sigmoid      Sigmoid         ELU        Elu          Flatten         Flatten       Dropout     nothing
    Tanh         Tanh            Softplus   Softplus     BatchNormalisation, LayerNormalisation    by the same names
    Residual     Add, behind its own

Others are several (`onnx_formulas`). Every operator reads values, by name, and its constants. The values have the
lecture's names: x, x_1 after the first layer, x_2, ..., y. All names are identifiers in C, as the ONNX specification
wants them.
"""

from collections.abc import Callable
from typing import Any

from chainrule.base.errors import NetworkError
from chainrule.exchange.onnx_formulas import FORMULAS, Place
from chainrule.exchange.onnx_operator import FLOAT32, Attributes, Operator
from chainrule.exchange.rounding import rounded
from chainrule.layers import (
    ELU,
    AveragePooling,
    BatchNormalisation,
    Convolution,
    Dropout,
    Flatten,
    Layer,
    LayerNormalisation,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxPooling,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)
from chainrule.layers.graph import Node
from chainrule.layers.layer import Shape
from chainrule.layers.residual import Addition
from chainrule.layers.windows import Windows
from chainrule.network.network import Network


def window_attributes(at: Windows) -> Attributes:
    """Of all that looks through windows: zeros before all axes come before those behind them."""
    found = {"kernel_shape": [*at.size], "strides": [*at.stride]}
    if any(map(any, at.padding)):
        found["pads"] = [*(before for before, _ in at.padding), *(behind for _, behind in at.padding)]
    return found | ({"dilations": [*at.dilation]} if set(at.dilation) != {1} else {})


WINDOWED: dict[type[Layer], tuple[str, Callable[[Any], Attributes]]] = {  # the operator, and what else it needs
    Convolution: ("Conv", lambda c: {"group": c.groups} if c.groups > 1 else {}),
    MaxPooling: ("MaxPool", lambda _: {}),
    AveragePooling: (
        "AveragePool",
        lambda pool: {"count_include_pad": 1} if pool.padding and pool.count_include_pad else {},
    ),
}

OPERATORS: dict[type[Layer], Callable[[Any], tuple[str, Attributes]]] = {
    Linear: lambda _: ("Gemm", {"transB": 1}),
    ReLU: lambda _: ("Relu", {}),
    LeakyReLU: lambda relu: ("LeakyRelu", {"alpha": relu.slope}),
    ELU: lambda elu: ("Elu", {"alpha": elu.alpha}),
    Softplus: lambda _: ("Softplus", {}),
    Softmax: lambda _: ("Softmax", {"axis": 1}),
    LogSoftmax: lambda _: ("LogSoftmax", {"axis": 1}),
    Sigmoid: lambda _: ("Sigmoid", {}),
    Tanh: lambda _: ("Tanh", {}),
    Flatten: lambda _: ("Flatten", {"axis": 1}),
    BatchNormalisation: lambda norm: ("BatchNormalization", {"epsilon": norm.eps}),
    LayerNormalisation: lambda norm: ("LayerNormalization", {"axis": 1, "epsilon": norm.eps}),
    Addition: lambda _: ("Add", {}),
}


def network_operators(network: Network, x: str, y: str) -> list[Operator]:
    """Those of the network's layers, from the value called x to the one called y."""
    found: list[Operator] = []
    names = {0: x}  # of the graph's values; a dropout's output is its input
    for node in network.graph.nodes:
        made = node_operators(network, node, tuple(names[k] for k in node.inputs))
        names[node.output] = made[-1].output if made else names[node.inputs[0]]
        found += made
    last = names[len(network.graph.shapes) - 1]
    if last == x:
        return [Operator("Identity", (x,), y)]
    return [operator.renamed({last: y}) for operator in found]


def node_operators(network: Network, node: Node, inputs: tuple[str, ...]) -> list[Operator]:
    """Those of a node of the graph, whose output is x_k; none for a dropout."""
    layer, x_shape, k = node.layer, network.graph.shapes[node.inputs[0]], node.output
    about = layer.text_for(x_shape)
    if type(layer) is Dropout:
        return []
    constants = {
        p.name.replace(".", "_"): rounded(p.name, p.view(of), FLOAT32)
        for places, of in ((network.parameters, network.w), (network.kept, network.statistics))
        for p in places
        if p.name.rpartition(".")[0] == node.name
    }
    if isinstance(layer, BatchNormalisation) and not layer.running:
        raise NetworkError(f"{layer} evaluates by its batch's own moments, which ONNX cannot; expected running=True")
    if type(layer) in FORMULAS:
        return FORMULAS[type(layer)](layer, Place(inputs, k, len(x_shape), network.w.dtype), constants)
    row = []
    if isinstance(layer, Linear) and len(x_shape) > 1:
        flat = f"x_{k - 1}_flat"  # in a row of layers, of what it reads
        row, inputs = [Operator("Flatten", inputs, flat, {"axis": 1}, about="(c, i, j) order")], (flat,)
    kind, attributes = operator_of(layer, x_shape)
    return [*row, Operator(kind, inputs, f"x_{k}", attributes, constants, about)]


def operator_of(layer: Layer, x_shape: Shape) -> tuple[str, Attributes]:
    """The name of the operator, and its attributes; NetworkError for a layer that is not one of chainrule's."""
    if type(layer) in WINDOWED:
        kind, more = WINDOWED[type(layer)]
        return kind, window_attributes(layer.windows_over(x_shape)) | more(layer)  # type: ignore[attr-defined]
    if type(layer) not in OPERATORS:
        known = ", ".join(kind.__name__ for kind in (*WINDOWED, *OPERATORS, Dropout, *FORMULAS) if kind is not Addition)
        raise NetworkError(f"{layer} has no operator in ONNX; expected one of: {known}")
    return OPERATORS[type(layer)](layer)
