"""The stage linear [+ ReLU [+ dropout]].

A small layer works sample by sample. The weights of a big one do not fit a core's cache: there, each part of the
inputs has one owner, who takes them through the whole batch, so that they are read once in each direction.

Where the network's input is bytes, most of which are 0 in an image of a digit, the first layer takes x - c, in which
these are 0 exactly (c is what the scaling makes of a 0), and makes up for c in its bias: products with 0 are left out.
"""

import numpy as np

from chainrule.engine.kernels.elementwise import dropout as drop
from chainrule.engine.kernels.elementwise import relu as rectify
from chainrule.engine.kernels.linear import dense as linear
from chainrule.engine.kernels.linear.sparse import BLOCK
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.kernels.optimizers import Rows
from chainrule.engine.kernels.philox import draw_masks, threshold_of
from chainrule.engine.runtime.calls import Call, PerSlot, PerWorker, Window, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.runtime.program import TASKS, Phase, Task, cut, each
from chainrule.engine.simd import LANES, padded
from chainrule.engine.stages.algorithms import scratch
from chainrule.engine.stages.stage import Room, Stage, Step, Values, Work
from chainrule.engine.weights import elements
from chainrule.layers import Dropout, Linear

BIG = 1 << 17  # weights, beyond which they are taken part by part
PARTS = 8
AT_ONCE = 2 * BLOCK  # inputs whose gradients are made before their weights are moved: all of that stays in L2
SMALL = 1 << 13  # weights that are not worth an owner of their own


class LinearStage(Stage):
    """W x + b, with the ReLU and dropout that follow it."""

    def __init__(
        self,
        layers: tuple[Linear, bool, tuple[int, Dropout] | None],
        first: bool,
        live: bool,
        x: Values,
        y: Values,
        at: dict[str, int],
        room: Room,
    ) -> None:
        """`first`: x is the network's input. `live`: dL/dx is wanted only where x, out of a ReLU, is not 0."""
        layer, self.relu, self.dropout = layers
        self.takes_shift = first
        self.inputs, self.outputs = elements(x.image), layer.out_features
        self.row = padded(self.outputs)
        self.sizes = linear.Linear(self.inputs, self.outputs, at["w"], 0, x.image.stride, y.image.stride)
        self.big = self.inputs * self.row > BIG
        self.owners = PARTS if self.big else max(1, min(room.workers, PARTS, self.inputs * self.row // SMALL))
        self.live = live and self.row >= 3 * LANES
        self.b = slice(at["b"], at["b"] + self.row)
        self.scale = np.float32(1 / (1 - self.dropout[1].p) if self.dropout else 1)
        named = f"{layer}{' + ReLU' if self.relu else ''}{f' + {self.dropout[1]}' if self.dropout else ''}"
        super().__init__(named, "matrix products, part by part" if self.big else "matrix products", x, y)
        self.no_bias, self.bias, self.start = (aligned_zeros(self.row) for _ in range(3))
        self.words = PerWorker(np.zeros((room.workers, BLOCK), np.uint64))
        self.turned = scratch(room.workers, BLOCK * BLOCK)
        if self.big:
            self.parts = aligned_zeros(PARTS * room.samples * y.image.stride)
            self.part_gw = Window(scratch(room.workers, AT_ONCE * self.row).array, self.row)
        self.keep = room.whole(y.image.stride if self.dropout else 0, np.uint8)

    def ranges(self) -> list[tuple[int, int]]:
        """The inputs of each owner: first, last + 1."""
        return cut(self.inputs, BLOCK, self.owners)

    def prepare(self, step: Step) -> list[Call]:
        if not self._shift(step):
            return []
        return [bind(linear.shifted_bias, step.w, step.w[self.b], self._shift(step), self.sizes, self.bias)]

    def forward(self, step: Step) -> Work:
        x, y, b = self.x.x, self.y.x, self.bias if self._shift(step) else step.w[self.b]
        if not self.big:
            whole = bind(linear.forward, step.w, b, x, y, self.sizes, self.words, self._share(step))
            return [whole, *self._activate(step)]
        room = step.samples * self.sizes.y_stride
        parts = self.parts[: PARTS * room]
        to = PerSlot(parts.reshape(PARTS, room)), self.sizes, self.words, self._share(step)
        one = bind(linear.forward, step.w, self.no_bias, x, *to)
        tasks = [Task([one], k, a, b, b - a) for k, (a, b) in enumerate(self.ranges())]
        return [Phase(tasks), bind(linear.add_parts, b, parts, room, PARTS, y, self.sizes), *self._activate(step)]

    def _share(self, step: Step) -> linear.Share:
        """Of a big layer an owner takes some inputs, of a small one some samples."""
        return linear.Share(1, step.samples) if self.big else linear.Share(0, self.inputs)

    def _shift(self, step: Step) -> np.float32:
        """c, where x is x - c."""
        return np.float32(step.shift if self.takes_shift else 0)

    def _activate(self, step: Step) -> list[Call]:
        y, image, calls = self.y.x, self.y.image, []
        if self.relu:
            calls.append(bind(rectify, y, y, image, image))
        if self.dropout and step.training:
            k, layer = self.dropout
            calls.append(bind(draw_masks, k, threshold_of(layer.p), step.draw_words, self.keep, image))
            calls.append(bind(drop, y, self.keep, self.scale, y, image, image, image))
        return calls

    def backward(self, step: Step, to_input: bool) -> Work:
        y = self.y
        calls: list[Call | Phase] = []
        if self.relu:
            gy = y.gx, y.gradient_image
            calls.append(bind(copy_gradient, *gy, y.x, y.image, 1, self.scale, *gy, 1))
        if to_input and not self.big:
            calls.append(self._input_gradient(step))
        if self._shift(step):
            start = bind(linear.shifted_start, y.gx, self._shift(step), self.sizes, step.samples, self.start)
            calls.append(each([start]))
        if not self.big:
            return calls
        gw, at = (self.part_gw, 0) if step.updates else (step.gw, self.sizes.w_at)
        part = [self._input_gradient(step)] if to_input else []
        part.append(self._weight_gradient(step, gw, at))
        if step.updates:
            part += step.updates.calls(gw, Rows(self.sizes.w_at, at, self.row), self.inputs, AT_ONCE)
        return [*calls, Phase([Task(part, 0, a, b, AT_ONCE) for a, b in cut(self.inputs, AT_ONCE, TASKS)])]

    def _input_gradient(self, step: Step) -> Call:
        gy, gx, share = self.y.gx, self.x.gx, self._share(step)
        if self.live:
            return bind(linear.live_input_gradient, step.w, gy, self.x.x, gx, self.sizes, share)
        return bind(linear.input_gradient, step.w, gy, gx, self.sizes, self.turned, share)

    def _weight_gradient(self, step: Step, gw: np.ndarray | Window, at: int) -> Call:
        x, gy = self.x.x, self.y.gx
        start = self.start if self._shift(step) else self.no_bias
        return bind(linear.weight_gradient, x, gy, gw, at, start, self.sizes, step.samples, self.words)

    def finish(self, step: Step) -> list[Call | Task]:
        bias = bind(linear.bias_gradient, self.y.gx, step.gw, self.b.start, self.sizes, step.samples)
        if self.big:
            return [bias]
        weights = self._weight_gradient(step, step.gw, self.sizes.w_at)
        return [bias, *(Task([weights], k, a, b, b - a) for k, (a, b) in enumerate(self.ranges()) if a < b)]
