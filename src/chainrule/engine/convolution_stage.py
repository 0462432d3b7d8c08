"""The stage convolution [+ ReLU], dense: by the direct or Winograd's algorithm, forward and backward."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from chainrule.engine.algorithms import Algorithm
from chainrule.engine.kernels.convolution import Convolved
from chainrule.engine.kernels.convolution_weights import (
    bias_gradient,
    make_patch,
    reduce_bias_gradient,
    reduce_weight_gradient,
    slot_floats,
)
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.layout import image
from chainrule.engine.simd import REGISTERS, aligned_zeros, padded
from chainrule.engine.stage import SLOTS, Stage, Step, Values
from chainrule.engine.threads import Phase
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
        self.w, self.b = aligned_zeros(SLOTS * self.w_floats), aligned_zeros(SLOTS * self.b_floats)

    def cleared(self, slot: int) -> tuple[Any, Any]:
        """(gw, gb) of a slot, zeroed."""
        gw = self.w[slot * self.w_floats : (slot + 1) * self.w_floats]
        gb = self.b[slot * self.b_floats : (slot + 1) * self.b_floats]
        gw[:] = 0
        gb[:] = 0
        return gw, gb

    def sums(self, step: Step) -> list[Callable[[], None]]:
        """Tasks that add the slots into the step's gradient, in canonical order."""

        def weights() -> None:
            reduce_weight_gradient(self.w, step.slots, self.w_floats, self.lanes, self.shape, step.gw, self.at["w"])

        def bias() -> None:
            n = self.shape.out_channels
            reduce_bias_gradient(self.b, step.slots, self.b_floats, n, step.gw, self.at["b"])

        return [weights, bias]


class ConvolutionStage(Stage):
    """Convolution, with the ReLU that follows it if there is one."""

    def __init__(self, layer: Convolution, relu: bool, x: Values, y: Values, at: dict[str, int]) -> None:
        sizes = layer.kernel_size, layer.stride, layer.padding, y.image.height, y.image.width
        self.shape = Convolved(layer.out_channels, x.image.channels, *sizes)
        self.relu, self.at = relu, at
        self.algorithm = Algorithm.choose(self.shape, x.image)
        super().__init__(f"{layer}{' + ReLU' if relu else ''}", self.algorithm.name, x, y)
        if x.gx.size:
            self.slots = GradientSlots(self.shape, x.image.lanes, at)
            if x.image.lanes > 1:
                self._room_for_gradients(len(x.gx) // x.gradient_image.stride)

    def _room_for_gradients(self, samples: int) -> None:
        """Room for dL/dz before the ReLU, in the frame that the input gradient's convolution reads it in."""
        shape, x = self.shape, self.x.gradient_image
        stride, k = shape.stride, shape.kernel_size
        frame = max(0, k - 1 - shape.padding)
        self.gz_image = image(shape.out_channels, shape.rows, shape.columns, frame if stride == 1 else 0)
        self.gz = aligned_zeros(samples * self.gz_image.stride)
        self.spread_image, self.spread = self.gz_image, self.gz
        if stride > 1:  # it convolves dL/dz with zeros between its pixels
            rows, columns = ((n - 1) * stride + 1 for n in (shape.rows, shape.columns))
            self.spread_image = image(shape.out_channels, rows, columns, frame=k + stride - 2)
            self.spread = aligned_zeros(samples * self.spread_image.stride)
        back = Convolved(shape.in_channels, shape.out_channels, k, 1, k - 1 - shape.padding, x.height, x.width)
        self.back = Algorithm.choose(back, self.spread_image)

    def prepare(self, step: Step) -> None:
        n, at = self.shape.out_channels, self.at
        self.algorithm.pack(step.w, at["w"])
        self.algorithm.b[:n] = step.w[at["b"] : at["b"] + n]

    def forward(self, step: Step) -> list[Phase | Callable[[int], None]]:
        x, y = self.x, self.y

        def run(slot: int) -> None:
            self.algorithm.run(x.x, x.image, y.x, y.image, slot, *step.slot(slot), self.relu)

        return [run]

    def backward(self, step: Step, to_input: bool) -> list[Phase | Callable[[int], None]]:
        if to_input:
            self.back.pack(step.w, self.at["w"], transposed=True)

        def run(slot: int) -> None:
            first, last = step.slot(slot)
            self._weight_gradient(slot, first, last)
            if to_input:
                self._input_gradient(slot, first, last)

        return [run]

    def _weight_gradient(self, slot: int, first: int, last: int) -> None:
        x, y = self.x, self.y
        gw, gb = self.slots.cleared(slot)
        in_blocks, in_planes = gradient_kernels(self.shape.kernel_size)
        if x.image.lanes == 1:  # the first layer: nobody else reads dL/dz, and it is not stored
            gy = (y.gx, y.gradient_image), (y.x, y.image), self.relu
            in_planes(*gy, x.x, x.image, gw, gb, self.shape, first, last)
            return
        gz, gz_image = self.gz, self.gz_image
        self._masked(gz, gz_image, 1, first, last)
        in_blocks(gz, gz_image, x.x, x.image, gw, self.shape, first, last)
        bias_gradient(gz, gz_image, gb, first, last)

    def _input_gradient(self, slot: int, first: int, last: int) -> None:
        x = self.x
        if self.shape.stride > 1:
            self._masked(self.spread, self.spread_image, self.shape.stride, first, last)
        self.back.run(self.spread, self.spread_image, x.gx, x.gradient_image, slot, first, last)

    def _masked(self, gz: Any, gz_image: Any, spread: int, first: int, last: int) -> None:
        y = self.y
        copy_gradient(y.gx, y.gradient_image, y.x, y.image, self.relu, ONE, gz, gz_image, spread, first, last)

    def finish(self, step: Step) -> list[Callable[[], None]]:
        return self.slots.sums(step)
