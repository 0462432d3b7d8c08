"""The stage convolution [+ ReLU], dense: by the direct or Winograd's algorithm, forward and backward."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution.direct import Convolved
from chainrule.engine.kernels.convolution.weights import (
    bias_gradient,
    make_patch,
    reduce_bias_gradient,
    reduce_weight_gradient,
    slot_floats,
)
from chainrule.engine.kernels.elementwise import clear
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.layout import Image, image
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, PerSlot, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import REGISTERS, padded
from chainrule.engine.stages.algorithms import Algorithm, Place
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import SLOTS, Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import Convolution, ReLU

ONE = np.float32(1)
CHEAP = 32  # multiply-adds for an element of y, up to which it is computed again rather than kept


@cache
def gradient_kernels(kernel_size: int) -> tuple[Any, Any]:
    """(x in blocks, x in planes): K x K accumulators for two oc where they fit the registers, else K at a time."""
    rows = kernel_size if 2 * kernel_size * kernel_size <= REGISTERS - 6 else 1
    return make_patch(rows, kernel_size)


class GradientSlots:
    """dL/dw and dL/db of a convolution, slot by slot, and their sums."""

    def __init__(self, shape: Convolved, lanes: int, at: dict[str, int]) -> None:
        self.shape, self.lanes, self.at = shape, lanes, at
        self.w_floats, self.b_floats = slot_floats(shape, lanes), padded(shape.out_channels)
        self.all_w, self.all_b = aligned_zeros(SLOTS * self.w_floats), aligned_zeros(SLOTS * self.b_floats)
        self.w = PerSlot(self.all_w.reshape(SLOTS, self.w_floats))
        self.b = PerSlot(self.all_b.reshape(SLOTS, self.b_floats))

    def clear(self, step: Step) -> list[Call]:
        """All zero, where a gradient is wanted."""
        return [bind(clear, self.all_w), bind(clear, self.all_b)] if step.gw.size else []

    def sums(self, step: Step) -> list[Call]:
        """Calls that add the slots into the step's gradient, in canonical order."""
        sizes, n = (step.slots, self.w_floats, self.lanes, self.shape), self.shape.out_channels
        return [
            bind(reduce_weight_gradient, self.all_w, *sizes, step.gw, self.at["w"], role=BY_WEIGHTS),
            bind(reduce_bias_gradient, self.all_b, step.slots, self.b_floats, n, step.gw, self.at["b"], role=BY_WEIGHTS),
        ]


class Taken(NamedTuple):
    """The layers of such a stage."""

    convolution: Convolution
    relu: ReLU | None


class ConvolvingStage(Stage):
    """What stages share that begin with a convolution."""

    by_sample = True
    hands_on = True
    sums_by_slot = True

    @classmethod
    def halo(cls, group: Group) -> int:
        return group.layers.convolution.padding

    @classmethod
    def takes_nchw(cls, group: Group) -> bool:
        return True


@register_stage
class ConvolutionStage(ConvolvingStage):
    """Convolution, with the ReLU that follows it if there is one."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        layer, x, y = group.layers.convolution, self.x, self.y
        sizes = layer.kernel_size, layer.stride, layer.padding, y.image.height, y.image.width
        self.shape = Convolved(layer.out_channels, x.image.channels, *sizes)
        self.relu, self.at = group.layers.relu is not None, group.at
        self.algorithm = Algorithm.choose(self.shape, x.image, room.workers)
        self.kernel, y.rectified = self.algorithm.name, self.relu
        if room.gradients:
            self.slots = GradientSlots(self.shape, x.image.lanes, self.at)
            if x.image.lanes > 1:
                self._room_for_gradients(room)

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        layer = nodes.take(Convolution)
        return layer and Taken(layer, nodes.take(ReLU()))

    @classmethod
    def recomputes(cls, group: Group) -> bool:
        return group.x_shape[0] * group.layers.convolution.kernel_size**2 <= CHEAP

    def executed(self, role: str, samples: int) -> float:
        if role == BY_WEIGHTS:
            return self.multiply_adds
        return (self.algorithm if role == FORWARD else self.back).multiply_adds

    def _room_for_gradients(self, room: Room) -> None:
        """Room for dL/dz before the ReLU, in the halo that the input gradient's convolution reads it in."""
        shape, x = self.shape, self.x.gradient_image
        stride, k = shape.stride, shape.kernel_size
        halo = max(0, k - 1 - shape.padding)
        self.gz_image = image(shape.out_channels, shape.rows, shape.columns, halo if stride == 1 else 0)
        self.gz = room.window(self.gz_image.stride)
        self.spread_image, self.spread = self.gz_image, self.gz
        if stride > 1:  # it convolves dL/dz with zeros between its pixels
            rows, columns = ((n - 1) * stride + 1 for n in (shape.rows, shape.columns))
            self.spread_image = image(shape.out_channels, rows, columns, halo=k + stride - 2)
            self.spread = room.window(self.spread_image.stride)
        back = Convolved(shape.in_channels, shape.out_channels, k, 1, k - 1 - shape.padding, x.height, x.width)
        self.back = Algorithm.choose(back, self.spread_image, room.workers)

    def prepare(self, step: Step) -> list[Call]:
        calls = [self.algorithm.pack(step.w, self.at["w"]), self.algorithm.take_bias(step.w, self.at["b"])]
        if step.gw.size and self.x.image.lanes > 1:
            calls.append(self.back.pack(step.w, self.at["w"], transposed=True))
        return [*calls, *self.slots.clear(step)] if step.gw.size else calls

    def forward(self, step: Step) -> Work:
        x, y = self.x, self.y
        return self.algorithm.run(x.x, x.image, y.x, y.image, FORWARD, self.relu)

    def backward(self, step: Step, to_input: bool) -> Work:
        x, y, slots = self.x, self.y, self.slots
        in_blocks, in_nchw = gradient_kernels(self.shape.kernel_size)
        if x.image.lanes == 1:  # the first layer: nobody else reads dL/dz, and it is not stored
            gy = (y.gx, y.gradient_image), (y.x, y.image), int(self.relu)
            return [bind(in_nchw, *gy, x.x, x.image, slots.w, slots.b, self.shape, role=BY_WEIGHTS)]
        gz, gz_image = self.gz, self.gz_image
        calls = [
            self._masked(gz, gz_image, 1),
            bind(in_blocks, gz, gz_image, x.x, x.image, slots.w, self.shape, role=BY_WEIGHTS),
            bind(bias_gradient, gz, gz_image, slots.b, role=BY_WEIGHTS),
        ]
        if to_input:
            if self.shape.stride > 1:
                calls.append(self._masked(self.spread, self.spread_image, self.shape.stride))
            calls += self.back.run(self.spread, self.spread_image, x.gx, x.gradient_image, BY_INPUT)
        return calls

    def _masked(self, gz: Place, gz_image: Image, spread: int) -> Call:
        """dL/dz: dL/dy where the ReLU let pass."""
        y = self.y
        return bind(copy_gradient, y.gx, y.gradient_image, y.x, y.image, int(self.relu), ONE, gz, gz_image, spread)

    def finish(self, step: Step) -> list[Call]:
        return self.slots.sums(step)
