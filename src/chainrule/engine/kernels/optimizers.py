"""The updates of the optimizers on some of w, each one pass over memory; and the squares of gradients.

The definitions: chainrule/training/optimizers.py. SGD is equal to its own to the last bit. AdaDelta takes one root of
the ratio (u + eps) / (v + eps) instead of two, Adam multiplies by 1 / (1-b^k) instead of dividing: in cache that takes
a third less time, and each step differs by at most 4 units in the last place. LLVM makes vectors of these loops.

A kernel takes (w, gw, *vectors of the optimizer's state, constants, rows, first, last) and registers itself:

    @register_update(Lion, slots=1, constants=lambda optimizer, step: (optimizer.lr, optimizer.weight_decay, ...))
    @range_kernel
    def lion(w, gw, m, constants, rows, first, last): ...

Constants arrive in w's own type, computed in double: a mere 1 would turn float32 arithmetic into float64.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.base.elementary import power
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, add, load, multiply, total, zeros
from chainrule.training.optimizers import SGD, AdaDelta, Adam, Optimizer

CHUNK = 4096  # elements that are updated at a time: their squares are summed before they meet others

Constants = Callable[[Any, int], tuple[float, ...]]  # of an optimizer, at that update (from 1)


class UpdateKernel(NamedTuple):
    """The kernel of one kind of optimizer, and what makes its constants."""

    kernel: Any
    constants: Constants


UPDATES: dict[tuple[type[Optimizer], int], UpdateKernel] = {}  # by kind, and how many vectors its state has


def register_update(kind: type[Optimizer], slots: int, constants: Constants) -> Callable[[Any], Any]:
    """A decorator: the kernel of exactly that kind of optimizer, where its state has so many vectors."""

    def register(kernel: Any) -> Any:
        UPDATES[kind, slots] = UpdateKernel(kernel, constants)
        return kernel

    return register


def update_of(optimizer: Optimizer | None) -> UpdateKernel | None:
    """The kernel of that optimizer; None: its definition moves w."""
    return UPDATES.get((type(optimizer), optimizer.slots)) if optimizer else None


class WeightSpan(NamedTuple):
    """The items that a range of an update counts: item r is `floats` elements from w[w_at + r floats], and likewise of
    its gradient."""

    w_at: int
    gw_at: int
    floats: int


@kernel
def weights_of(w, gw, span, first, last):
    """Items first .. last-1 of w and of its gradient."""
    floats = span.floats
    at, gw_at = span.w_at, span.gw_at
    return w[at + first * floats : at + last * floats], gw[gw_at + first * floats : gw_at + last * floats]


@kernel
def states_of(v, u, span, first, last):
    """Items first .. last-1 of two vectors of the state."""
    at, end = span.w_at + first * span.floats, span.w_at + last * span.floats
    return v[at:end], u[at:end]


@kernel
def regularised(gw, w, decay):
    """g = dL/dw + decay w; without decay an infinite w leaves g as it is."""
    return gw + decay * w if decay else gw


@register_update(SGD, slots=0, constants=lambda sgd, step: (sgd.lr, sgd.weight_decay))
@range_kernel
def descent(w, gw, constants, span, first, last):
    """w <- w - lr g."""
    lr, decay = constants[0], constants[1]
    w, gw = weights_of(w, gw, span, first, last)
    for k in range(len(w)):
        w[k] -= lr * regularised(gw[k], w[k], decay)


@register_update(SGD, slots=1, constants=lambda sgd, step: (sgd.lr, sgd.weight_decay, sgd.momentum, sgd.nesterov))
@range_kernel
def momentum(w, gw, v, constants, span, first, last):
    """v <- momentum v + g,  w <- w - lr v  or  w - lr (g + momentum v)."""
    lr, decay = constants[0], constants[1]
    keep, nesterov = constants[2], constants[3] != 0
    w, gw = weights_of(w, gw, span, first, last)
    v, _ = states_of(v, v, span, first, last)
    for k in range(len(w)):
        g = regularised(gw[k], w[k], decay)
        v[k] = keep * v[k] + g
        w[k] -= lr * (g + keep * v[k]) if nesterov else lr * v[k]


@register_update(AdaDelta, slots=2, constants=lambda a, step: (a.lr, a.weight_decay, a.rho, 1 - a.rho, a.eps))
@range_kernel
def adadelta(w, gw, v, u, constants, span, first, last):
    """v <- rho v + (1-rho) g^2,  dx = sqrt((u + eps) / (v + eps)) g,  u <- rho u + (1-rho) dx^2,  w <- w - lr dx."""
    lr = constants[0]
    decay = constants[1]
    rho = constants[2]
    one_rho = constants[3]
    eps = constants[4]
    w, gw = weights_of(w, gw, span, first, last)
    v, u = states_of(v, u, span, first, last)
    for k in range(len(w)):
        g = regularised(gw[k], w[k], decay)
        v[k] = rho * v[k] + one_rho * (g * g)
        dx = np.sqrt((u[k] + eps) / (v[k] + eps)) * g
        u[k] = rho * u[k] + one_rho * (dx * dx)
        w[k] -= lr * dx


def adam_constants(adam: Adam, step: int) -> tuple[float, ...]:
    """rate = lr / (1-b1^k) and the others, unbias = 1 / (1-b2^k) among them."""
    b1, b2 = adam.beta1, adam.beta2
    rate, unbias = adam.lr / (1 - power(b1, step)), 1 / (1 - power(b2, step))
    return rate, adam.weight_decay, b1, 1 - b1, b2, 1 - b2, unbias, adam.eps


@register_update(Adam, slots=2, constants=adam_constants)
@range_kernel
def adam(w, gw, m, v, constants, span, first, last):
    """m <- b1 m + (1-b1) g,  v <- b2 v + (1-b2) g^2,  w <- w - rate m / (sqrt(unbias v) + eps)."""
    rate, decay = constants[0], constants[1]
    b1 = constants[2]
    one_b1 = constants[3]
    b2 = constants[4]
    one_b2 = constants[5]
    unbias, eps = constants[6], constants[7]
    w, gw = weights_of(w, gw, span, first, last)
    m, v = states_of(m, v, span, first, last)
    for k in range(len(w)):
        g = regularised(gw[k], w[k], decay)
        m[k] = b1 * m[k] + one_b1 * g
        v[k] = b2 * v[k] + one_b2 * (g * g)
        w[k] -= rate * m[k] / (np.sqrt(unbias * v[k]) + eps)


@range_kernel
def squares(g, sums, span, block, first, last):
    """sums[first // block] = the sum of the squares of items first .. last-1 of g, at most `block` of them."""
    at, end = span.gw_at + first * span.floats, span.gw_at + last * span.floats
    acc = zeros(1, 4, g)
    while at + 4 * LANES <= end:
        four = load(1, 4, g, at, 0)
        acc = add(acc, multiply(four, four))
        at += 4 * LANES
    rest = np.float32(0)
    for k in range(at, end):
        rest += g[k] * g[k]
    sums[first // block] = np.float64(total(acc)) + rest
