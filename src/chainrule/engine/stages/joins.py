"""Where a residual block begins and ends: a value that several stages read, and the sum of two values.

    y = a + b,   dL/da = dL/db = dL/dy                 dL/dx = the sum of what x's readers send back, in their order

A ReLU behind the sum is executed with it: y = max(a + b, 0), and of dL/dy what passes goes to both.

The definitions: chainrule/layers/residual.py, chainrule/layers/relu.py.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from chainrule.engine.kernels.elementwise import addition, identity, of_two, rectified_gradient, rectified_sum
from chainrule.engine.layout import Image
from chainrule.engine.runtime.calls import BY_INPUT, FORWARD, bind
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import ReLU
from chainrule.layers.residual import Addition

passed_on = of_two(rectified_gradient)  # dL/dy where y is above 0


class Taken(NamedTuple):
    """The layers of such a stage."""

    addition: Addition
    relu: ReLU | None


@register_stage
class AdditionStage(Stage):
    """The sum of two values, with the ReLU that follows it if there is one."""

    kernel = "elementwise"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.a, self.b, self.y = values
        self.by_sample = is_picture(self.y.image)
        self.relu = self.y.rectified = group.layers.relu is not None

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        addition = nodes.take(Addition)
        return Taken(addition, nodes.take(ReLU())) if addition else None

    def forward(self, step: Step) -> Work:
        made = rectified_sum if self.relu else addition
        return [bind(made, self.a.view, self.b.view, self.y.view, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        gy, values = self.y.gradient, (self.a, self.b) if to_input else ()
        if self.relu:
            return [bind(passed_on, gy, self.y.view, value.gradient, role=BY_INPUT) for value in values]
        return [bind(identity, gy, value.gradient, role=BY_INPUT) for value in values]


class Fork:
    """A value and what each of its readers sees of it: the same x (or a copy that lies as it wants), its own dL/dx."""

    def __init__(self, value: Value, aliases: Sequence[Value]) -> None:
        self.value, self.aliases = value, aliases
        self.by_sample = is_picture(value.image)

    def forward(self) -> Work:
        """Calls that make the copies."""
        x = self.value.view
        copies = [alias.view for alias in self.aliases if alias.view is not self.value.view]
        return [bind(identity, x, copy, role=FORWARD) for copy in copies]

    def backward(self) -> Work:
        """Calls that add the readers' gradients up: the first two, then the others one by one."""
        first, *others = (alias.gradient for alias in self.aliases)
        calls, sum_so_far = [], first
        for other in others:
            calls.append(bind(addition, sum_so_far, other, self.value.gradient, role=BY_INPUT))
            sum_so_far = self.value.gradient
        return calls


def is_picture(image: Image) -> bool:
    """Whether it has more than one pixel: pictures go along with convolutions, sample by sample; vectors do not."""
    return image.height * image.width > 1
