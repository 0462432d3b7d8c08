"""A layer that has no kernel: its own definition, on the whole batch, in the interpreter."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from chainrule.base.arrays import read_only
from chainrule.engine.runtime.program import Phase
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.together import gathered
from chainrule.engine.stages.value import Room, Value
from chainrule.layers.passes import Arrays, passed_on, sent_back, write_gradients


class DefinitionStage(Stage):
    """Any one layer that reads one value."""

    kernel = "definition"

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        (self.node,) = group.nodes
        self.x_shape, self.y_shape = group.x_shape, group.shapes[group.output]
        self.parameters = self.node.layer.parameters_for(self.x_shape)
        self.saved: Any = None

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return nodes.take_any()

    def forward(self, step: Step) -> Work:
        return [*gathered(step, self.x.view), interpreted(lambda: self._forward(step))]

    def backward(self, step: Step, to_input: bool) -> Work:
        return [*gathered(step, self.y.gradient), interpreted(lambda: self._backward(step, to_input))]

    def _forward(self, step: Step) -> None:
        x = self.x.canonical(step.samples).reshape(-1, *self.x_shape)
        context = step.context(self.node, self.statistics)
        found = self.node.layer.forward(read_only(x), self._parameters(read_only(step.w)), context)
        y, self.saved = passed_on(found, self.node.name, (step.samples, *self.y_shape))
        self.y.put(y)

    def _backward(self, step: Step, to_input: bool) -> None:
        gy = self.y.canonical(step.samples, gradient=True).reshape(-1, *self.y_shape)
        w, context = self._parameters(read_only(step.w)), step.context(self.node, self.statistics)
        found = self.node.layer.backward(read_only(gy), self.saved, w, context)
        gx, gw = sent_back(found, self.node.name, (step.samples, *self.x_shape), w)
        self.saved = None
        write_gradients(gw, self._parameters(step.gw))
        if to_input:
            self.x.put(gx, gradient=True)

    def _parameters(self, w: Any) -> Arrays:
        """Views of w, or of gw: the layer's parameters lie in canonical order."""
        at = self.group.at
        return {
            name: w[at[name] : at[name] + prod(parameter.shape)].reshape(parameter.shape)
            for name, parameter in self.parameters.items()
        }


def interpreted(function: Callable[[], None]) -> Phase:
    """A phase of one Python function."""
    return Phase(functions=[function])
