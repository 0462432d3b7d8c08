"""dL/dw of a convolution by Winograd's algorithm: what a stage keeps for it, and calls."""

from collections.abc import Sequence

import numpy as np

from chainrule.engine.kernels.convolution.batched import tiles
from chainrule.engine.kernels.convolution.batched.products import matrices_of
from chainrule.engine.kernels.convolution.winograd import POINTS, TILE
from chainrule.engine.kernels.convolution.winograd_gradient import (
    TileRoom,
    add_slots,
    columns_of,
    weight_gradient_kernel,
)
from chainrule.engine.kernels.elementwise import zero_all
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import BY_WEIGHTS, Call, PerSlot, bind
from chainrule.engine.runtime.program import TASKS, Task, cut
from chainrule.engine.simd import LANES
from chainrule.engine.stages.squares import Square
from chainrule.engine.stages.stage import Group
from chainrule.engine.stages.step import SLOTS, Step
from chainrule.engine.stages.value import Room
from chainrule.layers.layer import Shape

WHOLE = 16  # channels: blocks of them are transformed at once
CACHED = 1 << 17  # floats of v and dL/dm, which a core's L2 holds beside dL/du


def tiles_over(filters: Square, x_shape: Shape) -> tiles.Tiles:
    """Those of a convolution's y."""
    down, across = (-(-(n + 2 * filters.padding - 2) // TILE) for n in x_shape[1:])
    return tiles.Tiles(down, across, filters.padding)


class TransformedGradient:
    """dL/du, slot by slot; in the end dL/dw."""

    def __init__(self, group: Group, room: Room) -> None:
        channels, out_channels = channels_of(group)
        self.tiles, self.w_at = tiles_over(group.layers.filters, group.x_shape), group.at["w"]
        count = self.tiles.down * self.tiles.across
        passes = -(-count * POINTS * (channels + out_channels) // CACHED)
        self.sizes = matrices_of(channels, out_channels, -(-count // passes))
        self.floats = POINTS * self.sizes.u_place
        self.slots = room.zeros(SLOTS * self.floats)
        v, gm = (room.scratch(POINTS * place) for place in (self.sizes.v_place, self.sizes.m_place))
        self.scratch = room.scratch(tiles.scratch_floats(self.tiles))
        self.room = TileRoom(v, gm, self.scratch)

    def clear(self) -> list[Call]:
        """Calls that zero the slots."""
        return [bind(zero_all, slot) for slot in self.slots.reshape(SLOTS, -1)]

    def add(self, gz: View, x: View) -> Call:
        """Add the products of a slot's samples."""
        slot = PerSlot(self.slots.reshape(SLOTS, -1))
        kernel = weight_gradient_kernel(columns_of(self.sizes.out_channels))
        return bind(kernel, gz, x, slot, self.sizes, self.tiles, self.room, role=BY_WEIGHTS)

    def sums(self, step: Step) -> Sequence[Task]:
        """Tasks, for blocks of the input's channels, that make dL/dw of all slots."""
        added = bind(add_slots, self.slots, step.slots, self.floats, self.sizes, role=BY_WEIGHTS)
        to = step.gw, self.w_at
        taken = bind(tiles.unpack_filters, self.slots, *to, self.sizes, self.scratch, role=BY_WEIGHTS)
        return [Task([added, taken], 0, a, b, b - a) for a, b in cut(self.sizes.in_channels // LANES, 1, TASKS)]

    @property
    def multiply_adds(self) -> int:
        """Of one sample, as executed."""
        return self.tiles.down * self.tiles.across * POINTS * self.sizes.in_channels * self.sizes.out_channels

    @classmethod
    def suits(cls, group: Group, dtype: np.dtype) -> bool:
        """Whether it is made so: of filters of 3x3 from and to whole blocks of channels, in float32, as who takes
        float64 wants it exact."""
        whole = all(channels % WHOLE == 0 for channels in channels_of(group))
        return whole and group.layers.filters.kernel_size == 3 and dtype == np.float32


def channels_of(group: Group) -> tuple[int, int]:
    """Those of x and of y."""
    return group.x_shape[0], group.shapes[group.output][0]
