"""Stages of one layer that treats each number alone, where no other stage takes it in: ReLU, Sigmoid, Tanh, Dropout.

    ReLU        gx = gy [x > 0]  (or x >= 0)    from the x that is kept anyway
    Sigmoid     gx = gy y (1 - y)               from the y that is kept anyway
    Tanh        gx = gy (1 - y^2)               likewise
    Dropout     gx = gy keep / (1-p)            from the mask, which the stage keeps

A layer of a user's own takes two scalar functions and a `CurveStage`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.base.random import threshold_of
from chainrule.engine.kernels.channel_dropout import drop_channels
from chainrule.engine.kernels.elementary import hyperbolic_tangent, logistic
from chainrule.engine.kernels.elementwise import (
    dropout,
    hyperbolic_tangent_gradient,
    identity,
    logistic_gradient,
    of_one,
    of_two,
    rectified,
    rectified_gradient,
    rectified_gradient_at_zero,
)
from chainrule.engine.kernels.philox import draw_masks
from chainrule.engine.layout import View, image
from chainrule.engine.runtime.calls import BY_INPUT, FORWARD, Call, bind
from chainrule.engine.stages.joins import is_picture
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import Layer, ReLU, Sigmoid, Tanh


class ElementwiseStage(Stage):
    """The base of these stages."""

    kernel = "elementwise"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.by_sample = is_picture(self.x.image)

    def backward(self, step: Step, to_input: bool) -> Work:
        return [self._input_gradient()] if to_input else []

    def _input_gradient(self) -> Call:
        raise NotImplementedError


class CurveStage(ElementwiseStage):
    """A layer y = f(x), number by number, of which two scalar functions are told (`kernels.elementwise`):

    @register_stage
    class SwishStage(CurveStage):
        layer, function, derivative, derivative_of = Swish, swish, swish_gradient, "x"
    """

    layer: ClassVar[type[Layer] | Layer]
    function: ClassVar[Any]  # f(x)
    derivative: ClassVar[Any]  # gx = g(gy, y)
    derivative_of: ClassVar[str] = "y"  # or "x": g(gy, x)

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return nodes.take(cls.layer)

    def forward(self, step: Step) -> Work:
        return [bind(of_one(type(self).function), self.x.view, self.y.view, role=FORWARD)]

    def _input_gradient(self) -> Call:
        known = self.y.view if self.derivative_of == "y" else self.x.view
        return bind(of_two(type(self).derivative), self.y.gradient, known, self.x.gradient, role=BY_INPUT)


@register_stage
class SigmoidStage(CurveStage):
    layer, function, derivative = Sigmoid, logistic, logistic_gradient


@register_stage
class TanhStage(CurveStage):
    layer, function, derivative = Tanh, hyperbolic_tangent, hyperbolic_tangent_gradient


@register_stage
class ReLUStage(CurveStage):
    """max(x, 0), with derivative 0 at 0."""

    layer, function, derivative, derivative_of = ReLU(0), rectified, rectified_gradient, "x"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.y.rectified = True


@register_stage
class ReLUWithSlopeAtZeroStage(CurveStage):
    """max(x, 0), with derivative 1 at 0."""

    layer, function, derivative, derivative_of = ReLU(1), rectified, rectified_gradient_at_zero, "x"


@register_stage
class DropoutStage(ElementwiseStage):
    """Dropout that draws from the common random numbers."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.number, layer = group.layers
        self.threshold, self.scale = threshold_of(layer.p), room.number(1 / (1 - layer.p))
        mask = self.y.gradient.image  # it lies as dL/dy, without a halo
        self.keep = View(room.whole(mask.stride if room.gradients else 0, np.uint8), mask)
        self.y.rectified = self.x.rectified

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return nodes.take_dropout()

    def forward(self, step: Step) -> Work:
        if not step.training:
            return [bind(identity, self.x.view, self.y.view, role=FORWARD)]
        return [
            bind(draw_masks, step.draw_words, self.keep, self.number, self.threshold),
            bind(dropout, self.x.view, self.keep, self.y.view, self.scale),
        ]

    def _input_gradient(self) -> Call:
        return bind(dropout, self.y.gradient, self.keep, self.x.gradient, self.scale, role=BY_INPUT)


@register_stage
class ChannelDropoutStage(ElementwiseStage):
    """The same of whole channels."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.number, layer = group.layers
        self.threshold, self.scale = threshold_of(layer.p), room.number(1 / (1 - layer.p))
        mask = image(self.y.image.channels, 1, 1)
        self.keep = View(room.whole(mask.stride if room.gradients else 0, np.uint8), mask)
        self.y.rectified = self.x.rectified

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return nodes.take_dropout(channels=True)

    def forward(self, step: Step) -> Work:
        if not step.training:
            return [bind(identity, self.x.view, self.y.view, role=FORWARD)]
        return [
            bind(draw_masks, step.draw_words, self.keep, self.number, self.threshold),
            bind(drop_channels, self.x.view, self.keep, self.y.view, self.scale, role=FORWARD),
        ]

    def _input_gradient(self) -> Call:
        return bind(drop_channels, self.y.gradient, self.keep, self.x.gradient, self.scale, role=BY_INPUT)
