"""What a rule is: it says for a type of layer which terms its numbers are the sums of, and which numbers meet.

    @explains(Linear)
    class OfLinear(Rule): ...

A type without a rule, such as a user's own, has that of `own.py`. A subclass is a type of its own: it may compute
something else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

from chainrule.explanation.at import At, Index, Said
from chainrule.layers.layer import Layer
from chainrule.layers.passes import Shape

Box = tuple[tuple[int, int], ...]
"""Indices from .. to, both of them in it, along each axis."""


class Reach(NamedTuple):
    """A layer and the shapes between which it stands: what its boxes depend on."""

    layer: Any  # of the type that the rule is of
    x_shape: Shape
    y_shape: Shape
    by_batch: bool  # whether in training

    @property
    def all_x(self) -> Box:
        return whole(self.x_shape)

    @property
    def all_y(self) -> Box:
        return whole(self.y_shape)


class Rule(ABC):
    """The rule of one type of layer."""

    @abstractmethod
    def value(self, at: At, index: Index) -> Said:
        """The terms of y[index]."""

    @abstractmethod
    def by_input(self, at: At, index: Index, read: int) -> Said:
        """The terms of what the layer sends back to x[index]; `read`: of several values that it reads, to which."""

    def by_parameter(self, at: At, name: str, index: Index) -> Said:
        """The terms of dL/d(a parameter)[index]: sums over all samples."""
        raise NotImplementedError(f"{type(at.layer).__name__} has no parameters")

    def reads(self, reach: Reach, y: Box) -> Box | None:
        """The numbers of x that these of y depend on; None: on none. By default all."""
        return reach.all_x

    def affects(self, reach: Reach, x: Box) -> Box | None:
        """The numbers of y that depend on these of x."""
        return reach.all_y

    def parameter_affects(self, reach: Reach, name: str, index: Index) -> Box | None:
        """The numbers of y that depend on a parameter."""
        return reach.all_y


RULES: dict[type[Layer], Rule] = {}
"""Of every type of layer that has one."""


def explains(*kinds: type[Layer]) -> Callable[[type[Rule]], type[Rule]]:
    """A decorator of a class: from now on it is the rule of these types of layers."""

    def enter(rule: type[Rule]) -> type[Rule]:
        for kind in kinds:
            RULES[kind] = rule()
        return rule

    return enter


def whole(shape: Shape) -> Box:
    """All of an array."""
    return tuple((0, n - 1) for n in shape)
