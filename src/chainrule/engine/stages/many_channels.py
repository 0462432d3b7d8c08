"""The stage convolution [+ ReLU] of small images with many channels: by Winograd's algorithm for a batch at once.

    forward     samples transformed  |  products, place by place  |  samples transformed back
    backward    likewise, of dL/dy; the products are dL/du and dL/dv

v is kept for the backward pass, so that x need not be. dL/dw has no slots: each of its numbers is made by one task.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.kernels.convolution import batched
from chainrule.engine.kernels.convolution.operands import Filters
from chainrule.engine.kernels.convolution.winograd import POINTS, TILE
from chainrule.engine.kernels.elementwise import relu
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, bind
from chainrule.engine.runtime.program import TASKS, Phase, Task, cut
from chainrule.engine.stages.algorithms import take_bias
from chainrule.engine.stages.convolution import ConvolvingStage, Taken, taken_filters
from chainrule.engine.stages.squares import is_filter
from chainrule.engine.stages.stage import Group, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import ReLU

MANY = 1 << 14  # pairs of channels, of which u fills the second level of the cache
FEW = 4  # tiles of a sample, up to which its products alone do not keep a core at work


@register_stage
class ManyChannelsStage(ConvolvingStage):
    """A 3x3 convolution of stride 1."""

    kernel = "Winograd F(4x4, 3x3), batched"
    sums_by_slot = False
    keeps_x = True
    types = (np.float32,)

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.filters, self.relu, self.at = group.layers.filters, group.layers.relu is not None, group.at
        self.y.rectified = self.relu
        tiles = self._tiles(room.samples)
        self.weights = Filters(room.zeros(POINTS * tiles.u_point), room.zeros(tiles.out_channels))
        self.v, self.m = room.zeros(POINTS * tiles.v_point), room.zeros(POINTS * tiles.m_point)
        self.scratch = room.scratch(batched.scratch_floats(tiles))
        if room.gradients:
            self.gu, self.one = room.zeros(POINTS * tiles.u_point), room.number(1)
            plain = self.y.gradient.image
            self.gz = View(room.window(plain.stride), plain) if self.relu else self.y.gradient

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        filters = taken_filters(nodes)
        if filters is None or not is_filter(filters) or filters.kernel_size != 3:
            return None
        ic, oc, pixels = nodes.x_shape[0], nodes.taken[0].layer.out_channels, nodes.x_shape[1:]
        down, across = (-(-(n + 2 * filters.padding - 2) // TILE) for n in pixels)
        if ic % 16 or oc % 16 or ic * oc < MANY or down * across > FEW:
            return None
        return Taken(filters, nodes.take(ReLU()))

    @classmethod
    def takes_nchw(cls, group: Group) -> bool:
        return False

    def executed(self, role: str, samples: int) -> float:
        tiles = self._tiles(1)
        return POINTS * tiles.in_channels * tiles.out_channels * tiles.down * tiles.across

    def _tiles(self, samples: int) -> batched.Tiles:
        channels, y = (self.x.image.channels, self.y.image.channels), self.y.image
        return batched.tiles_of(channels, (y.height, y.width), self.filters.padding, samples)

    def _by_channels(self, kernel: Any, *arguments: Any, role: str) -> list[Task]:
        """Tasks for the input's channels."""
        call = bind(kernel, *arguments, self._tiles(1), self.scratch, role=role)
        return [Task([call], 0, a, b, b - a) for a, b in cut(self.x.image.channels, 1, TASKS)]

    def prepare(self, step: Step) -> list[Any]:
        packed = self._by_channels(batched.pack, step.w, self.at["w"], self.weights.packed, role=FORWARD)
        return [*packed, *take_bias(step.w, self.at, self.weights, len(self.weights.b))]

    def forward(self, step: Step) -> Work:
        tiles, y = self._tiles(step.samples), self.y.view
        rectified = [bind(relu, y, y, role=FORWARD)] if self.relu else []
        return [
            bind(batched.transform_input, self.x.view, self.v, tiles, self.scratch, role=FORWARD),
            by_places([bind(batched.multiply, self.v, self.weights.packed, self.m, tiles, role=FORWARD)]),
            bind(batched.transform_output, self.m, self.weights.b, y, tiles, self.scratch, role=FORWARD),
            *rectified,
        ]

    def backward(self, step: Step, to_input: bool) -> Work:
        tiles, gy, gm, gv = self._tiles(step.samples), self.y.gradient, self.m, self.v
        products = [bind(batched.multiply_by_weights, self.v, gm, self.gu, tiles, role=BY_WEIGHTS)]
        calls: list[Call | Phase] = [bind(copy_gradient, gy, self.y.view, self.gz, 1, self.one)] if self.relu else []
        calls.append(bind(batched.transform_output_gradient, self.gz, gm, tiles, self.scratch, role=BY_INPUT))
        if not to_input:
            return [*calls, by_places(products)]
        products.append(bind(batched.multiply_by_input, self.weights.packed, gm, gv, tiles, self.scratch, role=BY_INPUT))
        back = bind(batched.transform_input_gradient, gv, self.x.gradient, tiles, self.scratch, role=BY_INPUT)
        return [*calls, by_places(products), back]

    def finish(self, step: Step) -> list[Any]:
        unpacked = self._by_channels(batched.unpack, self.gu, step.gw, self.at["w"], role=BY_WEIGHTS)
        if "b" not in self.at:
            return unpacked
        tiles = self._tiles(step.samples)
        return [*unpacked, bind(batched.sum_of_tiles, self.m, step.gw, self.at["b"], tiles, role=BY_WEIGHTS)]


def by_places(calls: Sequence[Call]) -> Phase:
    """A task for each place of a transformed tile."""
    return Phase([Task(calls, 0, xi, xi + 1) for xi in range(POINTS)])
