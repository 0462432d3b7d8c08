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
from chainrule.engine.kernels import elementwise
from chainrule.engine.kernels.linear import layer as linear
from chainrule.engine.kernels.linear.layer import Share, WeightRows
from chainrule.engine.kernels.linear.sparse import WORD_BITS
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.kernels.optimizers import WeightSpan
from chainrule.engine.kernels.philox import draw_masks
from chainrule.engine.layout import Image, View
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, PerSlot, PerWorker, Window, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.runtime.program import TASKS, Phase, Task, cut, each
from chainrule.engine.simd import LANES, padded
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.together import by_owners, divides, gathered, own, owned, shared_out
from chainrule.engine.stages.value import Room, Value
from chainrule.engine.weights import elements, linear_weights
from chainrule.layers import Dropout, Linear, ReLU

BIG = 1 << 17  # weights, beyond which they are taken part by part
PARTS = 8
AT_ONCE = 2 * WORD_BITS  # inputs whose gradients are made before their weights are moved: all of that stays in L2
MANY = 3  # ranks, from which on they exchange only what owners need of x: of two each lacks half of that, in pieces
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
        x, y, self.at = self.x, self.y, group.at
        self.takes_shift = group.inputs == (0,)
        self.relu, y.rectified = relu is not None, relu is not None
        self.inputs, self.outputs = elements(x.image), layer.out_features
        self.row = padded(self.outputs)
        self.big = self.inputs * self.row > BIG
        self.owners = PARTS if self.big else max(1, min(room.workers, PARTS, self.inputs * self.row // SMALL))
        self.live = x.rectified and self.row >= 3 * LANES  # dL/dx is wanted only where x is not 0
        self.has_bias = "b" in self.at
        self.scale = room.number(1 / (1 - self.dropout[1].p) if self.dropout else 1)
        self.kernel = "matrix products, part by part" if self.big else "matrix products"
        self.no_bias, self.bias, self.start = (room.zeros(self.row) for _ in range(3))
        self.live_words = PerWorker(aligned_zeros(room.workers * WORD_BITS, np.uint64).reshape(room.workers, WORD_BITS))
        self.turned = room.scratch(WORD_BITS * WORD_BITS)
        if self.big:
            self.parts = room.zeros(PARTS * room.samples * y.image.stride)
            self.part_gw = Window(room.scratch(AT_ONCE * self.row).array, self.row)
        mask = y.gradient.image  # lies as dL/dy
        self.keep = View(room.whole(mask.stride if self.dropout else 0, np.uint8), mask)

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
        return cut(self.inputs, WORD_BITS, self.owners)

    def prepare(self, step: Step) -> list[Call]:
        if not self._shift(step):
            return []
        return [bind(linear.shifted_bias, self._rows(step.w), self._bias(step.w), self.bias, self._shift(step))]

    def forward(self, step: Step) -> Work:
        x, y, weights = self.x.view, self.y.view, self._rows(step.w)
        b = self.bias if self._shift(step) else self._bias(step.w)
        how = self._share(step), self.live_words
        if not self.big:
            return [bind(linear.forward, weights, b, x, y, *how, role=FORWARD), *self._activate(step)]
        apart, (first, last) = step.samples * y.image.stride, step.own
        parts = self.parts[: PARTS * apart]
        of_own = parts.reshape(PARTS, apart)[:, first * y.image.stride : last * y.image.stride]
        part = y._replace(values=PerSlot(of_own))
        one = bind(linear.forward, weights, self.no_bias, own(step, x), part, *how, role=FORWARD)
        tasks = [Task([one], k, first, last, last - first) for k, (first, last) in enumerate(self.ranges())]
        total = bind(linear.add_parts, b, parts, y, PARTS, apart, role=FORWARD)
        return [Phase(tasks), total, *self._activate(step)]

    def _rows(self, values: np.ndarray | Window, at: int | None = None) -> WeightRows:
        """The layer's rows in w, or in its gradient; `at`: where they begin there, if not as in w."""
        return WeightRows(values, self.at["w"] if at is None else at, self.inputs, self.outputs)

    def _bias(self, w: np.ndarray) -> np.ndarray:
        """The layer's b in w; zeros, if it has none."""
        return w[self.at["b"] : self.at["b"] + self.row] if self.has_bias else self.no_bias

    def _share(self, step: Step) -> Share:
        """How work is shared: of a big layer an owner takes some inputs, of a small one some samples."""
        first, last = step.own
        return Share(1, last - first) if self.big else Share(0, self.inputs)

    def _shift(self, step: Step) -> np.floating:
        """c, where x is x - c."""
        return step.w.dtype.type(step.shift if self.takes_shift else 0)

    def _activate(self, step: Step) -> list[Call]:
        y, calls = self.y.view, []
        if self.relu:
            calls.append(bind(elementwise.relu, y, y, role=FORWARD))
        if self.dropout and step.training:
            k, layer = self.dropout
            calls.append(bind(draw_masks, step.draw_words, self.keep, k, threshold_of(layer.p)))
            calls.append(bind(elementwise.dropout, y, self.keep, y, self.scale))
        return calls

    def backward(self, step: Step, to_input: bool) -> Work:
        gy = self.y.gradient
        calls: list[Call | Phase] = []
        if self.relu:
            calls.append(bind(copy_gradient, gy, self.y.view, gy, 1, self.scale))
        if to_input and not self.big:
            calls.append(self._input_gradient(step))
        if self._shift(step):
            start = bind(linear.shifted_start, gy, self.start, self._shift(step), step.samples, role=BY_WEIGHTS)
            calls += [*gathered(step, gy), each([start])]
        return [*calls, *self._by_owners(step, to_input)] if self.big else calls

    def _by_owners(self, step: Step, to_input: bool) -> list[Phase]:
        """Of a big layer: dL/dx, dL/dw and the update, part by part."""
        by_input, gy = [self._input_gradient(step)] if to_input else [], [] if self._shift(step) else [self.y.gradient]
        ranges = cut(self.inputs, AT_ONCE, TASKS)
        if divides(step, step.samples):
            ends = [last for _, last in ranges]
            x = by_owners(step, self.x.view, ends) if step.ranks.size >= MANY else self.x.view
            return [*gathered(step, x, *gy), *self._shared_out(step, by_input, ranges)]
        first = gathered(step, self.x.view, *gy)
        at_once = step.updates and not step.ranks.survive
        gw = self._rows(self.part_gw, 0) if at_once else self._rows(step.gw)
        part, updates = [*by_input, self._weight_gradient(step, gw)], self._updates(step, gw)
        if at_once:
            return [*first, _owners([*part, *updates], ranges)]
        step.later += [_owners(updates, ranges)] if updates else []
        return [*first, _owners(part, ranges)]

    def _shared_out(self, step: Step, by_input: list[Call], ranges: list[tuple[int, int]]) -> list[Phase]:
        """The same where ranks have parts, too: each makes dL/dw of its own, and moves all of w."""
        gw = self._rows(step.gw)
        rows = step.gw[gw.at : gw.at + self.inputs * self.row]
        made = shared_out(step, rows, [last * self.row for _, last in ranges])
        phases = [_owners(by_input, ranges)] if by_input else []
        phases += [_owners([self._weight_gradient(step, gw)], owned(step, ranges)), *gathered(step, made)]
        updates = [_owners(self._updates(step, gw), ranges)] if step.updates else []
        if step.ranks.survive:
            step.later += updates
            return phases
        return [*phases, *updates]

    def _updates(self, step: Step, gw: WeightRows) -> list[Call]:
        span = WeightSpan(self.at["w"], gw.at, self.row)
        return step.updates.calls(gw.values, span, self.inputs, AT_ONCE) if step.updates else []

    def _input_gradient(self, step: Step) -> Call:
        weights, share = self._rows(step.w), self._share(step)
        x, gy, gx = self.x.view, self.y.gradient, self.x.gradient
        if self.big:
            x, gy, gx = (own(step, each) for each in (x, gy, gx))
        if self.live:
            return bind(linear.live_input_gradient, weights, gy, x, gx, share, role=BY_INPUT)
        return bind(linear.input_gradient, weights, gy, gx, share, self.turned, role=BY_INPUT)

    def _weight_gradient(self, step: Step, gw: WeightRows) -> Call:
        x = self.x.view
        gy = self.y.gradient
        start = self.start if self._shift(step) else self.no_bias
        return bind(linear.weight_gradient, x, gy, start, gw, step.samples, self.live_words, role=BY_WEIGHTS)

    def finish_reads(self, step: Step) -> Sequence[Any]:
        if self.big:
            return []  # it was read before, by the owners
        return [self.x.view, *([] if self._shift(step) else [self.y.gradient])]

    def finish(self, step: Step) -> list[Call | Task]:
        bias: list[Call | Task] = []
        if self.has_bias:
            gb = step.gw, self.at["b"]
            bias.append(bind(linear.bias_gradient, self.y.gradient, *gb, step.samples, role=BY_WEIGHTS))
        if self.big:
            return bias
        weights = self._weight_gradient(step, self._rows(step.gw))
        return [*bias, *(Task([weights], k, a, b, b - a) for k, (a, b) in enumerate(self.ranges()) if a < b)]


def _owners(calls: list[Call], ranges: Sequence[tuple[int, int]]) -> Phase:
    """A task for each range of inputs."""
    return Phase([Task(calls, 0, a, b, AT_ONCE) for a, b in ranges])
