"""The stages batch normalisation [+ ReLU] [+ max-pool]: x is read for its sums, then again to make y of it.

    forward     the sums of x, where it is still in cache      |  y
    backward    dL/dgamma and dL/dbeta, likewise of dL/dy      |  dL/dx

Between the two of each all of a batch has to be there, so x and dL/dy are kept; y and dL/dx are handed on in cache, and
y is made again of x where the backward pass needs it. In evaluation where it can be it is folded before there is a plan
(network/folding.py).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.elementwise import zero_all
from chainrule.engine.kernels.normalisation.channels import (
    Channels,
    Running,
    Seen,
    Slopes,
    Sums,
    Weights,
    channel_moments,
    channel_products,
    normalisation_gradient,
    normalisation_input_gradient,
    normalise_by_batch,
    normalise_by_running,
    shift_and_scale,
)
from chainrule.engine.kernels.normalisation.lines import KEPT
from chainrule.engine.kernels.pooling.max import max_pooling_input_gradient, max_pooling_kernel
from chainrule.engine.kernels.pooling.patches import NO_ARGMAX, NO_KEEP, Pool, PoolMasks, argmax_words
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, PerSlot, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.runtime.program import each
from chainrule.engine.simd import padded
from chainrule.engine.stages.pooled import LARGEST_PATCH
from chainrule.engine.stages.squares import taken_patches
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import SLOTS, Step
from chainrule.engine.stages.together import gathered
from chainrule.engine.stages.value import Handed, Room, Value
from chainrule.layers import BatchNormalisation, MaxPooling, ReLU


class Gradient(NamedTuple):
    """A gradient, and the calls that make it."""

    calls: list[Call]
    view: View


class ChannelSums:
    """Two sums, or three, for each channel, slot by slot."""

    def __init__(self, channels: int, rows: int = 2) -> None:
        self.size = padded(channels)
        self.values = aligned_zeros(SLOTS * rows * self.size, np.float64)
        self.slot = PerSlot(self.values.reshape(SLOTS, -1))

    def of(self, step: Step) -> Sums:
        """Those of a step's slots."""
        return Sums(self.values, step.slots, self.size)


class Taken(NamedTuple):
    """The layers of such a stage."""

    layer: BatchNormalisation
    relu: ReLU | None
    size: int  # of the patches of a max-pool; 1: there is none


