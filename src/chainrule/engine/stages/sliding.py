"""Stages of one pooling of patches of any size, stride and padding, of images and signals.

Square patches side by side are `pooling`'s.
"""

from collections.abc import Sequence
from typing import Any

from chainrule.engine.kernels.pooling.sliding import (
    PatchSizes,
    sliding_average,
    sliding_average_input_gradient,
    sliding_max,
    sliding_max_input_gradient,
)
from chainrule.engine.runtime.calls import BY_INPUT, FORWARD, bind
from chainrule.engine.stages.pooling import AveragePoolingStage, MaxPoolingStage
from chainrule.engine.stages.squares import on_image
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import AveragePooling, MaxPooling
from chainrule.layers.pooling import Pooling
from chainrule.layers.windows import Windows


def patches(nodes: Upcoming, kind: type[Pooling]) -> Windows | None:
    """The next layer's patches on an image, taken, if it is such a pooling."""
    layer = nodes.take(kind)
    return on_image(layer.windows_over(nodes.last_x_shape)) if layer else None


class SlidingStage(Stage):
    """The base of both."""

    by_sample = True
    kernel = "pooling"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        at, (node,) = group.layers, group.nodes
        before = at.padding[0][0], at.padding[1][0]
        self.sizes = PatchSizes(at.size, at.stride, before, int(getattr(node.layer, "count_include_pad", False)))


@register_stage
class SlidingMaxStage(SlidingStage):
    """The largest value of each patch."""

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.y.rectified = self.x.rectified

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return None if MaxPoolingStage.fuse(nodes.again()) else patches(nodes, MaxPooling)

    def forward(self, step: Step) -> Work:
        return [bind(sliding_max, self.x.view, self.y.view, self.sizes, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        views = self.y.gradient, self.x.view, self.y.view, self.x.gradient
        return [bind(sliding_max_input_gradient, *views, self.sizes, role=BY_INPUT)] if to_input else []


@register_stage
class SlidingAverageStage(SlidingStage):
    """The mean of each patch."""

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return None if AveragePoolingStage.fuse(nodes.again()) else patches(nodes, AveragePooling)

    def forward(self, step: Step) -> Work:
        return [bind(sliding_average, self.x.view, self.y.view, self.sizes, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        views = self.y.gradient, self.x.gradient
        return [bind(sliding_average_input_gradient, *views, self.sizes, role=BY_INPUT)] if to_input else []
