"""Each layer's formula as the ONNX operator that computes it, in evaluation: a network's graph becomes ONNX's.

    Convolution  Conv            ReLU     Relu        MaxPooling      MaxPool          Softmax     Softmax
    Linear       [Flatten] Gemm  Sigmoid  Sigmoid     AveragePooling  AveragePool      LogSoftmax  LogSoftmax
    Standardise  Sub [Sub] Div   Tanh     Tanh        Dropout         nothing: it is the identity
    Residual     Add, behind its own

Every operator reads values, by name, and its constants. The values have the lecture's names: x, x_1 after the first
layer, x_2, ..., y. All names are identifiers in C, as the ONNX specification wants them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.exchange.rounding import doubt_rounding, rounded
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
from chainrule.layers.layer import Shape
from chainrule.layers.residual import Addition
from chainrule.layers.windows import Windows
from chainrule.network.network import Network

FLOAT32 = np.dtype(np.float32)
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

    @property
    def arguments(self) -> list[str]:
        """All that it reads: where a constant comes first, `inputs` says so."""
        return [*self.inputs, *(name for name in self.constants if name not in self.inputs)]

    def renamed(self, names: dict[str, str]) -> "Operator":
        """The same, where what it reads and gives has the names that stand for its own."""
        inputs = tuple(names.get(name, name) for name in self.inputs)
        constants = {names.get(name, name): array for name, array in self.constants.items()}
        return replace(self, inputs=inputs, output=names.get(self.output, self.output), constants=constants)


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
    Softmax: lambda _: ("Softmax", {"axis": 1}),
    LogSoftmax: lambda _: ("LogSoftmax", {"axis": 1}),
    Sigmoid: lambda _: ("Sigmoid", {}),
    Tanh: lambda _: ("Tanh", {}),
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
    if type(layer) is Standardise:
        return standardise_operators(layer, network.w.dtype, len(x_shape), k, inputs=inputs)
    row = []
    if isinstance(layer, Linear) and len(x_shape) > 1:
        flat = f"x_{k - 1}_flat"  # in a row of layers, of what it reads
        row, inputs = [Operator("Flatten", inputs, flat, {"axis": 1}, about="(c, i, j) order")], (flat,)
    kind, attributes = operator_of(layer, x_shape)
    parameters = {
        p.name.replace(".", "_"): rounded(p.name, p.view(network.w), FLOAT32)
        for p in network.parameters
        if p.name.rpartition(".")[0] == node.name
    }
    return [*row, Operator(kind, inputs, f"x_{k}", attributes, parameters, about)]


def standardise_operators(
    layer: Standardise, dtype: np.dtype, axes: int, k: int, *, inputs: tuple[str, ...]
) -> list[Operator]:
    """(x - mean) / std along the first of a sample's `axes`, as a network of that type computes it; its output is x_k.

    float32 rounds a mean that is large beside its std too far for a network of float64: what is left of it is
    subtracted next. The first difference is exact where x is near the mean. What the rounding of x itself loses is lost
    to a network of float32, too, but to one of float64 only here, with a warning.
    """
    if dtype != FLOAT32:
        doubt_rounding("ONNX's x", np.array(layer.mean), np.array(layer.std))

    def single(name: str, numbers: np.ndarray) -> np.ndarray:
        return rounded(f"layer {k}, {name}", np.reshape(numbers, (-1, *[1] * (axes - 1))), FLOAT32)

    mean, about = np.array(layer.mean, dtype), str(layer)
    constants = {"mean": single("mean", mean), "std": single("std", np.array(layer.std, dtype))}
    rest = single("mean", mean - constants["mean"].reshape(-1))
    row = [Operator("Sub", inputs, f"x_{k - 1}_centred", constants={f"mean_{k}": constants["mean"]}, about=about)]
    if rest.any():
        rests = {f"mean_{k}_rest": rest}
        row.append(Operator("Sub", (row[-1].output,), f"x_{k - 1}_exact", constants=rests, about=about))
    return [*row, Operator("Div", (row[-1].output,), f"x_{k}", constants={f"std_{k}": constants["std"]}, about=about)]


def operator_of(layer: Layer, x_shape: Shape) -> tuple[str, Attributes]:
    """The name of the operator, and its attributes; NetworkError for a layer that is not one of chainrule's."""
    if type(layer) in WINDOWED:
        kind, more = WINDOWED[type(layer)]
        return kind, window_attributes(layer.windows_over(x_shape)) | more(layer)  # type: ignore[attr-defined]
    if type(layer) not in OPERATORS:
        known = ", ".join(
            kind.__name__ for kind in (*WINDOWED, *OPERATORS, Dropout, Standardise) if kind is not Addition
        )
        raise NetworkError(f"{layer} has no operator in ONNX; expected one of: {known}")
    return OPERATORS[type(layer)](layer)
