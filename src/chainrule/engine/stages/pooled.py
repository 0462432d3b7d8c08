"""The stage convolution [+ ReLU] + max-pool [+ dropout]: the large image stays in cache, back propagation is sparse."""

from collections.abc import Sequence
from math import lcm
from typing import Any, NamedTuple

import numpy as np

from chainrule.base.random import threshold_of
from chainrule.engine.kernels.convolution.direct import Convolved, kernels_for
from chainrule.engine.kernels.convolution.pooled import direct_pooled_kernel, winograd_pooled_kernel
from chainrule.engine.kernels.convolution.winograd import rows_kernel
from chainrule.engine.kernels.philox import draw_masks
from chainrule.engine.kernels.pooling import sparse_input, sparse_weights
from chainrule.engine.kernels.pooling.patches import NO_ARGMAX, NO_BYTES, Pool, argmax_words
from chainrule.engine.layout import image
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.stages.algorithms import Algorithm, scratch
from chainrule.engine.stages.convolution import ConvolvingStage, GradientSlots
from chainrule.engine.stages.stage import Group, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import Convolution, Dropout, MaxPooling, ReLU

LARGEST_FILTER, LARGEST_PATCH = 5, 4  # sizes that kernels take


class Taken(NamedTuple):
    """The layers of such a stage."""

    convolution: Convolution
    relu: ReLU | None
    pooling: MaxPooling
    dropout: tuple[int, Dropout] | None  # and the number of its random words


@register_stage
class PooledStage(ConvolvingStage):
    """A convolution of stride 1 under a max-pool of patches side by side."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        layer, relu, pooling, self.dropout = group.layers
        x, y = self.x, self.y
        rows, columns = (n + 2 * layer.padding - layer.kernel_size + 1 for n in (x.image.height, x.image.width))
        self.shape = Convolved(layer.out_channels, x.image.channels, layer.kernel_size, 1, layer.padding, rows, columns)
        self.at, self.scale = group.at, np.float32(1 / (1 - self.dropout[1].p) if self.dropout else 1)
        self.algorithm = Algorithm.choose(self.shape, x.image, room.workers)
        self.kernel, y.rectified = f"{self.algorithm.name}, sparse backward", relu is not None
        self.size, self.relu = pooling.size, relu is not None
        self.keep_image = y.gradient_image  # the mask lies as dL/dy, without the halo that y may have
        band_rows = self.size if self.algorithm.winograd is None else lcm(4, self.size)
        self.band_image = image(layer.out_channels, band_rows, columns)._replace(stride=0)
        self.band = scratch(room.workers, image(layer.out_channels, band_rows, columns).stride)
        if room.gradients:
            self._room_for_gradients(room)

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        layer = nodes.take(Convolution)
        if layer is None or layer.stride != 1 or layer.kernel_size > LARGEST_FILTER:
            return None
        relu, pooling = nodes.take(ReLU()), nodes.take(MaxPooling)
        if pooling is None or pooling.step != pooling.size or pooling.size > LARGEST_PATCH:
            return None
        return Taken(layer, relu, pooling, nodes.take_dropout(when=relu is not None))

    def executed(self, role: str, samples: int) -> float:
        """Of the gradients only what lives is computed, except of the weights' where x is in planes."""
        if role == FORWARD:
            return self.algorithm.multiply_adds
        planes = role == BY_WEIGHTS and self.x.image.lanes == 1
        return self.multiply_adds * (1 if planes else self.live(samples))

    def live(self, samples: int) -> float:
        """The fraction of the convolution's outputs that the max-pool took, and neither ReLU nor dropout set to 0."""
        words = self.argmax[: argmax_words(self.y.gradient_image, self.size, samples)]
        units = self.shape.out_channels * self.shape.rows * self.shape.columns
        return int(np.bitwise_count(words).sum()) / (samples * units)

    def _room_for_gradients(self, room: Room) -> None:
        shape, y = self.shape, self.y.gradient_image
        self.pooled = sparse_input.Pooled(
            shape.in_channels, shape.out_channels, shape.kernel_size, shape.padding, self.size, self.scale
        )
        self.argmax = np.zeros(argmax_words(y, self.size, room.samples), np.uint64)
        self.keep = room.window(y.stride, np.uint8) if self.dropout else NO_BYTES
        self.transposed = aligned_zeros(int(sparse_input.packed_floats(self.pooled)))
        self.lists = sparse_weights.lists(y, room.workers)
        self.haloed = scratch(room.workers, sparse_input.scratch_floats(self.x.gradient_image, self.pooled))
        self.slots = GradientSlots(shape, self.x.image.lanes, self.at)

    def prepare(self, step: Step) -> list[Call]:
        calls = [self.algorithm.pack(step.w, self.at["w"]), self.algorithm.take_bias(step.w, self.at["b"])]
        if step.gw.size:
            calls.append(bind(sparse_input.pack_weights_backward, step.w, self.at["w"], self.pooled, self.transposed))
            calls += self.slots.clear(step)
        return calls

    def forward(self, step: Step) -> Work:
        words, keep = (self.argmax, self.keep) if step.training else (NO_ARGMAX, NO_BYTES)
        bits = words, keep, self.keep_image
        pool = Pool(self.size, int(self.relu), self.scale)
        algorithm, x, y = self.algorithm, (self.x.x, self.x.image), (self.y.x, self.y.image)
        weights, band = (algorithm.packed, algorithm.b), (self.band, self.band_image)
        if algorithm.winograd is None:
            rows, _ = kernels_for(self.shape)
            pooled = bind(direct_pooled_kernel(rows), weights, x, band, y, bits, pool, self.shape, role=FORWARD)
        else:
            kernel = winograd_pooled_kernel(rows_kernel(algorithm.winograd.columns))
            pooled = bind(kernel, weights, x, band, y, bits, pool, algorithm.winograd, algorithm.scratch, role=FORWARD)
        return [*self._masks(step), pooled]

    def _masks(self, step: Step) -> list[Call]:
        """The dropout masks."""
        if self.dropout is None or not step.training:
            return []
        k, dropout = self.dropout
        return [bind(draw_masks, k, threshold_of(dropout.p), step.draw_words, self.keep, self.keep_image)]

    def backward(self, step: Step, to_input: bool) -> Work:
        x, y, slots, pooled = self.x, self.y, self.slots, self.pooled
        gy = y.gx, y.gradient_image, self.argmax
        by_weights = sparse_weights.weight_gradient_kernel(pooled.kernel_size, x.image.lanes == 1)
        calls = [bind(by_weights, *gy, x.x, x.image, slots.w, slots.b, pooled, self.lists, role=BY_WEIGHTS)]
        if to_input:
            by_input = sparse_input.input_gradient_kernel(pooled.kernel_size, pooled.size)
            calls.append(bind(by_input, self.transposed, *gy, x.gx, x.gradient_image, pooled, self.haloed, role=BY_INPUT))
        return calls

    def finish(self, step: Step) -> list[Call]:
        return self.slots.sums(step)
