"""The stage convolution [+ ReLU], dense: by the direct or Winograd's algorithm, forward and backward."""

from functools import cache
from typing import Any

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
from chainrule.engine.runtime.calls import Call, PerSlot, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import REGISTERS, padded
from chainrule.engine.stages.algorithms import Algorithm, Place
from chainrule.engine.stages.stage import SLOTS, Room, Stage, Step, Values, Work
from chainrule.layers import Convolution

ONE = np.float32(1)


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
            bind(reduce_weight_gradient, self.all_w, *sizes, step.gw, self.at["w"]),
            bind(reduce_bias_gradient, self.all_b, step.slots, self.b_floats, n, step.gw, self.at["b"]),
        ]


class ConvolutionStage(Stage):
    """Convolution, with the ReLU that follows it if there is one."""

    by_sample = True

    def __init__(self, layer: Convolution, relu: bool, x: Values, y: Values, at: dict[str, int], room: Room) -> None:
        sizes = layer.kernel_size, layer.stride, layer.padding, y.image.height, y.image.width
        self.shape = Convolved(layer.out_channels, x.image.channels, *sizes)
        self.relu, self.at = relu, at
        self.algorithm = Algorithm.choose(self.shape, x.image, room.workers)
        super().__init__(f"{layer}{' + ReLU' if relu else ''}", self.algorithm.name, x, y)
        if room.gradients:
            self.slots = GradientSlots(self.shape, x.image.lanes, at)
            if x.image.lanes > 1:
                self._room_for_gradients(room)

    def _room_for_gradients(self, room: Room) -> None:
        """Room for dL/dz before the ReLU, in the frame that the input gradient's convolution reads it in."""
        shape, x = self.shape, self.x.gradient_image
        stride, k = shape.stride, shape.kernel_size
        frame = max(0, k - 1 - shape.padding)
        self.gz_image = image(shape.out_channels, shape.rows, shape.columns, frame if stride == 1 else 0)
        self.gz = room.window(self.gz_image.stride)
        self.spread_image, self.spread = self.gz_image, self.gz
        if stride > 1:  # it convolves dL/dz with zeros between its pixels
            rows, columns = ((n - 1) * stride + 1 for n in (shape.rows, shape.columns))
            self.spread_image = image(shape.out_channels, rows, columns, frame=k + stride - 2)
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
        return self.algorithm.run(x.x, x.image, y.x, y.image, self.relu)

    def backward(self, step: Step, to_input: bool) -> Work:
        x, y, slots = self.x, self.y, self.slots
        in_blocks, in_planes = gradient_kernels(self.shape.kernel_size)
        if x.image.lanes == 1:  # the first layer: nobody else reads dL/dz, and it is not stored
            gy = (y.gx, y.gradient_image), (y.x, y.image), int(self.relu)
            return [bind(in_planes, *gy, x.x, x.image, slots.w, slots.b, self.shape)]
        gz, gz_image = self.gz, self.gz_image
        calls = [
            self._masked(gz, gz_image, 1),
            bind(in_blocks, gz, gz_image, x.x, x.image, slots.w, self.shape),
            bind(bias_gradient, gz, gz_image, slots.b),
        ]
        if to_input:
            if self.shape.stride > 1:
                calls.append(self._masked(self.spread, self.spread_image, self.shape.stride))
            calls += self.back.run(self.spread, self.spread_image, x.gx, x.gradient_image)
        return calls

    def _masked(self, gz: Place, gz_image: Image, spread: int) -> Call:
        """dL/dz: dL/dy where the ReLU let pass."""
        y = self.y
        return bind(copy_gradient, y.gx, y.gradient_image, y.x, y.image, int(self.relu), ONE, gz, gz_image, spread)

    def finish(self, step: Step) -> list[Call]:
        return self.slots.sums(step)
