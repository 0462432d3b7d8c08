"""Stages of one layer that treats each number alone, where no other stage takes it in: ReLU, Sigmoid, Tanh, Dropout.

ReLU        gx = gy [x > 0]  (or x >= 0)    from the x that is kept anyway
Sigmoid     gx = gy y (1 - y)               from the y that is kept anyway
Tanh        gx = gy (1 - y^2)               likewise
Dropout     gx = gy keep / (1-p)            from the mask, which the stage keeps
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.base.random import threshold_of
from chainrule.engine.kernels import elementwise as kernels
from chainrule.engine.kernels.philox import draw_masks
from chainrule.engine.runtime.calls import BY_INPUT, FORWARD, Call, bind
from chainrule.engine.stages.joins import is_picture
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import Layer, ReLU, Sigmoid, Tanh


class ElementwiseStage(Stage):
    """What they share."""

    kernel = "elementwise"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.by_sample = is_picture(self.x.image)

    def backward(self, step: Step, to_input: bool) -> Work:
        return [self._input_gradient()] if to_input else []

    def _input_gradient(self) -> Call:
        raise NotImplementedError


class CurveStage(ElementwiseStage):
    """A layer y = f(x), number by number, whose derivative is known from y: gx = g(gy, y)."""

    layer: ClassVar[type[Layer]]
    function: ClassVar[Any]  # kernels
    derivative: ClassVar[Any]

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return nodes.take(cls.layer)

    def forward(self, step: Step) -> Work:
        return [bind(self.function, self.x.x, self.y.x, self.x.image, self.y.image, role=FORWARD)]

    def _input_gradient(self) -> Call:
        y = self.y
        return bind(self.derivative, y.gx, y.x, self.x.gx, y.gradient_image, y.image, role=BY_INPUT)


@register_stage
class SigmoidStage(CurveStage):
    layer, function, derivative = Sigmoid, kernels.sigmoid, kernels.sigmoid_input_gradient


@register_stage
class TanhStage(CurveStage):
    layer, function, derivative = Tanh, kernels.tanh, kernels.tanh_input_gradient


@register_stage
class ReLUStage(ElementwiseStage):
    """max(x, 0), with either derivative at 0."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.derivative_at_zero = int(group.layers.derivative_at_zero)
        self.y.rectified = self.derivative_at_zero == 0

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return nodes.take(ReLU)

    def forward(self, step: Step) -> Work:
        return [bind(kernels.relu, self.x.x, self.y.x, self.x.image, self.y.image, role=FORWARD)]

    def _input_gradient(self) -> Call:
        x, gy = self.x, self.y.gx
        images = x.gradient_image, x.image
        return bind(kernels.relu_input_gradient, gy, x.x, x.gx, *images, self.derivative_at_zero, role=BY_INPUT)


@register_stage
class DropoutStage(ElementwiseStage):
    """Dropout that draws from the common random numbers."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.number, layer = group.layers
        self.threshold, self.scale = threshold_of(layer.p), np.float32(1 / (1 - layer.p))
        self.keep_image = self.y.gradient_image  # the mask lies as dL/dy, without a halo
        self.keep = room.whole(self.keep_image.stride if room.gradients else 0, np.uint8)
        self.y.rectified = self.x.rectified

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return nodes.take_dropout()

    def forward(self, step: Step) -> Work:
        x, y, mask = self.x, self.y, self.keep_image
        if not step.training:
            return [bind(kernels.identity, x.x, y.x, x.image, y.image, role=FORWARD)]
        return [
            bind(draw_masks, self.number, self.threshold, step.draw_words, self.keep, mask),
            bind(kernels.dropout, x.x, self.keep, self.scale, y.x, x.image, mask, y.image),
        ]

    def _input_gradient(self) -> Call:
        gy, gx, image = self.y.gx, self.x.gx, self.y.gradient_image
        return bind(kernels.dropout_input_gradient, gy, self.keep, self.scale, gx, image, self.keep_image, role=BY_INPUT)
