"""Stages of the other layers that treat each number alone: LeakyReLU, ELU, GELU, SiLU, Softplus."""

from collections.abc import Sequence
from typing import ClassVar

from chainrule.engine.kernels.activations import (
    approximate_gaussian,
    approximate_gaussian_gradient,
    bent,
    bent_gradient,
    gaussian,
    gaussian_gradient,
    leaky,
    leaky_gradient,
    smooth,
    smooth_gradient,
    weighted,
    weighted_gradient,
)
from chainrule.engine.kernels.elementwise import of_two_and_a_parameter
from chainrule.engine.runtime.calls import BY_INPUT, FORWARD, Call, bind
from chainrule.engine.stages.elementwise import CurveStage
from chainrule.engine.stages.stage import Group, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import ELU, GELU, LeakyReLU, SiLU, Softplus


class BentCurveStage(CurveStage):
    """A layer y = f(x, p) with a hyper-parameter p: the functions are f(x, x, p) and gx = g(gy, x, p)."""

    derivative_of = "x"
    parameter_name: ClassVar[str]  # of the layer's field that is p

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.parameter = room.number(getattr(group.layers, type(self).parameter_name))

    def forward(self, step: Step) -> Work:
        x, kernel = self.x.view, of_two_and_a_parameter(type(self).function)
        return [bind(kernel, x, x, self.y.view, self.parameter, role=FORWARD)]

    def _input_gradient(self) -> Call:
        kernel = of_two_and_a_parameter(type(self).derivative)
        values = self.y.gradient, self.x.view, self.x.gradient
        return bind(kernel, *values, self.parameter, role=BY_INPUT)


@register_stage
class LeakyReLUStage(BentCurveStage):
    layer, function, derivative, parameter_name = LeakyReLU, leaky, leaky_gradient, "slope"


@register_stage
class ELUStage(BentCurveStage):
    layer, function, derivative, parameter_name = ELU, bent, bent_gradient, "alpha"


@register_stage
class GELUStage(CurveStage):
    layer, function, derivative, derivative_of = GELU(False), gaussian, gaussian_gradient, "x"


@register_stage
class ApproximateGELUStage(CurveStage):
    layer, function, derivative, derivative_of = GELU(True), approximate_gaussian, approximate_gaussian_gradient, "x"


@register_stage
class SiLUStage(CurveStage):
    layer, function, derivative, derivative_of = SiLU, weighted, weighted_gradient, "x"


@register_stage
class SoftplusStage(CurveStage):
    layer, function, derivative, derivative_of = Softplus, smooth, smooth_gradient, "x"
