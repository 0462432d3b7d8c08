"""Layers that are several operators in ONNX, or none by itself: their formulas, step by step.

Standardise           Sub [Sub] Div
Scale                 Mul Add
SiLU                  Sigmoid Mul
GELU                  Div Erf Add Mul Mul                   approximate:  Mul Mul Add Mul Sigmoid Mul
GlobalAveragePooling  GlobalAveragePool Flatten
"""

from collections.abc import Callable, Mapping
from math import pi, sqrt
from typing import Any, NamedTuple

import numpy as np

from chainrule.exchange.onnx_operator import FLOAT32, Attributes, Operator
from chainrule.exchange.rounding import doubt_rounding, rounded
from chainrule.layers import GELU, GlobalAveragePooling, Layer, Scale, SiLU, Standardise
from chainrule.layers.gelu import CUBIC

Constants = Mapping[str, np.ndarray]


class Place(NamedTuple):
    """Where in a graph a layer stands."""

    inputs: tuple[str, ...]  # what it reads
    k: int  # it gives x_k
    axes: int  # of a sample that it reads
    dtype: np.dtype  # of the network


class Row:
    """Operators in the making, each of which reads what the one before gave, and perhaps more; the last gives x_k."""

    def __init__(self, layer: Layer, place: Place) -> None:
        self.about, self.k, self.x = str(layer), place.k, place.inputs[0]
        self.operators: list[Operator] = []

    def then(
        self,
        kind: str,
        name: str = "",
        *others: str,
        attributes: Attributes | None = None,
        constants: Constants | None = None,
    ) -> str:
        """Append an operator; the name of what it gives, which without a `name` is x_k."""
        before = self.operators[-1].output if self.operators else self.x
        output = f"x_{self.k}_{name}" if name else f"x_{self.k}"
        made = Operator(kind, (before, *others), output, attributes or {}, dict(constants or {}), self.about)
        self.operators.append(made)
        return output

    def by(self, kind: str, number: float, name: str = "") -> str:
        """Append one that takes a number, too."""
        called = f"{name or 'factor'}_number_{self.k}"
        return self.then(kind, name, constants={called: np.array(number, FLOAT32)})


def standardise(layer: Standardise, place: Place, constants: Constants) -> list[Operator]:
    """(x - mean) / std, as a network of that type computes it.

    float32 rounds a mean that is large beside its std too far for a network of float64: what is left of it is
    subtracted next. The first difference is exact where x is near the mean. What the rounding of x itself loses is lost
    to a network of float32, too, but to one of float64 only here, with a warning.
    """
    k, row = place.k, Row(layer, place)
    if place.dtype != FLOAT32:
        doubt_rounding("ONNX's x", np.array(layer.mean), np.array(layer.std))

    def single(name: str, numbers: np.ndarray) -> np.ndarray:
        return rounded(f"layer {k}, {name}", along(numbers, place), FLOAT32)

    mean = np.array(layer.mean, place.dtype)
    first = single("mean", mean)
    rest = single("mean", mean - first.reshape(-1))
    row.then("Sub", "centred", constants={f"mean_{k}": first})
    if rest.any():
        row.then("Sub", "exact", constants={f"mean_{k}_rest": rest})
    row.then("Div", constants={f"std_{k}": single("std", np.array(layer.std, place.dtype))})
    return row.operators


def scale(layer: Scale, place: Place, constants: Constants) -> list[Operator]:
    """w x + b."""
    row, (w, b) = Row(layer, place), ({name: along(numbers, place)} for name, numbers in constants.items())
    row.then("Mul", "scaled", constants=w)
    row.then("Add", constants=b)
    return row.operators


def silu(layer: SiLU, place: Place, constants: Constants) -> list[Operator]:
    """x sigmoid(x)."""
    row = Row(layer, place)
    row.then("Sigmoid", "sigmoid")
    row.then("Mul", "", row.x)
    return row.operators


def gelu(layer: GELU, place: Place, constants: Constants) -> list[Operator]:
    """x P(x)."""
    row = Row(layer, place)
    if layer.approximate:  # P = sigmoid(c x (1 + 0.044715 x^2))
        row.then("Mul", "square", row.x)
        row.by("Mul", CUBIC, "cubic")
        row.by("Add", 1, "one")
        row.then("Mul", "bent", row.x)
        row.by("Mul", 2 * sqrt(2 / pi), "score")
        row.then("Sigmoid", "below")
    else:
        row.by("Div", sqrt(2), "root")
        row.then("Erf", "erf")
        row.by("Add", 1, "one")
        row.by("Mul", 0.5, "below")
    row.then("Mul", "", row.x)
    return row.operators


def global_average_pooling(layer: GlobalAveragePooling, place: Place, constants: Constants) -> list[Operator]:
    """The mean of each channel, without the axes of pixels, which ONNX keeps."""
    row = Row(layer, place)
    row.then("GlobalAveragePool", "pooled")
    row.then("Flatten", attributes={"axis": 1})
    return row.operators


def along(numbers: np.ndarray, place: Place) -> np.ndarray:
    """The numbers (c,), shaped so that each goes with all of its channel."""
    return np.reshape(numbers, (-1, *[1] * (place.axes - 1)))


FORMULAS: dict[type[Layer], Callable[[Any, Place, Constants], list[Operator]]] = {
    Standardise: standardise,
    Scale: scale,
    SiLU: silu,
    GELU: gelu,
    GlobalAveragePooling: global_average_pooling,
}
