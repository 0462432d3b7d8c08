"""The stage convolution [+ ReLU] + max-pool [+ dropout]: the large image stays in cache, back propagation is sparse."""

from math import lcm

import numpy as np

from chainrule.engine.kernels.convolution.direct import Convolved, kernels_for
from chainrule.engine.kernels.convolution.pooled import direct_pooled_kernel, winograd_pooled_kernel
from chainrule.engine.kernels.convolution.winograd import rows_kernel
from chainrule.engine.kernels.philox import draw_masks, threshold_of
from chainrule.engine.kernels.pooling import winners, winners_weights
from chainrule.engine.kernels.pooling.patches import NO_BYTES, NO_WORDS, Pool, winners_size
from chainrule.engine.layout import image
from chainrule.engine.runtime.calls import Call, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.stages.algorithms import Algorithm, scratch
from chainrule.engine.stages.convolution import GradientSlots
from chainrule.engine.stages.stage import Room, Stage, Step, Values, Work
from chainrule.layers import Convolution, Dropout, MaxPooling


class PooledStage(Stage):
    """A convolution of stride 1 under a max-pool of patches side by side."""

    by_sample = True

    def __init__(
        self,
        layers: tuple[Convolution, bool, MaxPooling, tuple[int, Dropout] | None],
        x: Values,
        y: Values,
        at: dict[str, int],
        room: Room,
    ) -> None:
        layer, relu, pooling, self.dropout = layers
        rows, columns = (n + 2 * layer.padding - layer.kernel_size + 1 for n in (x.image.height, x.image.width))
        self.shape = Convolved(layer.out_channels, x.image.channels, layer.kernel_size, 1, layer.padding, rows, columns)
        self.at, self.scale = at, np.float32(1 / (1 - self.dropout[1].p) if self.dropout else 1)
        self.algorithm = Algorithm.choose(self.shape, x.image, room.workers)
        named = f"{layer}{' + ReLU' if relu else ''} + {pooling}{f' + {self.dropout[1]}' if self.dropout else ''}"
        super().__init__(named, f"{self.algorithm.name}, sparse backward", x, y)
        self.size, self.relu = pooling.size, relu
        self.keep_image = y.gradient_image  # the mask lies as dL/dy, without the frame that y may have
        band_rows = self.size if self.algorithm.winograd is None else lcm(4, self.size)
        self.band_image = image(layer.out_channels, band_rows, columns)._replace(stride=0)
        self.band = scratch(room.workers, image(layer.out_channels, band_rows, columns).stride)
        if room.gradients:
            self._room_for_gradients(room)

    def _room_for_gradients(self, room: Room) -> None:
        shape, y = self.shape, self.y.gradient_image
        self.pooled = winners.Pooled(
            shape.in_channels, shape.out_channels, shape.kernel_size, shape.padding, self.size, self.scale
        )
        self.winners = np.zeros(winners_size(y, self.size, room.samples), np.uint64)
        self.keep = room.window(y.stride, np.uint8) if self.dropout else NO_BYTES
        self.transposed = aligned_zeros(int(winners.packed_floats(self.pooled)))
        self.lists = winners_weights.lists(y, room.workers)
        self.framed = scratch(room.workers, winners.scratch_floats(self.x.gradient_image, self.pooled))
        self.slots = GradientSlots(shape, self.x.image.lanes, self.at)

    def prepare(self, step: Step) -> list[Call]:
        calls = [self.algorithm.pack(step.w, self.at["w"]), self.algorithm.take_bias(step.w, self.at["b"])]
        if step.gw.size:
            calls.append(bind(winners.pack_weights_backward, step.w, self.at["w"], self.pooled, self.transposed))
            calls += self.slots.clear(step)
        return calls

    def forward(self, step: Step) -> Work:
        words, keep = (self.winners, self.keep) if step.training else (NO_WORDS, NO_BYTES)
        bits = words, keep, self.keep_image
        pool = Pool(self.size, int(self.relu), self.scale)
        algorithm, x, y = self.algorithm, (self.x.x, self.x.image), (self.y.x, self.y.image)
        weights, band = (algorithm.packed, algorithm.b), (self.band, self.band_image)
        if algorithm.winograd is None:
            rows, _ = kernels_for(self.shape)
            pooled = bind(direct_pooled_kernel(rows), weights, x, band, y, bits, pool, self.shape)
        else:
            kernel = winograd_pooled_kernel(rows_kernel(algorithm.winograd.columns))
            pooled = bind(kernel, weights, x, band, y, bits, pool, algorithm.winograd, algorithm.scratch)
        return [*self._masks(step), pooled]

    def _masks(self, step: Step) -> list[Call]:
        """The dropout masks."""
        if self.dropout is None or not step.training:
            return []
        k, dropout = self.dropout
        return [bind(draw_masks, k, threshold_of(dropout.p), step.draw_words, self.keep, self.keep_image)]

    def backward(self, step: Step, to_input: bool) -> Work:
        x, y, slots, pooled = self.x, self.y, self.slots, self.pooled
        gy = y.gx, y.gradient_image, self.winners
        by_weights = winners_weights.weight_gradient_kernel(pooled.kernel_size, x.image.lanes == 1)
        calls = [bind(by_weights, *gy, x.x, x.image, slots.w, slots.b, pooled, self.lists)]
        if to_input:
            by_input = winners.input_gradient_kernel(pooled.kernel_size, pooled.size)
            calls.append(bind(by_input, self.transposed, *gy, x.gx, x.gradient_image, pooled, self.framed))
        return calls

    def finish(self, step: Step) -> list[Call]:
        return self.slots.sums(step)
