"""Stages of one pooling of side-by-side patches, where no convolution takes it in: max-pool, average pool."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.kernels.pooling import average as average_pooling
from chainrule.engine.kernels.pooling import max as max_pooling
from chainrule.engine.kernels.pooling.patches import NO_ARGMAX, NO_BYTES, Pool, argmax_words
from chainrule.engine.runtime.calls import BY_INPUT, FORWARD, bind
from chainrule.engine.stages.pooled import LARGEST_PATCH
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import AveragePooling, MaxPooling


@register_stage
class MaxPoolingStage(Stage):
    """The largest value of each patch; in training it keeps who won."""

    by_sample = True
    kernel = "pooling"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.size = group.layers.size
        self.pool = Pool(self.size, 0, np.float32(1))
        samples = room.samples if room.gradients else 0
        self.argmax = np.zeros(argmax_words(self.y.gradient_image, self.size, samples), np.uint64)
        self.y.rectified = self.x.rectified

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        layer = nodes.take(MaxPooling)
        return layer if layer and layer.step == layer.size <= LARGEST_PATCH else None

    def forward(self, step: Step) -> Work:
        x, y = self.x, self.y
        bits = (self.argmax if step.training else NO_ARGMAX), NO_BYTES
        return [bind(max_pooling.max_pooling, x.x, x.image, y.x, y.image, *bits, self.pool, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        x, y, kernel = self.x, self.y, max_pooling.max_pooling_input_gradient
        gradients = y.gx, y.gradient_image, self.argmax, x.gx, x.gradient_image
        return [bind(kernel, *gradients, self.size, role=BY_INPUT)] if to_input else []


@register_stage
class AveragePoolingStage(Stage):
    """The mean of each patch."""

    by_sample = True
    kernel = "pooling"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.size = group.layers.size

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        layer = nodes.take(AveragePooling)
        return layer if layer and layer.step == layer.size else None

    def forward(self, step: Step) -> Work:
        x, y = self.x, self.y
        return [bind(average_pooling.average_pooling, x.x, x.image, y.x, y.image, self.size, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        x, y, kernel = self.x, self.y, average_pooling.average_pooling_input_gradient
        gradients = y.gx, y.gradient_image, x.gx, x.gradient_image
        return [bind(kernel, *gradients, self.size, role=BY_INPUT)] if to_input else []
