"""A stage: layers that are executed as one. Its file says which these are, by which kernels, and what those compute.

    @register_stage
    class SwishStage(Stage):
        @classmethod
        def fuse(cls, nodes):
            return nodes.take(Swish)            # the layers that it executes; None: it is not for this place
        def forward(self, step): ...

(An elementwise one like this takes less: see `elementwise.CurveStage`.)

A file in this folder is found by itself; a stage of a user's own registers when its module is imported. Where several
fit, the one that takes most layers is chosen, and of equals the one that registered last.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np

from chainrule.base.random import Source
from chainrule.engine.layout import Image
from chainrule.engine.runtime.calls import Call
from chainrule.engine.runtime.program import Phase, Task
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import Dropout, Layer
from chainrule.layers.graph import Graph, Node
from chainrule.layers.layer import Shape

Work = Sequence[Call | Phase]  # calls that take a range of samples, in a chain; or phases, which `gathered` precedes
Kind = TypeVar("Kind", bound="type[Stage]")

STAGES: list[type[Stage]] = []


def register_stage(kind: Kind) -> Kind:
    """A decorator: from now on plans may choose this stage."""
    STAGES.append(kind)
    return kind


class Halo(NamedTuple):
    """Zeros around an image: so many rows above and below, columns on each side."""

    rows: int
    columns: int


class Upcoming:
    """The nodes from one on, which a stage takes as long as each reads what the one before wrote, and it alone."""

    def __init__(self, graph: Graph, first: int, source: Source) -> None:
        self._graph, self._source = graph, source
        self.first = self.next = first

    def take(self, what: type[Layer] | Layer, *, when: bool = True) -> Any:
        """The next node's layer, taken, if it is of just that type, or equal to that layer; else None."""
        node = self._graph.nodes[self.next] if when and self.next < len(self._graph.nodes) else None
        if node is None or not (node.layer == what if isinstance(what, Layer) else type(node.layer) is what):
            return None
        if self.next > self.first and not self._continues(node):
            return None
        self.next += 1
        return node.layer

    def again(self) -> Upcoming:
        """The same nodes, none of them taken."""
        return Upcoming(self._graph, self.first, self._source)

    def take_any(self) -> Layer:
        """The next node's layer, whatever it is."""
        self.next += 1
        return self._graph.nodes[self.next - 1].layer

    def take_dropout(self, *, when: bool = True, channels: bool = False) -> Any:
        """A dropout, if its random words are those that kernels draw: (the node's number, the layer).

        channels : one of whole channels, which in a vector is none
        """
        node = self._graph.nodes[self.next] if self.next < len(self._graph.nodes) else None
        if node is None or type(node.layer) is not Dropout or type(self._source) is not Source:
            return None
        whole = node.layer.channels and len(self._graph.shapes[node.output]) > 1
        layer = self.take(Dropout, when=when and whole == channels)
        return layer and (node.number, layer)

    @property
    def taken(self) -> list[Node]:
        return self._graph.nodes[self.first : self.next]

    @property
    def x_shape(self) -> Shape:
        """The shape of what the first node reads."""
        return self._graph.shapes[self._graph.nodes[self.first].inputs[0]]

    @property
    def last_x_shape(self) -> Shape:
        """The shape of what the last node taken reads."""
        return self._graph.shapes[self._graph.nodes[self.next - 1].inputs[0]]

    def _continues(self, node: Node) -> bool:
        before = self._graph.nodes[self.next - 1].output
        return node.inputs == (before,) and len(self._graph.readers(before)) == 1


@dataclass
class Group:
    """A fusion group: nodes of the graph, and the stage that executes them as one."""

    kind: type[Stage]
    nodes: list[Node]
    layers: Any  # what `fuse` returned
    shapes: list[Shape]  # of the graph's values
    at: dict[str, int] = field(default_factory=dict)  # where each parameter begins in the engine's w, by its short name

    @property
    def inputs(self) -> tuple[int, ...]:
        """The values that it reads."""
        return self.nodes[0].inputs

    @property
    def output(self) -> int:
        return self.nodes[-1].output

    @property
    def x_shape(self) -> Shape:
        return self.shapes[self.inputs[0]]

    @property
    def name(self) -> str:
        """As in "Convolution(8, 3x3) + ReLU"."""
        first, *others = (node.layer.text_for(self.shapes[node.inputs[0]]) for node in self.nodes)
        return " + ".join([first, *(text.removesuffix("()") for text in others)])


