"""What every optimizer is: a value that moves w, given dL/dw, and what it remembers of the updates before."""

from dataclasses import dataclass, fields, replace
from math import inf
from typing import ClassVar, Self

import numpy as np

from chainrule.base.arguments import real_number
from chainrule.base.showing import brief

BELOW_ONE = "momentum", "rho", "alpha", "beta1", "beta2"
"""What of an optimizer is a share that something keeps."""


@dataclass
class State:
    """What an optimizer remembers of the updates so far, zero at the start."""

    vectors: np.ndarray  # (slots, size), of w's type
    step: int = 0  # which update this is, from 1

    __repr__ = brief

    def part(self, where: slice) -> "State":
        """The state of w[where]: a view."""
        return State(self.vectors[:, where], self.step)


@dataclass(frozen=True)
class Optimizer:
    """The base of all optimizers. `lr` is eta; `state` has `slots` vectors like w."""

    lr: float
    slots: ClassVar[int] = 0
    inertia: ClassVar[str | None] = None
    """The field that says which part of the last step goes on: what a schedule of the momentum moves."""

    def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        """Move w, and change `state`, in place, given gw = dL/dw."""
        raise NotImplementedError

    def new_state(self, w: np.ndarray) -> State:
        return State(np.zeros((self.slots, len(w)), w.dtype))

    def with_lr(self, lr: float) -> Self:
        return replace(self, lr=lr)

    @property
    def goes_on(self) -> float:
        """The part of the last step that goes on; 0 where none does."""
        return getattr(self, self.inertia) if self.inertia else 0.0

    def with_rates(self, lr: float, goes_on: float) -> Self:
        """The same with these two numbers, as a schedule moves them."""
        return replace(self, lr=lr, **({self.inertia: goes_on} if self.inertia else {}))

    def without_decay(self) -> Self:
        """The same for parameters that weight decay leaves alone."""
        return replace(self, weight_decay=0.0) if getattr(self, "weight_decay", 0.0) else self

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.type not in (float, "float"):
                continue
            name, most = f"{type(self).__name__}: {field.name}", 1.0 if field.name in BELOW_ONE else inf
            expected = "a finite number of at least 0" if most == inf else "a number from 0 to below 1"
            number = real_number(name, getattr(self, field.name), expected, lambda x, most=most: 0 <= x < most)
            object.__setattr__(self, field.name, number)


def decayed(gw: np.ndarray, w: np.ndarray, weight_decay: float) -> np.ndarray:
    """g = dL/dw + weight_decay w."""
    return gw + weight_decay * w if weight_decay else gw
