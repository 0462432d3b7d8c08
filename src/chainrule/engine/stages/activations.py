"""Stages of the other layers that treat each number alone: LeakyReLU, ELU, GELU, SiLU, Softplus."""

from typing import Any, ClassVar

import numpy as np

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
from chainrule.engine.stages.stage import Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.layers import ELU, GELU, LeakyReLU, SiLU, Softplus


class SingleCurveStage(CurveStage):
    """A layer whose functions are of float32 alone; they derive by x."""

    types, derivative_of = (np.float32,), "x"


class BentCurveStage(SingleCurveStage):
    """A layer y = f(x, p) with a hyper-parameter p: the functions are f(x, x, p) and gx = g(gy, x, p)."""

    parameter: ClassVar[str]  # p, by the name of the layer's field

    def _parameter(self) -> Any:
        return np.float32(getattr(self.group.layers, self.parameter))

    def forward(self, step: Step) -> Work:
        x, kernel = self.x.view, of_two_and_a_parameter(type(self).function)
        return [bind(kernel, x, x, self.y.view, self._parameter(), role=FORWARD)]

    def _input_gradient(self) -> Call:
        kernel = of_two_and_a_parameter(type(self).derivative)
        values = self.y.gradient, self.x.view, self.x.gradient
        return bind(kernel, *values, self._parameter(), role=BY_INPUT)


@register_stage
class LeakyReLUStage(BentCurveStage):
    layer, function, derivative, parameter = LeakyReLU, leaky, leaky_gradient, "slope"


@register_stage
class ELUStage(BentCurveStage):
    layer, function, derivative, parameter = ELU, bent, bent_gradient, "alpha"


@register_stage
class GELUStage(SingleCurveStage):
    layer, function, derivative = GELU(False), gaussian, gaussian_gradient


@register_stage
class ApproximateGELUStage(SingleCurveStage):
    layer, function, derivative = GELU(True), approximate_gaussian, approximate_gaussian_gradient


@register_stage
class SiLUStage(SingleCurveStage):
    layer, function, derivative = SiLU, weighted, weighted_gradient


@register_stage
class SoftplusStage(SingleCurveStage):
    layer, function, derivative = Softplus, smooth, smooth_gradient
