"""The stages convolution [+ ReLU] through any windows: in groups of whole vectors of channels, and depthwise.

Square windows of several pixels, at stride 1 and without groups, are `convolution`'s.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution import depthwise, tap_weights
from chainrule.engine.kernels.convolution.direct import tile_vectors
from chainrule.engine.kernels.convolution.operands import Filters
from chainrule.engine.kernels.convolution.tap_weights import WindowSizes, gradient_kernel, tile_shape
from chainrule.engine.kernels.convolution.taps import TapSizes, kernel_for, pack_taps, packing_of
from chainrule.engine.kernels.convolution.weights import bias_gradient
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.layout import View, image
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, bind
from chainrule.engine.simd import LANES, padded
from chainrule.engine.stages.algorithms import take_bias
from chainrule.engine.stages.convolution import ConvolvingStage, GradientSlots
from chainrule.engine.stages.phases import Taps, forward_taps, phases, reach
from chainrule.engine.stages.squares import is_filter, on_image, square_of
from chainrule.engine.stages.stage import Group, Halo, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import Convolution, ReLU
from chainrule.layers.windows import Windows


class Taken(NamedTuple):
    """The layers of such a stage."""

    convolution: Convolution
    windows: Windows  # over an image: a signal is one of one row
    relu: ReLU | None


class TapsStage(ConvolvingStage):
    """The base of both: forward by all taps; dL/dx by the taps of each phase; dL/dw by slots."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        (self.layer, self.windows, relu), x, y = group.layers, self.x, self.y
        self.at, self.relu, self.one = group.at, relu is not None, room.number(1)
        y.rectified = self.relu
        self.sizes, self.taps = self._window_sizes(), forward_taps(self.windows)
        self.filters = self._room_for_filters(self.taps, y.image.channels, room)
        if room.gradients:
            self.slots = GradientSlots(self._slot_floats(), y.image.channels, self.at, room)
            self.back = phases(self.windows)
            halo, of_y = reach(self.back, self.windows.counts), (y.image.channels, y.image.height, y.image.width)
            gz = image(*of_y, halo.columns, halo_rows=halo.rows)
            self.gz = View(room.window(gz.stride), gz)
            self.back_filters = [self._room_for_filters(taps, x.image.channels, room) for taps in self.back]

    @classmethod
    def taken(cls, nodes: Upcoming) -> Taken | None:
        """The layers, if they are a convolution, with the ReLU behind it, that square kernels do not take."""
        layer = nodes.take(Convolution)
        if layer is None:
            return None
        windows = layer.windows_over(nodes.last_x_shape)
        square = square_of(windows)
        if layer.groups == 1 and square and is_filter(square):
            return None
        return Taken(layer, on_image(windows), nodes.take(ReLU()))

    @classmethod
    def halo(cls, group: Group) -> Halo:
        at = group.layers.windows
        return reach([forward_taps(at)], at.pixels)

    def forward(self, step: Step) -> Work:
        return [self._convolve(self.taps, self.filters, self.x.view, self.y.view, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        slot, gy = self.slots.slot, self.y.gradient
        calls = [bind(copy_gradient, gy, self.y.view, self.gz, int(self.relu), self.one)]
        calls.append(self._weight_gradient(slot.w))
        if "b" in self.at:
            calls.append(bind(bias_gradient, self.gz, slot.b, role=BY_WEIGHTS))
        if to_input:
            each = zip(self.back, self.back_filters, strict=True)
            calls += [self._convolve(taps, filters, self.gz, self.x.gradient, role=BY_INPUT) for taps, filters in each]
        return calls

    def prepare(self, step: Step) -> list[Call]:
        calls = [self._pack(step, self.taps, self.filters, transposed=False)]
        calls += take_bias(step.w, self.at, self.filters.b, self.layer.out_channels)
        if not step.gw.size:
            return calls
        if self.x.image.lanes > 1:
            each = zip(self.back, self.back_filters, strict=True)
            calls += [self._pack(step, taps, filters, transposed=True) for taps, filters in each if taps.at]
        return [*calls, *self.slots.clear(step)]

    def _window_sizes(self) -> WindowSizes:
        at, layer = self.windows, self.layer
        before = at.padding[0][0], at.padding[1][0]
        groups = layer.out_channels // layer.groups, self.x.image.channels // layer.groups
        return WindowSizes(layer.out_channels, *groups, at.size, at.stride, at.dilation, before, *at.counts)

    def _sizes(self, taps: Taps, *, transposed: bool) -> TapSizes:
        channels = self.layer.out_channels, self.x.image.channels
        return taps.sizes(*(channels[::-1] if transposed else channels), groups=self.layer.groups)

    def _convolve(self, taps: Taps, filters: Filters, x: View, y: View, *, role: str) -> Call:
        sizes, relu = self._sizes(taps, transposed=role == BY_INPUT), int(self.relu and role == FORWARD)
        kernel = self._kernel(sizes, filters.b.dtype)
        return bind(kernel, filters, x, y, sizes, taps.offsets(x.image), relu, role=role)

    def _room_for_filters(self, taps: Taps, outputs: int, room: Room) -> Filters:
        """For the packed weights, and b."""
        raise NotImplementedError

    def _slot_floats(self) -> int:
        raise NotImplementedError

    def _pack(self, step: Step, taps: Taps, filters: Filters, *, transposed: bool) -> Call:
        raise NotImplementedError

    def _kernel(self, sizes: TapSizes, dtype: np.dtype) -> Any:
        raise NotImplementedError

    def _weight_gradient(self, slot: Any) -> Call:
        raise NotImplementedError


@register_stage
class GroupedStage(TapsStage):
    """A convolution in one group, or in several of whole vectors of channels."""

    kernel = "direct, by taps"

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        taken = cls.taken(nodes)
        if taken is None or taken.convolution.groups == 1:
            return taken
        groups, channels = taken.convolution.groups, nodes.x_shape[0]
        whole = taken.convolution.out_channels // groups % LANES == 0 and channels // groups % LANES == 0
        return taken if whole else None

    @classmethod
    def takes_nchw(cls, group: Group) -> bool:
        return group.layers.convolution.groups == 1

    def _room_for_filters(self, taps: Taps, outputs: int, room: Room) -> Filters:
        sizes = self._sizes(taps, transposed=taps is not self.taps)
        return Filters(room.zeros(padded(outputs) * sizes.group_inputs * sizes.taps), room.zeros(padded(outputs)))

    def _slot_floats(self) -> int:
        return tap_weights.slot_floats(self.sizes, self.x.image.lanes)

    def _pack(self, step: Step, taps: Taps, filters: Filters, *, transposed: bool) -> Call:
        sizes, window = self._sizes(taps, transposed=transposed), self.windows.size[0] * self.windows.size[1]
        packing = packing_of(self.sizes.group_outputs, self.sizes.group_inputs, window, transposed=transposed)
        vectors = tile_vectors(sizes.group_outputs, filters.b.dtype)
        how = taps.order, sizes, packing, vectors
        return bind(pack_taps, step.w, self.at["w"], filters.packed, *how)

    def _kernel(self, sizes: TapSizes, dtype: np.dtype) -> Any:
        return kernel_for(sizes, dtype)

    def _weight_gradient(self, slot: Any) -> Call:
        lanes = self.x.image.lanes
        kernel = gradient_kernel(*tile_shape(self.sizes, lanes, self.filters.b.dtype), lanes)
        return bind(kernel, self.gz, self.x.view, slot, self.sizes, role=BY_WEIGHTS)

    def finish(self, step: Step) -> list[Call]:
        return self.slots.sums(step, tap_weights.reduce_tap_gradient, self.sizes, self.x.image.lanes)


@register_stage
class DepthwiseStage(TapsStage):
    """A convolution of as many groups as channels, with a filter for each."""

    kernel = "depthwise"

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        taken = cls.taken(nodes)
        if taken is None:
            return None
        of_each = {taken.convolution.groups, taken.convolution.out_channels, nodes.x_shape[0]}
        return taken if len(of_each) == 1 and taken.convolution.groups > 1 else None

    @classmethod
    def takes_nchw(cls, group: Group) -> bool:
        return False

    def _room_for_filters(self, taps: Taps, outputs: int, room: Room) -> Filters:
        return Filters(room.zeros(depthwise.packed_floats(outputs, len(taps.at))), room.zeros(padded(outputs)))

    def _slot_floats(self) -> int:
        return depthwise.packed_floats(self.sizes.outputs, self.sizes.size[0] * self.sizes.size[1])

    def _pack(self, step: Step, taps: Taps, filters: Filters, *, transposed: bool) -> Call:
        window = self.windows.size[0] * self.windows.size[1]
        how = taps.order, self.layer.out_channels, window
        return bind(depthwise.pack_channels, step.w, self.at["w"], filters.packed, *how)

    def _kernel(self, sizes: TapSizes, dtype: np.dtype) -> Any:
        return depthwise.depthwise_kernel(depthwise.tile_pixels(sizes.columns, dtype))

    def _weight_gradient(self, slot: Any) -> Call:
        kernel = depthwise.weight_gradient_kernel(*depthwise.tile_taps(self.sizes.size, self.filters.b.dtype))
        return bind(kernel, self.gz, self.x.view, slot, self.sizes, role=BY_WEIGHTS)

    def finish(self, step: Step) -> list[Call]:
        sizes = self.sizes
        taps = sizes.size[0] * sizes.size[1]
        return self.slots.sums(step, depthwise.reduce_depthwise_gradient, sizes.outputs, taps)
