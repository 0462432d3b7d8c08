"""Stages that make a vector of an image: Flatten, GlobalAveragePooling."""

from typing import Any, ClassVar

from chainrule.engine.kernels.flatten import flatten, flatten_input_gradient
from chainrule.engine.kernels.pooling.whole import whole_average, whole_average_input_gradient
from chainrule.engine.runtime.calls import BY_INPUT, FORWARD, bind
from chainrule.engine.stages.stage import Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.layers import Flatten, GlobalAveragePooling, Layer


class ReshapingStage(Stage):
    """One kernel for y, of x; and one for gx, of gy."""

    layer: ClassVar[type[Layer]]
    function: ClassVar[Any]
    derivative: ClassVar[Any]
    by_sample = True

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return nodes.take(cls.layer)

    def forward(self, step: Step) -> Work:
        return [bind(type(self).function, self.x.view, self.y.view, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        gy, gx = self.y.gradient, self.x.gradient
        return [bind(type(self).derivative, gy, gx, role=BY_INPUT)] if to_input else []


@register_stage
class FlattenStage(ReshapingStage):
    kernel = "flattening"
    layer, function, derivative = Flatten, flatten, flatten_input_gradient


@register_stage
class GlobalAveragePoolingStage(ReshapingStage):
    kernel = "pooling"
    layer, function, derivative = GlobalAveragePooling, whole_average, whole_average_input_gradient
