"""What every layer is: a function y = f(w; x), and the chain rule's two products with its derivatives.

    y, saved = layer.forward(x, w, context)             saved: what the backward pass needs of the forward pass
    gx, gw   = layer.backward(gy, saved, w, context)    dL/dx = dL/dy dy/dx  and  dL/dw = dL/dy dy/dw

A layer holds hyper-parameters only. Its parameters live in the network's flat vector and are passed in as w, arrays by
name; gw has the same names. x, y and their gradients carry the sample index s first; the shapes in this interface are
those of one sample. A layer is described by its fields, and rebuilt from them; `register` makes it known to files.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

import numpy as np

from chainrule.base.arrays import read_only
from chainrule.base.errors import NetworkError
from chainrule.base.guessing import plain
from chainrule.base.random import Draws
from chainrule.base.showing import short
from chainrule.layers.initial import Parameter, check_parameter
from chainrule.layers.passes import Arrays, Shape, Statistics, checked_gradients, passed_on, sent_back


@dataclass(frozen=True)
class Context:
    """In what a layer computes. The default is evaluation."""

    training: bool = False
    draws: Draws = field(default_factory=lambda: Draws(0, 0))
    """Where its random words stand, in training."""
    statistics: MutableMapping[str, np.ndarray] = field(default_factory=dict)
    """Its own, by name: read in evaluation; in training the layer writes what they become."""

    def __post_init__(self) -> None:
        kept = self.statistics if self.training else {name: read_only(a) for name, a in self.statistics.items()}
        object.__setattr__(self, "statistics", Statistics(kept))

    def within(self, part: Part) -> Context:
        """The same for a part of the layer."""
        return Context(self.training, self.draws.after(part.first), within(self.statistics, part.name))


class Part(NamedTuple):
    """One of the layers that a layer is made of."""

    name: str  # as in "conv1"
    layer: Layer
    first: int  # the number, within the whole, of its first layer that is not made of others

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        """The layer's, of the whole's w and context."""
        found = self.layer.forward(read_only(x), within(w, self.name), context.within(self))
        y, saved = passed_on(found, self.name, (len(x), *self.layer.y_shape(x.shape[1:])))
        return y, (x.shape, saved)

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        """The layer's, its gw by the names in the whole."""
        (x_shape, of_layer), own = saved, within(w, self.name)
        found = self.layer.backward(read_only(gy), of_layer, own, context.within(self))
        gx, gw = sent_back(found, self.name, x_shape, own)
        return gx, named(self.name, gw)

    def parameter_gradients(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> Arrays:
        """gw alone."""
        own = within(w, self.name)
        gw = self.layer.parameter_gradients(read_only(gy), saved[1], own, context.within(self))
        return named(self.name, checked_gradients(gw, self.name, own))


class Place(NamedTuple):
    """Where in the whole a layer stands."""

    name: str = ""  # as in "block1.conv2"
    number: int = 0  # of the first layer in it that is not made of others

    def within(self, part: Part) -> Place:
        """The place of a part of it."""
        return Place(f"{self.name}.{part.name}" if self.name else part.name, self.number + part.first)


class Wiring(Protocol):
    """A graph in the making (`graph`)."""

    def add(self, layer: Layer, inputs: tuple[int, ...], place: Place) -> int:
        """Let the layer read those values, as one node; the value that it writes."""
        ...

    def join(self, layer: Layer, x: int, place: Place) -> int:
        """Let the layer read value x: as one node, or as what it is made of; the value that it gives."""
        ...


@dataclass(frozen=True)
class Layer:
    """The base of all layers: one without parameters overrides `forward` and `backward`, perhaps `y_shape`."""

    short_name: ClassVar[str] = ""
    """What its parameters' names begin with, as in "conv1.w"; by default its type's name in small letters."""
    mixes_samples: ClassVar[bool] = False
    """Whether y of a sample depends on the other samples of the batch, in training or always."""
    nests: ClassVar[bool] = True
    """Whether it may be part of another layer."""
    y_range: ClassVar[tuple[float, float] | None] = None
    """Between what all its outputs lie, whatever it reads; None: it does not say."""

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        """(y, saved) from x (s, *x_shape); x and w are read-only."""
        raise NotImplementedError

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        """(gx, gw) from dL/dy, read-only, and what the forward pass saved: dL/dx of x's shape, dL/dw by w's names."""
        raise NotImplementedError

    def parameter_gradients(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> Arrays:
        """gw alone, where nobody asks for dL/dx: for a layer that can save the work."""
        return self.backward(gy, saved, w, context)[1]

    def y_shape(self, x_shape: Shape) -> Shape:
        """The shape of y; NetworkError if the layer cannot take such an x."""
        return x_shape

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        """Each parameter by name, in canonical order: its shape, and how it begins. By default those of its parts."""
        return self._of_parts(x_shape, lambda layer: layer.parameters_for)

    def statistics_for(self, x_shape: Shape) -> dict[str, Parameter]:
        """Numbers that training changes without a gradient, such as running means: saved, and never optimised."""
        return self._of_parts(x_shape, lambda layer: layer.statistics_for)

    def _of_parts(self, x_shape: Shape, asked: Callable[[Layer], Any]) -> dict[str, Parameter]:
        found: dict[str, Parameter] = {}
        for part, shape in zip(self.parts, self.part_shapes(x_shape), strict=True):
            found |= named(part.name, declared(asked(part.layer), shape))
        return found

    def multiply_adds(self, x_shape: Shape) -> int:
        """Multiplications by parameters in a forward pass, for one sample. By default those of its parts."""
        return sum(p.layer.multiply_adds(shape) for p, shape in zip(self.parts, self.part_shapes(x_shape), strict=True))

    def kinks(self, x: np.ndarray) -> np.ndarray | None:
        """Which smooth piece of f each element is on, for an f that has no derivative between its pieces.

        A gradient check compares L on both sides of w, and needs both to be on the same pieces: ReLU returns x > 0.
        """
        return None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The layers that it is made of; none, for most."""
        return ()

    def part_shapes(self, x_shape: Shape) -> list[Shape]:
        """What each part is given."""
        return []

    def connect(self, graph: Wiring, x: int, place: Place) -> int:
        """Add the layer to a graph, reading value x; the value that it gives. One made of others adds these."""
        return graph.add(self, (x,), place)

    def options(self) -> dict[str, Any]:
        """The hyper-parameters that have no default or are not at it."""
        values = {each: getattr(self, each.name) for each in fields(self)}
        return {f.name: value for f, value in values.items() if f.default is MISSING or value != f.default}

    def text_for(self, x_shape: Shape) -> str:
        """What `str` gives, where what it reads is known: a 3x3 filter is one of 3 in a signal."""
        return str(self)

    def __str__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in self.options().items())})"


Kind = TypeVar("Kind", bound=type[Layer])

LAYERS: dict[str, type[Layer]] = {}
"""Every type of layer that files may name."""


def register(kind: Kind) -> Kind:
    """A decorator: from now on files may name this type of layer.

    NetworkError for a name that is taken, as files may write it, and for options that are no fields: no file would hold
    them.
    """
    if not (isinstance(kind, type) and issubclass(kind, Layer)):
        raise NetworkError(f"{short(kind)} is registered; expected a class derived from Layer")
    name, own = kind.__name__, vars(kind)
    options = [each for each, of in inspect.get_annotations(kind).items() if "ClassVar" not in str(of)]
    if "__dataclass_fields__" not in own and ("__init__" in own or options):
        raise NetworkError(f"{name} has options that are no fields; expected @dataclass(frozen=True) above its class")
    for known in LAYERS.values():
        same = (known.__module__, known.__qualname__) == (kind.__module__, kind.__qualname__)
        if plain(known.__name__) == plain(name) and not same:
            taken = f"a layer {known.__name__} of {known.__module__} is registered already"
            raise NetworkError(f"{taken}; expected another name")
    LAYERS[name] = kind  # also when a notebook's cell is run again
    return kind


def name_of(layer: Layer) -> str:
    """What its parameters' names begin with, without the number."""
    return layer.short_name or type(layer).__name__.lower()


def leaves(layer: Layer) -> int:
    """How many layers it is in all that are not made of others."""
    return sum(leaves(part.layer) for part in layer.parts) if layer.parts else 1


def declared(asked: Callable[[Shape], Any], x_shape: Shape) -> dict[str, Parameter]:
    """What a layer says of its parameters or statistics; NetworkError unless that is a dict of `Parameter`."""
    found, where = asked(x_shape), asked.__qualname__
    if not isinstance(found, dict):
        raise NetworkError(f"{where} gave {found!r}; expected a dict of Parameter by name")
    for name, parameter in found.items():
        check_parameter(f"{where}: {name}", parameter)
    return found


def within(arrays: Arrays, name: str) -> dict[str, np.ndarray]:
    """Those of a part, by their names in it: "w" for what is "conv1.w" in the whole."""
    start = f"{name}."
    return {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)}


def named(name: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """What a part has, by the names in the whole."""
    return {f"{name}.{key}": value for key, value in arrays.items()}


class Step(NamedTuple):
    """A layer as one meets it on a walk."""

    depth: int
    name: str  # in the whole, as in "block1.conv2"
    layer: Layer
    x_shape: Shape


def walk(layer: Layer, x_shape: Shape, depth: int = 0, place: Place | None = None) -> Iterator[Step]:
    """The layers that it is made of, each followed by those that this one is made of."""
    for part, shape in zip(layer.parts, layer.part_shapes(x_shape), strict=True):
        there = (place or Place()).within(part)
        yield Step(depth, there.name, part.layer, shape)
        yield from walk(part.layer, shape, depth + 1, there)
