"""The two optimizers as scikit-learn's estimators have them, with their kernels.

    Momentum   v <- momentum v - lr g,  w <- w + v;  with Nesterov's look ahead  w <- w + momentum v - lr g
    Adam       as `training.optimizers` has it, but for eps: w <- w - lr_k m / (sqrt(v) + eps),
               lr_k = lr sqrt(1 - b2^k) / (1 - b1^k)

SGD's v is a mean gradient, this one a step: it goes on as it is where lr changes. Sources: I. Sutskever et al., *On
the Importance of Initialization and Momentum in Deep Learning* (2013); D. P. Kingma, J. Ba, *Adam* (2015), the end of
section 2.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from chainrule.engine.kernels.optimizers import (
    adam,
    adam_constants,
    register_update,
    regularised,
    states_of,
    weights_of,
)
from chainrule.engine.runtime.jit import range_kernel
from chainrule.training.optimizers import Adam, Optimizer, State, decayed


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Steps that go on.

    lr : the learning rate, w per dL/dw
    momentum : the part of the last step that goes on, from 0 to below 1
    nesterov : whether the gradient is taken as if at where that part leads
    weight_decay : pulls w to 0, as lambda/2 |w|^2 in the loss would

    UsageError for other values.
    """

    lr: float
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 0.0
    slots: ClassVar[int] = 1

    def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        (v,) = state.vectors
        step = self.lr * decayed(gw, w, self.weight_decay)
        v[:] = self.momentum * v - step
        w += self.momentum * v - step if self.nesterov else v


@register_update(Momentum, slots=1, constants=lambda m, step: (m.lr, m.weight_decay, m.momentum, m.nesterov))
@range_kernel
def momentum_steps(w, gw, v, constants, span, first, last):
    """v <- momentum v - lr g,  w <- w + v  or  w + momentum v - lr g."""
    lr, decay = constants[0], constants[1]
    keep, nesterov = constants[2], constants[3] != 0
    w, gw = weights_of(w, gw, span, first, last)
    v, _ = states_of(v, v, span, first, last)
    for k in range(len(w)):
        step = lr * regularised(gw[k], w[k], decay)
        v[k] = keep * v[k] - step
        w[k] += keep * v[k] - step if nesterov else v[k]


@dataclass(frozen=True)
class EarlyAdam(Adam):
    """Adam whose eps stands beside a mean of g^2 as it is, and not as it will be: it weighs more in the first steps."""

    def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        Adam(self.lr, self.beta1, self.beta2, self._eps(state.step), self.weight_decay).update(w, gw, state)

    def constants(self, step: int) -> tuple[float, ...]:
        """Those of Adam's kernel, at that update."""
        return *adam_constants(self, step)[:-1], self._eps(step)

    def _eps(self, step: int) -> float:
        return self.eps / math.sqrt(1 - self.beta2**step)


register_update(EarlyAdam, slots=2, constants=EarlyAdam.constants)(adam)