@register_stage
class BatchNormalisationStage(Stage):
    """The moments of the batch, or the running ones; then y."""

    kernel = "normalisation"
    sums_by_slot = True
    hands_on = True
    gathers = True
    backward_barriers = 1

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        image, relu = self.x.image, group.layers.relu
        self.layer, after = group.layers.layer, 1 + relu.derivative_at_zero if relu else 0
        self.by_sample, self.at = len(group.x_shape) > 1, group.at
        self.channels, self.pixels = image.channels, image.height * image.width
        self.by = Channels(*(room.zeros(padded(self.channels)) for _ in range(3)), relu=after)
        self.slopes = Slopes(*(room.zeros(padded(self.channels)) for _ in range(2)))
        self.seen = Seen(*(aligned_zeros(self.channels, np.float64) for _ in range(2)))
        self.moments, self.products = ChannelSums(self.channels, 3), ChannelSums(self.channels)
        self.scratch = room.scratch(KEPT)
        self.y.rectified = after == 1

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        layer = nodes.take(BatchNormalisation)
        return Taken(layer, nodes.take(ReLU), 1) if layer else None

    @classmethod
    def recomputes(cls, group: Group) -> bool:
        return True

    def _count(self, step: Step) -> int:
        """The batch's numbers of a channel; 0 where they are normalised by constants."""
        n = step.samples * self.pixels
        return n if (step.training or not self.layer.running) and n > 1 else 0

    def _weights(self, step: Step) -> Weights:
        if self._count(step) or self.layer.running:
            return Weights(step.w, self.at["gamma"], self.at["beta"])
        return Weights(np.repeat(np.eye(2, 1, dtype=step.w.dtype), self.channels), 0, self.channels)

    def _running(self, step: Step) -> Running:
        """Without running statistics: numbers that nobody looks at, or by which a single number stays as it is."""
        kept, n = self.statistics, self.channels
        if self.layer.running:
            return Running(kept["mean"], kept["variance"], self.layer.momentum, self.layer.eps)
        eps = self.layer.eps if self._count(step) else 0.0
        return Running(np.zeros(n, step.w.dtype), np.ones(n, step.w.dtype), 0.0, eps)

    def prepare(self, step: Step) -> list[Call]:
        calls = [bind(zero_all, self.products.values)] if step.gw.size else []
        if self._count(step):
            return [*calls, bind(zero_all, self.moments.values)]
        return [*calls, bind(normalise_by_running, self._weights(step), self._running(step), self.by, self.seen)]

    def forward(self, step: Step) -> Work:
        n, sums = self._count(step), self.moments
        if not n:
            return self.again(step)
        summed = bind(channel_moments, self.x.view, sums.slot, sums.size, self.scratch, role=FORWARD)
        made = self.by, self.seen
        found = bind(
            normalise_by_batch, sums.of(step), n, self._weights(step), self._running(step), *made, role=FORWARD
        )
        return [summed, *gathered(step, sums.slot), each([found]), *self.again(step)]

    def again(self, step: Step) -> list[Call]:
        return [bind(shift_and_scale, self.x.view, self.y.view, self.by, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        """A single number that is left as it is has no products: they stay 0."""
        gy, n, sums, weights = self._gradient(), self._count(step), self.products, self._weights(step)
        views = gy.view, self.x.view
        of_slot = sums.slot, sums.size, self.scratch
        summed = [*gy.calls, bind(channel_products, *views, self.by, *of_slot, role=BY_WEIGHTS)]
        gw = Weights(step.gw, self.at["gamma"], self.at["beta"])
        found = bind(normalisation_gradient, sums.of(step), n, weights, gw, self.seen, self.slopes, role=BY_WEIGHTS)
        made = [*summed, *gathered(step, sums.slot)] if n or self.layer.running else []
        calls = [*made, each([found])]
        if to_input:
            by = self.by, self.slopes
            calls += [*gy.calls, bind(normalisation_input_gradient, *views, self.x.gradient, *by, role=BY_INPUT)]
        return calls

    def _gradient(self) -> Gradient:
        """Of what is normalised, and rectified."""
        return Gradient([], self.y.gradient)


@register_stage
class PooledNormalisationStage(BatchNormalisationStage):
    """The same, then the largest of each patch: the large image before the pool is there for a sample at a time."""

    kernel = "normalisation, pooling"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        large = Value.asked(self.x.image._replace(halo=0, halo_rows=0), room, Handed(x=True, gradient=True))()
        self.large, self.pool = large, Pool(group.layers.size, 0, room.number(1))
        samples = room.samples if room.gradients else 0
        self.argmax = aligned_zeros(argmax_words(self.y.gradient.image, self.pool.size, samples), np.uint64)

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        taken = super().fuse(nodes)
        size = taken and taken_patches(nodes, MaxPooling)
        return taken._replace(size=size) if size and size <= LARGEST_PATCH else None

    @classmethod
    def recomputes(cls, group: Group) -> bool:
        return False

    def again(self, step: Step) -> list[Call]:
        masks = PoolMasks(self.argmax if step.training else NO_ARGMAX, View(NO_KEEP, self.y.gradient.image))
        made, kernel = self.large.view, max_pooling_kernel(self.pool.size)
        return [
            bind(shift_and_scale, self.x.view, made, self.by, role=FORWARD),
            bind(kernel, made, self.y.view, masks, self.pool, role=FORWARD),
        ]

    def _gradient(self) -> Gradient:
        size, large = self.pool.size, self.large.gradient
        return Gradient([bind(max_pooling_input_gradient, self.y.gradient, self.argmax, large, size)], large)
