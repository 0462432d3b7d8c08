"""A layer of a trace, at one sample: the numbers that its rule takes the factors of terms from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from chainrule.base.showing import brief
from chainrule.explanation.terms import OUTSIDE, Column, Products
from chainrule.explanation.unit import GRADIENT
from chainrule.layers.graph import Node
from chainrule.layers.layer import Context, within
from chainrule.layers.passes import Shape
from chainrule.network.tracing import Trace, copied

Index = tuple[int, ...]


class Said(NamedTuple):
    """What a rule says of a unit."""

    formula: str
    rule: str
    blocks: list[Products]


@dataclass(frozen=True)
class At:
    """A node of the network's graph, in a pass, at a sample."""

    trace: Trace
    node: Node
    sample: int

    __repr__ = brief

    @property
    def layer(self) -> Any:
        """Of the type that the rule is of."""
        return self.node.layer

    @property
    def x_shape(self) -> Shape:
        """Of one sample."""
        return self.trace.network.graph.shapes[self.node.inputs[0]]

    @property
    def y_shape(self) -> Shape:
        """Likewise."""
        return self.trace.network.graph.shapes[self.node.output]

    @property
    def samples(self) -> int:
        """How many there are in the pass."""
        return len(self.trace.x[0])

    @property
    def context(self) -> Context:
        """The node's, as it was before the pass; what it holds is its own."""
        return self.node.context(copied(self.trace.context))

    @cached_property
    def w(self) -> dict[str, np.ndarray]:
        """The layer's parameters by their own names."""
        return within(self.trace.w, self.node.name)

    @property
    def all_x(self) -> np.ndarray:
        """(s, ...) what the layer reads, of all samples."""
        return self.trace.x[self.node.inputs[0]]

    @property
    def all_gy(self) -> np.ndarray:
        """(s, ...) dL/dy."""
        return self.trace.gx[self.node.output]

    @property
    def own_x(self) -> np.ndarray:
        """(...) of the sample, float64."""
        return self.all_x[self.sample].astype(np.float64)

    @property
    def own_gy(self) -> np.ndarray:
        """Likewise."""
        return self.all_gy[self.sample].astype(np.float64)

    def x(self, places: np.ndarray, *, symbol: str = "x", samples: np.ndarray | None = None, read: int = 0) -> Column:
        """x at these places (n, axes), 0 where they are OUTSIDE; of the sample, or of one for each, (n,).

        `read`: of several values that the layer reads, which.
        """
        value = self.node.inputs[read]
        return self._column(symbol, self.trace.x[value], self.trace.names[value], places, samples=samples)

    def gy(self, places: np.ndarray, *, samples: np.ndarray | None = None) -> Column:
        """dL/dy, likewise."""
        return self._column("dL/dy", self.all_gy, f"{GRADIENT}{self.node.name}", places, samples=samples)

    def parameter(self, name: str, places: np.ndarray, symbol: str = "") -> Column:
        """A parameter's numbers at these places."""
        values = self.w[name][tuple(places.T)].astype(np.float64)
        return Column(symbol or name, values, f"{self.node.name}.{name}", places)

    def parameter_gradient(self, name: str, places: np.ndarray) -> Column:
        """dL/d(a parameter), likewise."""
        full = f"{self.node.name}.{name}"
        return Column(f"dL/d{name}", self.trace.gw[full][tuple(places.T)].astype(np.float64), GRADIENT + full, places)

    def function_of_x(self, symbol: str, value: float, index: Index, *, chooses: bool = False) -> Column:
        """A number that a layer makes of x[index]."""
        name = self.trace.names[self.node.inputs[0]]
        return Column(symbol, np.array([value], np.float64), name, at_once(index), chooses)

    def sample_notes(self, samples: np.ndarray) -> Sequence[str]:
        """Which sample each term is of, where there are several."""
        return [f"sample {s}" for s in samples.tolist()] if self.samples > 1 else ()

    def _column(
        self, symbol: str, of: np.ndarray, name: str, places: np.ndarray, *, samples: np.ndarray | None
    ) -> Column:
        inside = (places != OUTSIDE).all(axis=1)
        values = np.zeros(len(places))
        rows = np.full(len(places), self.sample) if samples is None else samples
        values[inside] = of[(rows[inside], *places[inside].T)]
        return Column(symbol, values, name, places)


def at_once(index: Index) -> np.ndarray:
    """(1, axes): one place."""
    return np.array([index], np.int64).reshape(1, len(index))


def all_places(shape: Shape) -> np.ndarray:
    """(n, axes): every index of an array of that shape, in its order."""
    return np.indices(shape).reshape(len(shape), -1).T


def of_all_samples(samples: int, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(samples n,) and (samples n, axes): the places in each sample, one sample after the other."""
    return np.repeat(np.arange(samples), len(places)), np.tile(places, (samples, 1))


def text(*index: object) -> str:
    """As in "3,5,7"."""
    return ",".join(map(str, index))
