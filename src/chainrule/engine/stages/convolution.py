"""The stage convolution [+ ReLU], dense: by the direct or Winograd's algorithm, forward and backward."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution.operands import ConvolutionSizes, GradientSlot
from chainrule.engine.kernels.convolution.weights import (
    bias_gradient,
    make_nchw_gradient,
    make_nchwc_gradient,
    reduce_bias_gradient,
    reduce_weight_gradient,
    slot_floats,
)
from chainrule.engine.kernels.elementwise import zero_all
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.layout import View, image
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, PerSlot, bind
from chainrule.engine.runtime.program import Task
from chainrule.engine.simd import padded, vectors_in_registers
from chainrule.engine.stages.algorithms import Algorithm
from chainrule.engine.stages.squares import Square, is_filter, square_of
from chainrule.engine.stages.stage import Group, Halo, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import SLOTS, Step
from chainrule.engine.stages.transformed_gradient import TransformedGradient
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import Convolution, ReLU

CHEAP = 32  # multiply-adds for an element of y, up to which it is computed again rather than kept


@cache
def gradient_kernel(kernel_size: int, lanes: int, dtype: np.dtype) -> Any:
    """K x K accumulators (for two oc, where x is in NCHWc) if they fit the registers, else K at a time."""
    rows = kernel_size if 2 * kernel_size * kernel_size <= vectors_in_registers(dtype) - 6 else 1
    return (make_nchw_gradient if lanes == 1 else make_nchwc_gradient)(rows, kernel_size)


class GradientSlots:
    """dL/dw and dL/db of a convolution, slot by slot, and their sums."""

    def __init__(self, w_floats: int, channels: int, at: dict[str, int], room: Room) -> None:
        self.channels, self.at = channels, at
        self.w_floats, self.b_floats = w_floats, padded(channels)
        self.all_w = room.zeros(SLOTS * self.w_floats)
        self.all_b = room.zeros(SLOTS * self.b_floats)
        w, b = self.all_w.reshape(SLOTS, self.w_floats), self.all_b.reshape(SLOTS, self.b_floats)
        self.slot = GradientSlot(PerSlot(w), PerSlot(b))

    def clear(self, step: Step) -> list[Call]:
        """Calls that zero all slots, where a gradient is wanted."""
        return [bind(zero_all, self.all_w), bind(zero_all, self.all_b)] if step.gw.size else []

    def sums(self, step: Step, reduce: Any, *sizes: Any) -> list[Call]:
        """Calls that add the slots into the step's gradient, in canonical order; those of w by `reduce`."""
        of_w = *sizes, step.slots, self.w_floats
        return [bind(reduce, self.all_w, step.gw, self.at["w"], *of_w, role=BY_WEIGHTS), *self.sums_of_b(step)]

    def sums_of_b(self, step: Step) -> list[Call]:
        """The call for b, if there is one."""
        sizes = self.channels, step.slots, self.b_floats
        there = "b" in self.at
        return [bind(reduce_bias_gradient, self.all_b, step.gw, self.at["b"], *sizes, role=BY_WEIGHTS)] if there else []


class Taken(NamedTuple):
    """The layers of such a stage."""

    filters: Square
    relu: ReLU | None


def taken_filters(nodes: Upcoming) -> Square | None:
    """The next layer's windows, taken, if it is a convolution that kernels of square windows compute."""
    layer = nodes.take(Convolution)
    return square_of(layer.windows_over(nodes.last_x_shape)) if layer and layer.groups == 1 else None


class ConvolvingStage(Stage):
    """The base of stages that begin with a convolution."""

    by_sample = True
    hands_on = True
    sums_by_slot = True

    @classmethod
    def halo(cls, group: Group) -> Halo:
        return Halo(group.layers.filters.padding, group.layers.filters.padding)

    @classmethod
    def takes_nchw(cls, group: Group) -> bool:
        return True


