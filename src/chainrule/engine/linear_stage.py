"""The stage linear [+ ReLU [+ dropout]].

A small layer works sample by sample. The weights of a big one do not fit a core's cache: there, each part of the
inputs has one owner, who takes them through the whole batch, so that they are read once in each direction.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.engine.kernels import linear
from chainrule.engine.kernels.elementwise import dropout as drop
from chainrule.engine.kernels.elementwise import relu as rectify
from chainrule.engine.kernels.linear_sparse import BLOCK
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.kernels.philox import keep_images, mask
from chainrule.engine.simd import LANES, aligned_zeros, padded
from chainrule.engine.stage import SLOTS, Stage, Step, Values
from chainrule.engine.threads import Phase
from chainrule.engine.weights import elements
from chainrule.layers import Dropout, Linear

BIG = 1 << 17  # weights, beyond which they are taken part by part
PARTS = 8
SMALL = 1 << 13  # weights that are not worth an owner of their own


class LinearStage(Stage):
    """W x + b, with the ReLU and dropout that follow it."""

    def __init__(
        self,
        layers: tuple[Linear, bool, tuple[int, Dropout] | None],
        live: bool,
        x: Values,
        y: Values,
        at: dict[str, int],
        threads: int,
    ) -> None:
        """`live`: dL/dx is wanted only where x is not 0, since x comes out of a ReLU."""
        layer, self.relu, self.dropout = layers
        self.inputs, self.outputs = elements(x.image), layer.out_features
        self.sizes = linear.Linear(self.inputs, self.outputs, at["w"], 0, x.image.stride, y.image.stride)
        self.big = self.inputs * padded(self.outputs) > BIG
        self.owners = PARTS if self.big else max(1, min(threads, PARTS, self.inputs * padded(self.outputs) // SMALL))
        self.live = live and padded(self.outputs) >= 3 * LANES
        self.b = slice(at["b"], at["b"] + padded(self.outputs))
        self.scale = np.float32(1 / (1 - self.dropout[1].p) if self.dropout else 1)
        named = f"{layer}{' + ReLU' if self.relu else ''}{f' + {self.dropout[1]}' if self.dropout else ''}"
        super().__init__(named, "matrix products, part by part" if self.big else "matrix products", x, y)
        samples = len(x.x) // x.image.stride
        self.no_bias = aligned_zeros(padded(self.outputs))
        self.words = [np.zeros(BLOCK, np.uint64) for _ in range(max(SLOTS, PARTS))]
        self.parts = aligned_zeros(PARTS * samples * y.image.stride if self.big else 0)
        self.turned = [aligned_zeros(BLOCK * BLOCK) for _ in range(max(SLOTS, PARTS))]
        self.keep = np.zeros(samples * y.image.stride if self.dropout else 0, np.uint8)

    def part(self, k: int) -> tuple[int, int]:
        """The inputs of owner k: first, last + 1."""
        blocks, n = -(-self.inputs // BLOCK), self.owners
        return min(k * blocks // n * BLOCK, self.inputs), min((k + 1) * blocks // n * BLOCK, self.inputs)

    def forward(self, step: Step) -> list[Phase | Callable[[int], None]]:
        x, y, b = self.x.x, self.y.x, step.w[self.b]
        room = step.samples * self.sizes.y_stride

        def one_part(k: int) -> None:
            part = self.parts[k * room : (k + 1) * room]
            linear.forward(step.w, self.no_bias, x, part, self.sizes, 0, step.samples, *self.part(k), self.words[k])

        def add_parts(slot: int) -> None:
            first, last = step.slot(slot)
            linear.add_parts(b, self.parts, room, PARTS, y, self.sizes, first, last)
            self._activate(step, first, last)

        def whole(slot: int) -> None:
            first, last = step.slot(slot)
            linear.forward(step.w, b, x, y, self.sizes, first, last, 0, self.inputs, self.words[slot])
            self._activate(step, first, last)

        return [Phase(PARTS, one_part), add_parts] if self.big else [whole]

    def _activate(self, step: Step, first: int, last: int) -> None:
        y, image = self.y.x, self.y.image
        if self.relu:
            rectify(y, y, image, image, first, last)
        if self.dropout and step.draws:
            k, layer = self.dropout
            masks = mask(step.draws.for_layer(k), layer.p)
            keep_images(masks, step.draws.offset, image, self.keep, first, last)
            drop(y, self.keep, self.scale, y, image, image, image, first, last)

    def backward(self, step: Step, to_input: bool) -> list[Phase | Callable[[int], None]]:
        y = self.y
        scale = self.scale if step.draws else np.float32(1)

        def behind(slot: int) -> None:
            first, last = step.slot(slot)
            if self.relu:
                copy_gradient(y.gx, y.gradient_image, y.x, y.image, True, scale, y.gx, y.gradient_image, 1, first, last)
            if to_input and not self.big:
                self._input_gradient(step, slot, first, last, 0, self.inputs)

        def one_part(k: int) -> None:
            if to_input:
                self._input_gradient(step, k, 0, step.samples, *self.part(k))
            self._weight_gradient(step, k)

        return [behind, Phase(PARTS, one_part)] if self.big else [behind]

    def _input_gradient(self, step: Step, scratch: int, *where: int) -> None:
        gy, gx, sizes = self.y.gx, self.x.gx, self.sizes
        if self.live:
            linear.live_input_gradient(step.w, gy, self.x.x, gx, sizes, *where)
        else:
            linear.input_gradient(step.w, gy, gx, sizes, *where, self.turned[scratch])

    def _weight_gradient(self, step: Step, k: int) -> None:
        x, gy, words = self.x.x, self.y.gx, self.words[k]
        linear.weight_gradient(
            x, gy, step.gw, self.sizes.w_at, self.no_bias, self.sizes, *self.part(k), step.samples, words
        )

    def finish(self, step: Step) -> list[Callable[[], None]]:
        def bias() -> None:
            linear.bias_gradient(self.y.gx, step.gw, self.b.start, self.sizes, step.samples)

        def part(k: int) -> Callable[[], Any]:
            return lambda: self._weight_gradient(step, k)

        return [bias, *([] if self.big else [part(k) for k in range(self.owners)])]
