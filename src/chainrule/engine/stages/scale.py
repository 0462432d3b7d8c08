"""The stage of a Scale: a factor and a summand for each channel, out of w as they lie there."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.kernels.elementwise import zero_all
from chainrule.engine.kernels.normalisation.channels import (
    Channels,
    Weights,
    channel_products,
    shift_and_scale,
    write_products,
)
from chainrule.engine.kernels.normalisation.lines import KEPT
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, bind
from chainrule.engine.simd import padded
from chainrule.engine.stages.batch_normalisation import ChannelSums
from chainrule.engine.stages.joins import is_picture
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import Scale


@register_stage
class ScaleStage(Stage):
    """w x + b."""

    kernel = "channel by channel"
    sums_by_slot = True

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.channels, self.by_sample = self.x.image.channels, is_picture(self.x.image)
        self.none, self.sums = room.zeros(padded(self.channels)), ChannelSums(self.channels)
        self.scratch = room.scratch(KEPT)

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return nodes.take(Scale)

    def _part(self, w: np.ndarray, name: str) -> np.ndarray:
        """A parameter, with its padding."""
        at = self.group.at[name]
        return w[at : at + len(self.none)]

    def _channels(self, step: Step) -> Channels:
        return Channels(self.none, self._part(step.w, "w"), self._part(step.w, "b"))

    def prepare(self, step: Step) -> list[Call]:
        return [bind(zero_all, self.sums.values)] if step.gw.size else []

    def forward(self, step: Step) -> Work:
        return [bind(shift_and_scale, self.x.view, self.y.view, self._channels(step), role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        gy, sums = self.y.gradient, self.sums
        summed = channel_products, gy, self.x.view, self._channels(step), sums.slot, sums.size, self.scratch
        calls: list[Call] = [bind(*summed, role=BY_WEIGHTS)]
        if to_input:
            by = Channels(self.none, self._part(step.w, "w"), self.none)
            calls.append(bind(shift_and_scale, gy, self.x.gradient, by, role=BY_INPUT))
        return calls

    def finish(self, step: Step) -> list[Call]:
        gw = Weights(step.gw, self.group.at["w"], self.group.at["b"])
        return [bind(write_products, self.sums.of(step), self.channels, gw, role=BY_WEIGHTS)]
