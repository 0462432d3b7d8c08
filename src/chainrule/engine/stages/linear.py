"""The stage linear [+ ReLU [+ dropout]].

A small layer works sample by sample. The weights of a big one do not fit a core's cache: there, each part of the
inputs has one owner, who takes them through the whole batch, so that they are read once in each direction.

Where the network's input is bytes, most of which are 0 in an image of a digit, the first layer takes x - c, in which
these are 0 exactly (c is what the scaling makes of a 0), and makes up for c in its bias: products with 0 are left out.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.base.random import threshold_of
from chainrule.engine.kernels.elementwise import dropout as drop
from chainrule.engine.kernels.elementwise import relu as rectify
from chainrule.engine.kernels.linear import dense as linear
from chainrule.engine.kernels.linear.sparse import BLOCK
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.kernels.optimizers import Rows
from chainrule.engine.kernels.philox import draw_masks
from chainrule.engine.layout import Image
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, PerSlot, PerWorker, Window, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.runtime.program import TASKS, Phase, Task, cut, each
from chainrule.engine.simd import LANES, padded
from chainrule.engine.stages.algorithms import scratch
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.engine.weights import elements, linear_weights
from chainrule.layers import Dropout, Linear, ReLU

BIG = 1 << 17  # weights, beyond which they are taken part by part
PARTS = 8
AT_ONCE = 2 * BLOCK  # inputs whose gradients are made before their weights are moved: all of that stays in L2
SMALL = 1 << 13  # weights that are not worth an owner of their own


class Taken(NamedTuple):
    """The layers of such a stage."""

    linear: Linear
    relu: ReLU | None
    dropout: tuple[int, Dropout] | None  # and the number of its random words


@register_stage
class LinearStage(Stage):
    """W x + b, with the ReLU and dropout that follow it."""

    exact_halo = True

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        layer, relu, self.dropout = group.layers
        x, y, at = self.x, self.y, group.at
        self.takes_shift = group.inputs == (0,)
        self.relu, y.rectified = relu is not None, relu is not None
        self.inputs, self.outputs = elements(x.image), layer.out_features
        self.row = padded(self.outputs)
        self.sizes = linear.Linear(self.inputs, self.outputs, at["w"], 0, x.image.stride, y.image.stride)
        self.big = self.inputs * self.row > BIG
        self.owners = PARTS if self.big else max(1, min(room.workers, PARTS, self.inputs * self.row // SMALL))
        self.live = x.rectified and self.row >= 3 * LANES  # dL/dx is wanted only where x is not 0
        self.b = slice(at["b"], at["b"] + self.row)
        self.scale = np.float32(1 / (1 - self.dropout[1].p) if self.dropout else 1)
        self.kernel = "matrix products, part by part" if self.big else "matrix products"
        self.no_bias, self.bias, self.start = (aligned_zeros(self.row) for _ in range(3))
        self.words = PerWorker(np.zeros((room.workers, BLOCK), np.uint64))
        self.turned = scratch(room.workers, BLOCK * BLOCK)
        if self.big:
            self.parts = aligned_zeros(PARTS * room.samples * y.image.stride)
            self.part_gw = Window(scratch(room.workers, AT_ONCE * self.row).array, self.row)
        self.keep = room.whole(y.image.stride if self.dropout else 0, np.uint8)

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        layer = nodes.take(Linear)
        if layer is None:
            return None
        relu = nodes.take(ReLU())
        return Taken(layer, relu, nodes.take_dropout(when=relu is not None))

    @classmethod
    def takes_nchw(cls, group: Group) -> bool:
        return True

    @classmethod
    def spares(cls, group: Group) -> int:
        return group.layers.linear.multiply_adds(group.x_shape) * 3 // 4

    @classmethod
    def layout(cls, group: Group, name: str, x: Image) -> tuple[np.ndarray, int] | None:
        return linear_weights(x, group.layers.linear.out_features) if name == "w" else None

    def executed(self, role: str, samples: int) -> float:
        """Products with live inputs, where few are; all of them where more than half are, or where rows are short."""
        live = self.live_inputs(samples)
        if role == BY_INPUT:
            return self.multiply_adds * (live if self.live else 1)
        walked = live <= linear.SPARSE and self.row >= linear.SPARSE_VECTORS * LANES
        return self.multiply_adds * (live if walked else 1)

    def live_inputs(self, samples: int) -> float:
        """The fraction of x that is not 0."""
        x = self.x.canonical(samples)
        return np.count_nonzero(x) / x.size

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
            whole = bind(linear.forward, step.w, b, x, y, self.sizes, self.words, self._share(step), role=FORWARD)
            return [whole, *self._activate(step)]
        room = step.samples * self.sizes.y_stride
        parts = self.parts[: PARTS * room]
        to = PerSlot(parts.reshape(PARTS, room)), self.sizes, self.words, self._share(step)
        one = bind(linear.forward, step.w, self.no_bias, x, *to, role=FORWARD)
        tasks = [Task([one], k, a, b, b - a) for k, (a, b) in enumerate(self.ranges())]
        total = bind(linear.add_parts, b, parts, room, PARTS, y, self.sizes, role=FORWARD)
        return [Phase(tasks), total, *self._activate(step)]

    def _share(self, step: Step) -> linear.Share:
        """Of a big layer an owner takes some inputs, of a small one some samples."""
        return linear.Share(1, step.samples) if self.big else linear.Share(0, self.inputs)

    def _shift(self, step: Step) -> np.float32:
        """c, where x is x - c."""
        return np.float32(step.shift if self.takes_shift else 0)

    def _activate(self, step: Step) -> list[Call]:
        y, image, calls = self.y.x, self.y.image, []
        if self.relu:
            calls.append(bind(rectify, y, y, image, image, role=FORWARD))
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
            start = bind(linear.shifted_start, y.gx, self._shift(step), self.sizes, step.samples, self.start, role=BY_WEIGHTS)
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
            return bind(linear.live_input_gradient, step.w, gy, self.x.x, gx, self.sizes, share, role=BY_INPUT)
        return bind(linear.input_gradient, step.w, gy, gx, self.sizes, self.turned, share, role=BY_INPUT)

    def _weight_gradient(self, step: Step, gw: np.ndarray | Window, at: int) -> Call:
        x, gy = self.x.x, self.y.gx
        start = self.start if self._shift(step) else self.no_bias
        sizes = self.sizes, step.samples, self.words
        return bind(linear.weight_gradient, x, gy, gw, at, start, *sizes, role=BY_WEIGHTS)

    def finish(self, step: Step) -> list[Call | Task]:
        sizes = self.sizes, step.samples
        bias = bind(linear.bias_gradient, self.y.gx, step.gw, self.b.start, *sizes, role=BY_WEIGHTS)
        if self.big:
            return [bias]
        weights = self._weight_gradient(step, step.gw, self.sizes.w_at)
        return [bias, *(Task([weights], k, a, b, b - a) for k, (a, b) in enumerate(self.ranges()) if a < b)]
