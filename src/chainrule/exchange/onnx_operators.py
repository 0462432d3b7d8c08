"""Each layer's formula as the ONNX operator that computes it, in evaluation: a network becomes operators in a row.

    Convolution  Conv            ReLU     Relu        MaxPooling      MaxPool          Softmax     Softmax
    Linear       [Flatten] Gemm  Sigmoid  Sigmoid     AveragePooling  AveragePool      LogSoftmax  LogSoftmax
    Standardise  Sub Div         Tanh     Tanh        Dropout         nothing: it is the identity

Every operator reads the value that the one before it gave, then its constants. The values have the lecture's names:
x, x_1 after the first layer, x_2, ..., y. All names are identifiers in C, as the ONNX specification wants them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.base.errors import NetworkError, UsageError
from chainrule.exchange.rounding import rounded
from chainrule.layers import (
    LAYERS,
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
from chainrule.losses import NLL, BinaryCrossEntropy, LogSoftmaxNLL, Loss, SigmoidBinaryCrossEntropy
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling

FLOAT32 = np.dtype(np.float32)
FLOAT32_IN_ONNX = 1  # the number of that type
Attributes = dict[str, Any]  # whole numbers, and lists of them


@dataclass(frozen=True)
class Operator:
    """`output` = `kind`(the value before, the constants)."""

    kind: str
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
}
PROBABILITIES: dict[type[Loss], str | None] = {  # what makes them of y; None: y is a probability
    LogSoftmaxNLL: "Softmax",
    SigmoidBinaryCrossEntropy: "Sigmoid",
    NLL: None,
    BinaryCrossEntropy: None,
}


def operators(network: Network, preprocess: bool = False, probabilities: bool = False) -> list[Operator]:
    """From x to y; `preprocess`: from bytes; `probabilities`: to what `network.predict` gives a classifier."""
    row = scaling_operators(network.scaling) if preprocess else []
    for k in range(len(network.layers)):
        row += layer_operators(network, k)
    if probabilities:
        row += loss_operators(network.loss)
    row = row or [Operator("Identity", "y")]
    row[-1] = replace(row[-1], output=output_name(probabilities))
    return row


def output_name(probabilities: bool) -> str:
    """What the last value is called."""
    return "probabilities" if probabilities else "y"


def scaling_operators(scaling: Scaling) -> list[Operator]:
    """(p / 255 - mean) / std of bytes p, in float32."""
    row = [
        Operator("Cast", "p", {"to": FLOAT32_IN_ONNX}, about="bytes become numbers: (p / 255 - mean) / std"),
        Operator("Div", "p_of_white", constants={"white": np.array(255, FLOAT32)}),
    ]
    if scaling.mean != 0:
        row.append(Operator("Sub", "p_centred", constants={"mean": np.array(scaling.mean, FLOAT32)}))
    if scaling.std != 1:
        row.append(Operator("Div", "p_scaled", constants={"std": np.array(scaling.std, FLOAT32)}))
    return row


def layer_operators(network: Network, k: int) -> list[Operator]:
    """Those of layer k (from 0), whose output is x_(k+1); none for a dropout."""
    layer, about = network.layers[k], str(network.layers[k])
    if type(layer) is Dropout:
        return []
    if type(layer) is Standardise:
        return standardise_operators(layer, k, len(network.shapes[k]))
    flatten = isinstance(layer, Linear) and len(network.shapes[k]) > 1
    row = [Operator("Flatten", f"x_{k}_flat", {"axis": 1}, about="(c, i, j) order")] if flatten else []
    kind, attributes = operator_of(layer)
    parameters = {
        p.name.replace(".", "_"): rounded(p.name, p.view(network.w), FLOAT32)
        for p in network.parameters
        if p.layer == k
    }
    return [*row, Operator(kind, f"x_{k + 1}", attributes, parameters, about)]


def standardise_operators(layer: Standardise, k: int, axes: int) -> list[Operator]:
    """(x - mean) / std along the first of a sample's `axes`."""
    mean, std = (
        rounded(f"layer {k + 1}, {name}", np.reshape(numbers, (-1, *[1] * (axes - 1))), FLOAT32)
        for name, numbers in (("mean", layer.mean), ("std", layer.std))
    )
    return [
        Operator("Sub", f"x_{k}_centred", constants={f"mean_{k + 1}": mean}, about=str(layer)),
        Operator("Div", f"x_{k + 1}", constants={f"std_{k + 1}": std}, about=str(layer)),
    ]


def operator_of(layer: Layer) -> tuple[str, Attributes]:
    """The name of the operator, and its attributes; NetworkError for a layer that is not one of chainrule's."""
    if type(layer) not in OPERATORS:
        known = ", ".join(kind.__name__ for kind in LAYERS)
        raise NetworkError(f"{layer} has no operator in ONNX; expected one of: {known}")
    return OPERATORS[type(layer)](layer)


def loss_operators(loss: Loss) -> list[Operator]:
    """What turns y into probabilities, as `loss.prediction` does; UsageError for a loss without any."""
    if type(loss) not in PROBABILITIES:
        raise UsageError(f"a network trained by {type(loss).__name__} gives no probabilities; export its y instead")
    kind = PROBABILITIES[type(loss)]
    return [] if kind is None else [Operator(kind, "", {"axis": 1} if kind == "Softmax" else {}, about=str(loss))]