class Stage:
    """Executes some of a network's layers."""

    by_sample: bool = False
    """Whether its calls want one sample at a time, so that what they hand on stays in cache."""
    exact_halo: ClassVar[bool] = False
    """Whether it reads images in just the `halo` that it asks for; else a wider one will do."""
    hands_on: ClassVar[bool] = False
    """Whether between two such stages an image, and its gradient, need only live for one sample."""
    gathers: ClassVar[bool] = False
    """Whether it reads x of all samples before it writes y, and dL/dy before dL/dx: then these two are kept."""
    keeps_x: ClassVar[bool] = False
    """Whether it keeps what it needs of x for the backward pass, which waits for the batch before it writes dL/dx."""
    sums_by_slot: ClassVar[bool] = False
    """Whether it sums over samples slot by slot; then `finish` reads nothing but these sums."""
    forward_barriers: ClassVar[int] = 0
    """How often its forward pass waits for all of a batch; no more often than it does in any step."""
    backward_barriers: ClassVar[int] = 0
    """Likewise its backward pass."""
    types: ClassVar[tuple[type, ...]] = (np.float32, np.float64)
    """Of numbers that its kernels compute in; layers of networks of others are executed by their definitions."""
    takes_shift: bool = False
    """Whether it can begin with x - c instead of x."""

    kernel: str = ""
    """The kernel's name, for `info --plan`."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        """`values`: what it reads, and what it writes."""
        self.group = group
        self.statistics: MutableMapping[str, np.ndarray] = {}  # of its first layer, by name: views that a plan gives it
        self.x, self.y = values[0], values[-1]

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        """Take the layers that such a stage executes, and return them as it wants them; None if it is not for these."""
        raise NotImplementedError

    @classmethod
    def halo(cls, group: Group) -> Halo:
        """The zeros that it wants around the images that it reads."""
        return Halo(0, 0)

    @classmethod
    def gradient_halo(cls, group: Group) -> Halo:
        """The zeros that it wants around dL/dy; where it is not given them it makes a copy."""
        return Halo(0, 0)

    @classmethod
    def takes_nchw(cls, group: Group) -> bool:
        """Whether it reads the network's input in NCHW."""
        return False

    @classmethod
    def recomputes(cls, group: Group) -> bool:
        """Whether y is computed again for the backward pass rather than kept, where x is kept."""
        return False

    @classmethod
    def reads_late(cls) -> bool:
        """Whether x, y and dL/dy are needed until the end of a step: `finish` may read them."""
        return cls.finish is not Stage.finish and not cls.sums_by_slot

    @classmethod
    def spares(cls, group: Group) -> int:
        """Multiply-adds that it leaves out where the network's input is the bytes of an image, most of them 0."""
        return 0

    @classmethod
    def layout(cls, group: Group, name: str, x: Image) -> tuple[np.ndarray, int] | None:
        """(where each element of a parameter stands, the floats that it takes); None: in canonical order."""
        return None

    def prepare(self, step: Step) -> list[Call]:
        """Independent calls that prepare a step, before its first sample."""
        return []

    def forward(self, step: Step) -> Work:
        """Calls, or phases, that compute y from x."""
        raise NotImplementedError

    def again(self, step: Step) -> Work:
        """Calls that compute y once more in the backward pass."""
        return self.forward(step)

    def backward(self, step: Step, to_input: bool) -> Work:
        """Calls, or phases, that compute dL/dx (if `to_input`) and dL/dw from dL/dy."""
        raise NotImplementedError

    def finish(self, step: Step) -> Sequence[Call | Task]:
        """Independent calls, or tasks, that complete dL/dw once all slots are done."""
        return []

    def finish_reads(self, step: Step) -> Sequence[Any]:
        """What `finish` reads of all samples beside sums by slot, as `together.gathered` takes it: ranks make parts."""
        return [self.x.view, self.y.view, self.y.gradient] if self.reads_late() else []

    def executed(self, role: str, samples: int) -> float:
        """Multiply-adds a sample that its kernels execute in that role, for the `samples` that it did last."""
        return self.multiply_adds

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of a sample in the layers' definitions: of the forward pass, and of each of both gradients."""
        shapes = self.group.shapes
        return sum(node.layer.multiply_adds(shapes[node.inputs[0]]) for node in self.group.nodes)

    @property
    def name(self) -> str:
        return self.group.name
