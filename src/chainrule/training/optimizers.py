"""w <- w - eta dL/dw, and its relatives: each one pass over flat vectors, knowing nothing of networks.

With g = dL/dw + weight_decay w (L2 regularisation in the gradient):

    SGD       v <- momentum v + g,  w <- w - lr v                    (momentum 0: the lecture's w <- w - eta dL/dw)
              with Nesterov's look ahead  w <- w - lr (g + momentum v)
    AdaDelta  v <- rho v + (1-rho) g^2,  dx = sqrt(u + eps) / sqrt(v + eps) g,
              u <- rho u + (1-rho) dx^2,  w <- w - lr dx
    Adam      m <- b1 m + (1-b1) g,  v <- b2 v + (1-b2) g^2,
              w <- w - lr (m / (1 - b1^k)) / (sqrt(v / (1 - b2^k)) + eps)  at update k = 1, 2, ...
    AdamW     w <- w - lr weight_decay w, and then Adam's step for g = dL/dw
    RMSprop   v <- alpha v + (1-alpha) g^2,  u <- momentum u + g / (sqrt(v) + eps),  w <- w - lr u

These are PyTorch's forms. Each class names its source.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from chainrule.base.arguments import truth
from chainrule.base.elementary import power
from chainrule.base.errors import UsageError
from chainrule.training.optimizer import Optimizer as Optimizer
from chainrule.training.optimizer import State as State
from chainrule.training.optimizer import decayed as decayed


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent; stochastic if gw is a mini-batch's.

    lr : the learning rate, w per dL/dw
    momentum : the part of the last step that goes on, from 0 to below 1
    weight_decay : pulls w to 0, as lambda/2 |w|^2 in the loss would
    nesterov : whether a step goes as if from where the momentum leads

    UsageError for other values, and for Nesterov's step without momentum. Source: the lecture; momentum: B. T. Polyak
    (1964); Y. Nesterov (1983), as I. Sutskever et al. have it, *On the Importance of Initialization and Momentum in
    Deep Learning* (2013).
    """

    lr: float = 0.01
    momentum: float = 0.0
    weight_decay: float = 0.0
    nesterov: bool = False
    inertia: ClassVar[str | None] = "momentum"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "nesterov", truth("SGD: nesterov", self.nesterov))
        if self.nesterov and not self.momentum:
            raise UsageError("SGD: nesterov is True without momentum; expected a momentum above 0, as in 0.9")

    @property
    def slots(self) -> int:  # type: ignore[override]
        return 1 if self.momentum else 0

    def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        g = decayed(gw, w, self.weight_decay)
        if self.momentum:
            (v,) = state.vectors
            v[:] = self.momentum * v + g
            g = g + self.momentum * v if self.nesterov else v
        w -= self.lr * g


@dataclass(frozen=True)
class AdaDelta(Optimizer):
    """Steps in the units of w, from running means of g^2 and of its own steps.

    lr : a factor of each step
    rho : what the means keep at an update, from 0 to below 1
    eps : added to both means, in the units of g^2
    weight_decay : as of SGD

    UsageError for other values. Source: M. D. Zeiler (2012).
    """

    lr: float = 1.0
    rho: float = 0.9
    eps: float = 1e-6
    weight_decay: float = 0.0
    slots: ClassVar[int] = 2

    def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        g = decayed(gw, w, self.weight_decay)
        v, u = state.vectors
        v[:] = self.rho * v + (1 - self.rho) * g**2
        dx = np.sqrt(u + self.eps) / np.sqrt(v + self.eps) * g
        u[:] = self.rho * u + (1 - self.rho) * dx**2
        w -= self.lr * dx


@dataclass(frozen=True)
class TwoMeans(Optimizer):
    """What Adam and AdamW share: a step of about lr, from running means of g and g^2."""

    lr: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    slots: ClassVar[int] = 2
    inertia: ClassVar[str | None] = "beta1"

    def _move(self, w: np.ndarray, g: np.ndarray, state: State) -> None:
        m, v = state.vectors
        m[:] = self.beta1 * m + (1 - self.beta1) * g
        v[:] = self.beta2 * v + (1 - self.beta2) * g**2
        m_hat = m / (1 - power(self.beta1, state.step))
        v_hat = v / (1 - power(self.beta2, state.step))
        w -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


@dataclass(frozen=True)
class Adam(TwoMeans):
    """Steps of about lr, from running means of g and g^2.

    lr : the size of a step, in the units of w
    beta1, beta2 : what the two means keep at an update, from 0 to below 1
    eps : keeps the quotient finite, in the units of g
    weight_decay : as of SGD

    UsageError for other values. Source: D. P. Kingma, J. Ba (2015).
    """

    weight_decay: float = 0.0

    def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        self._move(w, decayed(gw, w, self.weight_decay), state)


@dataclass(frozen=True)
class AdamW(TwoMeans):
    """Adam, with a weight decay that its means do not see: w shrinks by the same part wherever gradients are small.

    lr, beta1, beta2, eps : as of Adam
    weight_decay : w shrinks by lr weight_decay w at each update

    UsageError for other values. Source: I. Loshchilov, F. Hutter, *Decoupled Weight Decay Regularization* (2019).
    """

    weight_decay: float = 0.01

    def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        if self.weight_decay:
            w *= 1 - self.lr * self.weight_decay
        self._move(w, gw, state)


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Steps along g, in units of its root mean square.

    lr : the learning rate, w per unit of g's root mean square
    alpha : what the mean of g^2 keeps at an update, from 0 to below 1
    eps : keeps the quotient finite, in the units of g
    momentum : the part of the last step that goes on, from 0 to below 1
    weight_decay : as of SGD

    UsageError for other values. Source: T. Tieleman, G. Hinton, *Neural Networks for Machine Learning*, lecture 6.5
    (2012).
    """

    lr: float = 0.01
    alpha: float = 0.99
    eps: float = 1e-8
    momentum: float = 0.0
    weight_decay: float = 0.0
    inertia: ClassVar[str | None] = "momentum"

    @property
    def slots(self) -> int:  # type: ignore[override]
        return 2 if self.momentum else 1

    def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        g = decayed(gw, w, self.weight_decay)
        v, *steps = state.vectors
        v[:] = self.alpha * v + (1 - self.alpha) * g**2
        step = g / (np.sqrt(v) + self.eps)
        for u in steps:  # of momentum
            u[:] = self.momentum * u + step
            step = u
        w -= self.lr * step


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adadelta": AdaDelta,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
}
