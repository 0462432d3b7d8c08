"""Stages of one pooling of side-by-side patches, where no convolution takes it in: max-pool, average pool."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.kernels.pooling.average import average_pooling, average_pooling_input_gradient
from chainrule.engine.kernels.pooling.max import max_pooling_input_gradient, max_pooling_kernel
from chainrule.engine.kernels.pooling.patches import NO_ARGMAX, NO_KEEP, Pool, PoolMasks, argmax_words
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import BY_INPUT, FORWARD, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.stages.pooled import LARGEST_PATCH
from chainrule.engine.stages.squares import taken_patches
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import AveragePooling, MaxPooling


@register_stage
class MaxPoolingStage(Stage):
    """The largest value of each patch; in training it keeps the argmax mask."""

    by_sample = True
    kernel = "pooling"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.size = group.layers
        self.pool = Pool(self.size, 0, room.number(1))
        samples = room.samples if room.gradients else 0
        self.argmax = aligned_zeros(argmax_words(self.y.gradient.image, self.size, samples), np.uint64)
        self.y.rectified = self.x.rectified

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        size = taken_patches(nodes, MaxPooling)
        return size if size and size <= LARGEST_PATCH else None

    def forward(self, step: Step) -> Work:
        argmax = self.argmax if step.training else NO_ARGMAX
        masks = PoolMasks(argmax, View(NO_KEEP, self.y.gradient.image))
        kernel = max_pooling_kernel(self.size)
        return [bind(kernel, self.x.view, self.y.view, masks, self.pool, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        gy = self.y.gradient
        gx = self.x.gradient
        kernel = max_pooling_input_gradient
        return [bind(kernel, gy, self.argmax, gx, self.size, role=BY_INPUT)] if to_input else []


@register_stage
class AveragePoolingStage(Stage):
    """The mean of each patch."""

    by_sample = True
    kernel = "pooling"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.size = group.layers

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return taken_patches(nodes, AveragePooling)

    def forward(self, step: Step) -> Work:
        return [bind(average_pooling, self.x.view, self.y.view, self.size, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        gy = self.y.gradient
        gx = self.x.gradient
        kernel = average_pooling_input_gradient
        return [bind(kernel, gy, gx, self.size, role=BY_INPUT)] if to_input else []
