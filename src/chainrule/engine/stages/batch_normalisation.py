"""The stage of a batch normalisation alone: x is read for its sums, then again to make y of it.

In evaluation where it can be it is folded before there is a plan (network/folding.py).
"""

from collections.abc import Sequence
from typing import Any

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
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, PerSlot, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.runtime.program import each
from chainrule.engine.simd import padded
from chainrule.engine.stages.joins import is_picture
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import SLOTS, Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import BatchNormalisation


class ChannelSums:
    """Two sums for each channel, slot by slot."""

    def __init__(self, channels: int) -> None:
        self.size = padded(channels)
        self.values = aligned_zeros(SLOTS * 2 * self.size, np.float64)
        self.slot = PerSlot(self.values.reshape(SLOTS, 2 * self.size))

    def of(self, step: Step) -> Sums:
        """Those of a step's slots."""
        return Sums(self.values, step.slots, self.size)


@register_stage
class BatchNormalisationStage(Stage):
    """The moments of the batch, or the running ones; then y."""

    kernel = "normalisation"
    sums_by_slot = True

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        image = self.x.image
        self.by_sample, self.at = is_picture(image), group.at
        self.channels, self.pixels = image.channels, image.height * image.width
        self.by = Channels(*(room.zeros(padded(self.channels)) for _ in range(3)))
        self.slopes = Slopes(*(room.zeros(padded(self.channels)) for _ in range(2)))
        self.seen = Seen(*(aligned_zeros(self.channels, np.float64) for _ in range(2)))
        self.moments, self.products = ChannelSums(self.channels), ChannelSums(self.channels)
        self.scratch = room.scratch(KEPT)

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        layer = nodes.take(BatchNormalisation)
        return layer if layer and layer.running else None

    def _count(self, step: Step) -> int:
        """The batch's numbers of a channel; 0 where they are normalised by constants."""
        n = step.samples * self.pixels
        return n if step.training and n > 1 else 0

    def _weights(self, values: np.ndarray) -> Weights:
        return Weights(values, self.at["gamma"], self.at["beta"])

    def _running(self) -> Running:
        layer, kept = self.group.layers, self.statistics
        return Running(kept["mean"], kept["variance"], layer.momentum, layer.eps)

    def prepare(self, step: Step) -> list[Call]:
        calls = [bind(zero_all, self.products.values)] if step.gw.size else []
        if self._count(step):
            return [*calls, bind(zero_all, self.moments.values)]
        return [*calls, bind(normalise_by_running, self._weights(step.w), self._running(), self.by, self.seen)]

    def forward(self, step: Step) -> Work:
        x, y, n, sums = self.x.view, self.y.view, self._count(step), self.moments
        made = bind(shift_and_scale, x, y, self.by, role=FORWARD)
        if not n:
            return [made]
        summed = bind(channel_moments, x, sums.slot, sums.size, self.scratch, role=FORWARD)
        weights = self._weights(step.w)
        moved = bind(normalise_by_batch, sums.of(step), n, weights, self._running(), self.by, self.seen, role=FORWARD)
        return [summed, each([moved]), made]

    def backward(self, step: Step, to_input: bool) -> Work:
        x, gy, sums = self.x.view, self.y.gradient, self.products
        summed = bind(channel_products, gy, x, self.by.centre, sums.slot, sums.size, self.scratch, role=BY_WEIGHTS)
        weights, gw, n = self._weights(step.w), self._weights(step.gw), self._count(step)
        found = bind(normalisation_gradient, sums.of(step), n, weights, gw, self.seen, self.slopes, role=BY_WEIGHTS)
        calls = [summed, each([found])]
        if to_input:
            views = gy, x, self.x.gradient
            calls.append(bind(normalisation_input_gradient, *views, self.by, self.slopes, role=BY_INPUT))
        return calls
