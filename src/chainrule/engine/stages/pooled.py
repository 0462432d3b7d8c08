"""The stage convolution [+ ReLU] + max-pool [+ dropout]: the large image stays in cache, back propagation is sparse."""

from collections.abc import Sequence
from math import lcm
from typing import Any, NamedTuple

import numpy as np

from chainrule.base.random import threshold_of
from chainrule.engine.kernels.convolution.direct import kernels_for
from chainrule.engine.kernels.convolution.operands import ConvolutionSizes
from chainrule.engine.kernels.convolution.pooled import (
    PooledScratch,
    PooledSizes,
    direct_pooled_kernel,
    winograd_pooled_kernel,
)
from chainrule.engine.kernels.convolution.weights import reduce_weight_gradient, slot_floats
from chainrule.engine.kernels.convolution.winograd import rows_kernel
from chainrule.engine.kernels.philox import draw_masks
from chainrule.engine.kernels.pooling import sparse_input, sparse_weights
from chainrule.engine.kernels.pooling.patches import (
    NO_ARGMAX,
    NO_KEEP,
    Pool,
    PoolMasks,
    argmax_words,
    pool_rows_kernel,
)
from chainrule.engine.layout import View, image
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.stages.algorithms import Algorithm
from chainrule.engine.stages.convolution import ConvolvingStage, GradientSlots, taken_filters
from chainrule.engine.stages.squares import Square, taken_patches
from chainrule.engine.stages.stage import Group, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import Dropout, MaxPooling, ReLU

LARGEST_FILTER, LARGEST_PATCH = 5, 4  # sizes that kernels take


class Taken(NamedTuple):
    """The layers of such a stage."""

    filters: Square
    relu: ReLU | None
    size: int  # of the patches
    dropout: tuple[int, Dropout] | None  # and the number of its random words


@register_stage
class PooledStage(ConvolvingStage):
    """A convolution of stride 1 under a max-pool of patches side by side."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        filters, relu, size, self.dropout = group.layers
        x, y = self.x.image, self.y
        rows, columns = (n + 2 * filters.padding - filters.kernel_size + 1 for n in (x.height, x.width))
        self.sizes = PooledSizes(
            ConvolutionSizes(y.image.channels, x.channels, *filters, rows=rows, columns=columns),
            Pool(size, int(relu is not None), room.number(1 / (1 - self.dropout[1].p) if self.dropout else 1)),
        )
        self.at, self.algorithm = group.at, Algorithm.choose(self.sizes.convolution, x, room)
        self.kernel, y.rectified = f"{self.algorithm.name}, sparse backward", relu is not None
        band = image(y.image.channels, lcm(4, size) if self.algorithm.tiling else size, columns)
        self.scratch = PooledScratch(View(room.scratch(band.stride), band), self.algorithm.scratch)
        if room.gradients:
            self._room_for_gradients(room)

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        filters = taken_filters(nodes)
        if filters is None or filters.stride != 1 or filters.kernel_size > LARGEST_FILTER:
            return None
        relu, size = nodes.take(ReLU()), taken_patches(nodes, MaxPooling)
        if size is None or size > LARGEST_PATCH:
            return None
        return Taken(filters, relu, size, nodes.take_dropout(when=relu is not None))

    def executed(self, role: str, samples: int) -> float:
        """Of the gradients only what lives is computed, except of the weights' where x is in NCHW."""
        if role == FORWARD:
            return self.algorithm.multiply_adds
        nchw = role == BY_WEIGHTS and self.x.image.lanes == 1
        return self.multiply_adds * (1 if nchw else self.live(samples))

    def live(self, samples: int) -> float:
        """The fraction of the convolution's outputs that the max-pool took, and neither ReLU nor dropout set to 0."""
        words = self.argmax[: argmax_words(self.y.gradient.image, self.sizes.pool.size, samples)]
        sizes = self.sizes.convolution
        return int(np.bitwise_count(words).sum()) / (samples * sizes.out_channels * sizes.rows * sizes.columns)

    def _room_for_gradients(self, room: Room) -> None:
        y = self.y.gradient.image
        self.argmax = aligned_zeros(argmax_words(y, self.sizes.pool.size, room.samples), np.uint64)
        keep = room.window(y.stride, np.uint8) if self.dropout else NO_KEEP
        self.keep = View(keep, y)  # the mask lies as dL/dy, without the halo that y may have
        self.transposed = room.zeros(sparse_input.packed_floats(self.sizes))
        self.lists = sparse_weights.unit_lists(y, room.workers, room.dtype)
        self.haloed = room.scratch(sparse_input.scratch_floats(self.x.gradient.image, self.sizes))
        sizes = self.sizes.convolution
        self.slots = GradientSlots(slot_floats(sizes, self.x.image.lanes), sizes.out_channels, self.at, room)

    def prepare(self, step: Step) -> list[Call]:
        calls = self.algorithm.take(step.w, self.at)
        if step.gw.size:
            pack = sparse_input.pack_weights_backward
            calls.append(bind(pack, step.w, self.at["w"], self.transposed, self.sizes))
            calls += self.slots.clear(step)
        return calls

    def forward(self, step: Step) -> Work:
        algorithm, pool_rows = self.algorithm, pool_rows_kernel(self.sizes.pool.size)
        if algorithm.tiling:
            kernel = winograd_pooled_kernel(rows_kernel(algorithm.tiling.columns), pool_rows)
            sizes = PooledSizes(algorithm.tiling, self.sizes.pool)
        else:
            kernel = direct_pooled_kernel(kernels_for(self.sizes.convolution, step.w.dtype)[0], pool_rows)
            sizes = self.sizes
        masks = PoolMasks(NO_ARGMAX, View(NO_KEEP, self.y.gradient.image))
        if step.training:
            masks = PoolMasks(self.argmax, self.keep)
        views = self.x.view, self.y.view, masks
        return [*self._masks(step), bind(kernel, algorithm.filters, *views, sizes, self.scratch, role=FORWARD)]

    def _masks(self, step: Step) -> list[Call]:
        """The dropout masks."""
        if self.dropout is None or not step.training:
            return []
        k, dropout = self.dropout
        return [bind(draw_masks, step.draw_words, self.keep, k, threshold_of(dropout.p))]

    def backward(self, step: Step, to_input: bool) -> Work:
        x, gy, sizes = self.x, self.y.gradient, self.sizes
        k = sizes.convolution.kernel_size
        by_weights = sparse_weights.weight_gradient_kernel(k, x.image.lanes)
        of_w = self.slots.slot, sizes, self.lists
        calls = [bind(by_weights, gy, self.argmax, x.view, *of_w, role=BY_WEIGHTS)]
        if to_input:
            by_input = sparse_input.input_gradient_kernel(k, sizes.pool.size)
            of_x = x.gradient, sizes, self.haloed
            calls.append(bind(by_input, self.transposed, gy, self.argmax, *of_x, role=BY_INPUT))
        return calls

    def finish(self, step: Step) -> list[Call]:
        return self.slots.sums(step, reduce_weight_gradient, self.sizes.convolution, self.x.image.lanes)