@register_stage
class ConvolutionStage(ConvolvingStage):
    """Convolution of stride 1, with the ReLU that follows it if there is one; others are for `taps`."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        filters, x, y = group.layers.filters, self.x, self.y
        of_y = y.image.channels, y.image.height, y.image.width
        self.sizes = ConvolutionSizes(of_y[0], x.image.channels, *filters, rows=of_y[1], columns=of_y[2])
        self.one = room.number(1)
        self.relu, self.at = group.layers.relu is not None, group.at
        self.algorithm = Algorithm.choose(self.sizes, x.image, room)
        self.kernel, y.rectified = self.algorithm.name, self.relu
        self.transformed: TransformedGradient | None = None
        if room.gradients:
            if x.image.lanes > 1 and TransformedGradient.suits(group, room.dtype):
                self.transformed = TransformedGradient(group, room)
            floats = 0 if self.transformed else slot_floats(self.sizes, x.image.lanes)
            self.slots = GradientSlots(floats, self.sizes.out_channels, self.at, room)
            if x.image.lanes > 1:
                self._room_for_gradients(room)

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        filters = taken_filters(nodes)
        return Taken(filters, nodes.take(ReLU())) if filters and is_filter(filters) else None

    @classmethod
    def recomputes(cls, group: Group) -> bool:
        return group.x_shape[0] * group.layers.filters.kernel_size**2 <= CHEAP

    @classmethod
    def gradient_halo(cls, group: Group) -> Halo:
        filters = group.layers.filters
        halo = max(0, filters.kernel_size - 1 - filters.padding)
        return Halo(halo, halo)

    def executed(self, role: str, samples: int) -> float:
        if role == BY_WEIGHTS:
            return self.transformed.multiply_adds if self.transformed else self.multiply_adds
        return (self.algorithm if role == FORWARD else self.back).multiply_adds

    def _room_for_gradients(self, room: Room) -> None:
        """Room for dL/dz before the ReLU, in the halo that the input gradient's convolution reads it in."""
        sizes, x = self.sizes, self.x.gradient.image
        k, padding, gy = sizes.kernel_size, sizes.padding, self.y.gradient
        gz = image(sizes.out_channels, sizes.rows, sizes.columns, self.gradient_halo(self.group).columns)
        self.gz = gy if gy.image == gz and not self.relu else View(room.window(gz.stride), gz)
        back = ConvolutionSizes(sizes.in_channels, sizes.out_channels, k, 1, k - 1 - padding, x.height, x.width)
        self.back = Algorithm.choose(back, gz, room)

    def prepare(self, step: Step) -> list[Call]:
        calls = self.algorithm.take(step.w, self.at)
        if step.gw.size and self.x.image.lanes > 1:
            calls.append(self.back.pack(step.w, self.at["w"], transposed=True))
        if not step.gw.size:
            return calls
        return [*calls, *(self.transformed.clear() if self.transformed else []), *self.slots.clear(step)]

    def forward(self, step: Step) -> Work:
        return self.algorithm.run(self.x.view, self.y.view, role=FORWARD, relu=self.relu)

    def backward(self, step: Step, to_input: bool) -> Work:
        x, y, slot, lanes = self.x, self.y, self.slots.slot, self.x.image.lanes
        direct = gradient_kernel(self.sizes.kernel_size, lanes, step.w.dtype)
        if lanes == 1:  # the first layer: nobody else reads dL/dz, and it is not stored
            views = y.gradient, y.view, x.view
            return [bind(direct, *views, slot, self.sizes, int(self.relu), role=BY_WEIGHTS)]
        if self.transformed:
            calls = [self.transformed.add(self.gz, x.view)]
        else:
            calls = [bind(direct, self.gz, x.view, slot.w, self.sizes, role=BY_WEIGHTS)]
        if self.gz is not y.gradient:
            calls.insert(0, bind(copy_gradient, y.gradient, y.view, self.gz, int(self.relu), self.one))
        if "b" in self.at:
            calls.append(bind(bias_gradient, self.gz, slot.b, role=BY_WEIGHTS))
        if to_input:
            calls += self.back.run(self.gz, x.gradient, role=BY_INPUT)
        return calls

    def finish(self, step: Step) -> Sequence[Call | Task]:
        if self.transformed:
            return [*self.transformed.sums(step), *self.slots.sums_of_b(step)]
        return self.slots.sums(step, reduce_weight_gradient, self.sizes, self.x.image.lanes)
