"""From a network's graph to fusion groups, and how their values and parameters lie in the engine.

The graph's nodes are cut, in their order, into groups that a stage each executes as one. The values between groups are
laid out for those that read them: in NCHWc blocks, with a halo of zeros for a padded convolution; the network's input
in NCHW, where products alone read it.
"""

import importlib
import pkgutil
from math import prod

import numpy as np

import chainrule.engine.stages as folder
from chainrule.base.random import Source
from chainrule.engine.layout import Image, image, odd_lines
from chainrule.engine.stages.definition import DefinitionStage
from chainrule.engine.stages.stage import STAGES, Group, Halo, Upcoming
from chainrule.engine.weights import Permuted, Piece, aligned
from chainrule.layers.graph import Graph
from chainrule.layers.layer import Shape
from chainrule.network.network import Network

for _module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
    importlib.import_module(_module.name)  # each file of `stages` registers what it holds


class Lowering:
    """A network as the engine lowers it, before there are buffers: fusion groups, images, w's layout."""

    def __init__(self, network: Network, source: Source) -> None:
        self.network, self.graph = network, network.graph
        self.groups = fusion_groups(self.graph, source, network.w.dtype)
        self.images = {0: self._image(0)} | {group.output: self._image(group.output) for group in self.groups}
        self.undecayed: list[slice] = []  # of w, in the engine's layout
        self.layout = self._layout()
        self.learns = self._learns()

    def work(self, *, in_bytes: bool) -> int:
        """Multiply-adds of a sample's forward pass; on bytes of an image, most of which are 0, of those that count."""
        spared = sum(g.kind.spares(g) for g in self.groups if in_bytes and g.inputs == (0,))
        return self.network.work - spared

    def readers(self, value: int) -> list[Group]:
        """The groups that read a value, in their order; twice, if one reads it twice."""
        return [group for group in self.groups for read in group.inputs if read == value]

    def image_for(self, value: int, group: Group) -> Image:
        """How a value lies for one of its readers: as for the others, unless that does not do."""
        shared, own = self.images[value], group.kind.halo(group)
        return (
            with_halo(shared, own) if group.kind.exact_halo and own != Halo(shared.halo_rows, shared.halo) else shared
        )

    def _image(self, value: int) -> Image:
        """How a value lies: in NCHWc blocks, or in NCHW; in the widest halo that a reader asks for."""
        readers, shape = self.readers(value), self.graph.shapes[value]
        halos = [group.kind.halo(group) for group in readers]
        nchw = value == 0 and len(readers) == 1 and readers[0].kind.takes_nchw(readers[0])
        if nchw and len(shape) == 1:
            return Image(shape[0], 1, 1, 0, 1, odd_lines(shape[0]))
        rows, columns = (max(along, default=0) for along in zip(*halos, strict=True)) if halos else (0, 0)
        return image(*as_picture(shape), columns, halo_rows=rows, **({"lanes": 1} if nchw else {}))

    def _layout(self) -> Permuted:
        """Where the engine keeps each element of w; the groups are told where each of their parameters begins."""
        pieces, size = [], 0
        for placed in self.network.parameters:
            group, name = self._owner(placed.name)
            found = group.kind.layout(group, name, self.image_for(group.inputs[0], group))
            floats = found[1] if found else prod(placed.shape)
            pieces.append(Piece(placed.slice, size + found[0] if found else slice(size, size + floats)))
            group.at[name] = size
            if not placed.parameter.decays:
                self.undecayed.append(slice(size, size + aligned(floats)))
            size += aligned(floats)
        return Permuted(pieces, self.network.size, size)

    def _owner(self, name: str) -> tuple[Group, str]:
        """The group that a parameter belongs to, and what the parameter is called in its layer."""
        for group in self.groups:
            for node in group.nodes:
                if name.startswith(f"{node.name}."):
                    return group, name.removeprefix(f"{node.name}.")
        raise KeyError(name)

    def _learns(self) -> dict[int, bool]:
        """Whether each value depends on w: only then is its gradient of use."""
        learns = {0: False}
        for group in self.groups:
            learns[group.output] = bool(group.at) or any(learns[value] for value in group.inputs)
        return learns


def fusion_groups(graph: Graph, source: Source, dtype: np.dtype) -> list[Group]:
    """The nodes in groups: each time the stage that takes most of those that are next."""
    groups: list[Group] = []
    first = 0
    while first < len(graph.nodes):
        best, taken, layers = DefinitionStage, Upcoming(graph, first, source), None
        taken.take_any()
        for kind in (stage for stage in STAGES if dtype.type in stage.types):
            nodes = Upcoming(graph, first, source)
            found = kind.fuse(nodes)
            if found is not None and len(nodes.taken) >= len(taken.taken):
                best, taken, layers = kind, nodes, found
        groups.append(Group(best, taken.taken, layers, graph.shapes))
        first = taken.next
    return groups


def as_picture(shape: Shape) -> tuple[int, int, int]:
    """(channels, height, width); a vector's numbers are channels of one pixel, a signal is an image of one row."""
    channels, *pixels = shape
    return channels, prod(pixels[:-1]), prod(pixels[-1:])


def with_halo(of: Image, halo: Halo) -> Image:
    """The image of the same picture with another halo."""
    return image(of.channels, of.height, of.width, halo.columns, halo_rows=halo.rows, lanes=of.lanes)


def layout_of(network: Network, source: Source | None = None) -> Permuted:
    """Where the compiled engine keeps each element of w."""
    return Lowering(network, source or Source()).layout
