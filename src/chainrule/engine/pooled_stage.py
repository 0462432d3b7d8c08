"""The stage convolution [+ ReLU] + max-pool [+ dropout]: the large image stays in cache, back propagation is sparse."""

from collections.abc import Callable
from math import lcm

import numpy as np

from chainrule.engine.algorithms import Algorithm
from chainrule.engine.convolution_stage import GradientSlots
from chainrule.engine.kernels import winners, winners_weights
from chainrule.engine.kernels.convolution import Convolved
from chainrule.engine.kernels.convolution_pooled import direct_pooled, winograd_pooled
from chainrule.engine.kernels.philox import keep_images, mask
from chainrule.engine.kernels.pooling import Pool, winners_size
from chainrule.engine.layout import image
from chainrule.engine.simd import aligned_zeros
from chainrule.engine.stage import SLOTS, Stage, Step, Values
from chainrule.engine.threads import Phase
from chainrule.layers import Convolution, Dropout, MaxPooling

NO_WORDS, NO_BYTES = np.empty(0, np.uint64), np.empty(0, np.uint8)


class PooledStage(Stage):
    """A convolution of stride 1 under a max-pool of patches side by side."""

    def __init__(
        self,
        layers: tuple[Convolution, bool, MaxPooling, tuple[int, Dropout] | None],
        x: Values,
        y: Values,
        at: dict[str, int],
    ) -> None:
        layer, relu, pooling, self.dropout = layers
        rows, columns = (n + 2 * layer.padding - layer.kernel_size + 1 for n in (x.image.height, x.image.width))
        self.shape = Convolved(layer.out_channels, x.image.channels, layer.kernel_size, 1, layer.padding, rows, columns)
        self.at, self.scale = at, np.float32(1 / (1 - self.dropout[1].p) if self.dropout else 1)
        self.algorithm = Algorithm.choose(self.shape, x.image)
        named = f"{layer}{' + ReLU' if relu else ''} + {pooling}{f' + {self.dropout[1]}' if self.dropout else ''}"
        super().__init__(named, f"{self.algorithm.name}, sparse backward", x, y)
        self.size, self.relu = pooling.size, relu
        band_rows = self.size if self.algorithm.winograd is None else lcm(4, self.size)
        self.band_image = image(layer.out_channels, band_rows, columns)._replace(stride=0)
        room = image(layer.out_channels, band_rows, columns).stride
        self.bands = [aligned_zeros(room) for _ in range(SLOTS)]
        if x.gx.size:
            self._room_for_gradients(len(x.gx) // x.gradient_image.stride)

    def _room_for_gradients(self, samples: int) -> None:
        shape, y = self.shape, self.y.gradient_image
        self.pooled = winners.Pooled(
            shape.in_channels, shape.out_channels, shape.kernel_size, shape.padding, self.size, self.scale
        )
        self.winners = np.zeros(winners_size(y, self.size, samples), np.uint64)
        self.keep = np.zeros(samples * self.y.image.stride if self.dropout else 0, np.uint8)
        self.transposed = aligned_zeros(int(winners.packed_floats(self.pooled)))
        self.lists = [winners_weights.lists(y) for _ in range(SLOTS)]
        framed = winners.scratch_floats(self.x.gradient_image, self.pooled)
        self.framed = [aligned_zeros(framed) for _ in range(SLOTS)]
        self.slots = GradientSlots(shape, self.x.image.lanes, self.at)

    def prepare(self, step: Step) -> None:
        n, at = self.shape.out_channels, self.at
        self.algorithm.pack(step.w, at["w"])
        self.algorithm.b[:n] = step.w[at["b"] : at["b"] + n]

    def forward(self, step: Step) -> list[Phase | Callable[[int], None]]:
        training = step.draws is not None
        bits = (self.winners if training else NO_WORDS, self.keep if training and self.dropout else NO_BYTES)
        pool = Pool(self.size, int(self.relu), self.scale)
        algorithm, x, y = self.algorithm, (self.x.x, self.x.image), (self.y.x, self.y.image)
        weights = algorithm.packed, algorithm.b

        def run(slot: int) -> None:
            first, last = step.slot(slot)
            if len(bits[1]):
                self._draw(step, first, last)
            band = self.bands[slot], self.band_image
            if algorithm.winograd is None:
                direct_pooled(weights, x, band, y, bits, pool, self.shape, first, last)
            else:
                scratch = algorithm.scratch[slot]
                winograd_pooled(weights, x, band, y, bits, pool, algorithm.winograd, scratch, first, last)

        return [run]

    def _draw(self, step: Step, first: int, last: int) -> None:
        """The dropout masks of samples first .. last-1."""
        if self.dropout is None or step.draws is None:
            return
        k, dropout = self.dropout
        masks = mask(step.draws.for_layer(k), dropout.p)
        keep_images(masks, step.draws.offset, self.y.gradient_image, self.keep, first, last)

    def backward(self, step: Step, to_input: bool) -> list[Phase | Callable[[int], None]]:
        if to_input:
            winners.pack_weights_backward(step.w, self.at["w"], self.pooled, self.transposed)
        x, y = self.x, self.y

        def run(slot: int) -> None:
            first, last = step.slot(slot)
            gw, gb = self.slots.cleared(slot)
            gy = y.gx, y.gradient_image, self.winners
            winners_weights.weight_gradient(*gy, x.x, x.image, gw, gb, self.pooled, self.lists[slot], first, last)
            if to_input:
                framed = self.framed[slot]
                winners.input_gradient(self.transposed, *gy, x.gx, x.gradient_image, self.pooled, framed, first, last)

        return [run]

    def finish(self, step: Step) -> list[Callable[[], None]]:
        return self.slots.sums(step)
