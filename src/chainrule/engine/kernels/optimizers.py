"""The updates of `chainrule.optimizers` on some of w, each one pass over memory; norms of gradients.

The formulas are those of that module. SGD is equal to it to the last bit. AdaDelta takes one root of the ratio
(u + eps) / (v + eps) instead of two, Adam multiplies by 1 / (1-b^k) instead of dividing: in cache that takes a third
less time, and each step differs by at most 4 units in the last place. Constants arrive in w's own type, computed in
double: a mere 1 would turn float32 arithmetic into float64. LLVM makes vectors of these loops.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, add, load, multiply, total, zeros
from chainrule.training.optimizers import SGD, AdaDelta, Adam, Optimizer

CHUNK = 4096  # elements that are updated at a time: their squares are summed before they meet others


def constants_of(optimizer: Optimizer, step: int) -> tuple[float, ...]:
    """What the optimizer's kernel takes, at that update (from 1)."""
    if isinstance(optimizer, Adam):
        b1, b2 = optimizer.beta1, optimizer.beta2
        rate, unbias = optimizer.lr / (1 - b1**step), 1 / (1 - b2**step)
        return rate, optimizer.weight_decay, b1, 1 - b1, b2, 1 - b2, unbias, optimizer.eps
    if isinstance(optimizer, AdaDelta):
        return optimizer.lr, optimizer.weight_decay, optimizer.rho, 1 - optimizer.rho, optimizer.eps
    if isinstance(optimizer, SGD):
        return optimizer.lr, optimizer.weight_decay, optimizer.momentum
    raise TypeError(f"{type(optimizer).__name__} has no kernel")


def kernel_of(optimizer: Optimizer | None) -> Any:
    """The kernel of exactly that kind of optimizer; None if there is none."""
    if type(optimizer) is SGD:
        return momentum if optimizer.momentum else descent
    return {AdaDelta: adadelta, Adam: adam}.get(type(optimizer))


class Rows(NamedTuple):
    """Which elements a range means: row r of w is w[w_at + r floats:] of `floats` elements, and so for its gradient."""

    w_at: int
    g_at: int
    floats: int


@kernel
def part(a, at, rows, first, last):
    """Rows first .. last-1."""
    return a[at + first * rows.floats : at + last * rows.floats]


@kernel
def regularised(gw, w, decay):
    """g = dL/dw + decay w; without decay an infinite w leaves g as it is."""
    return gw + decay * w if decay else gw


@range_kernel
def descent(w, gw, constants, rows, first, last):
    """w <- w - lr g."""
    lr, decay = constants[0], constants[1]
    w, gw = part(w, rows.w_at, rows, first, last), part(gw, rows.g_at, rows, first, last)
    for k in range(len(w)):
        w[k] -= lr * regularised(gw[k], w[k], decay)


@range_kernel
def momentum(w, gw, v, constants, rows, first, last):
    """v <- momentum v + g,  w <- w - lr v."""
    lr, decay, keep = constants[0], constants[1], constants[2]
    w, gw = part(w, rows.w_at, rows, first, last), part(gw, rows.g_at, rows, first, last)
    v = part(v, rows.w_at, rows, first, last)
    for k in range(len(w)):
        v[k] = keep * v[k] + regularised(gw[k], w[k], decay)
        w[k] -= lr * v[k]


@range_kernel
def adadelta(w, gw, v, u, constants, rows, first, last):
    """v <- rho v + (1-rho) g^2,  dx = sqrt((u + eps) / (v + eps)) g,  u <- rho u + (1-rho) dx^2,  w <- w - lr dx."""
    lr, decay, rho, one_rho, eps = constants[0], constants[1], constants[2], constants[3], constants[4]
    w, gw = part(w, rows.w_at, rows, first, last), part(gw, rows.g_at, rows, first, last)
    v, u = part(v, rows.w_at, rows, first, last), part(u, rows.w_at, rows, first, last)
    for k in range(len(w)):
        g = regularised(gw[k], w[k], decay)
        v[k] = rho * v[k] + one_rho * (g * g)
        dx = np.sqrt((u[k] + eps) / (v[k] + eps)) * g
        u[k] = rho * u[k] + one_rho * (dx * dx)
        w[k] -= lr * dx


@range_kernel
def adam(w, gw, m, v, constants, rows, first, last):
    """m <- b1 m + (1-b1) g,  v <- b2 v + (1-b2) g^2,  w <- w - rate m / (sqrt(unbias v) + eps).

    rate = lr / (1-b1^k) and unbias = 1 / (1-b2^k).
    """
    rate, decay, b1, one_b1, b2, one_b2 = (
        constants[0],
        constants[1],
        constants[2],
        constants[3],
        constants[4],
        constants[5],
    )
    unbias, eps = constants[6], constants[7]
    w, gw = part(w, rows.w_at, rows, first, last), part(gw, rows.g_at, rows, first, last)
    m, v = part(m, rows.w_at, rows, first, last), part(v, rows.w_at, rows, first, last)
    for k in range(len(w)):
        g = regularised(gw[k], w[k], decay)
        m[k] = b1 * m[k] + one_b1 * g
        v[k] = b2 * v[k] + one_b2 * (g * g)
        w[k] -= rate * m[k] / (np.sqrt(unbias * v[k]) + eps)


@range_kernel
def squares(g, sums, rows, block, first, last):
    """sums[first // block] = the sum of the squares of rows first .. last-1, at most `block` of them."""
    at, end = rows.g_at + first * rows.floats, rows.g_at + last * rows.floats
    acc = zeros(1, 4)
    while at + 4 * LANES <= end:
        four = load(1, 4, g, at, 0)
        acc = add(acc, multiply(four, four))
        at += 4 * LANES
    rest = np.float32(0)
    for k in range(at, end):
        rest += g[k] * g[k]
    sums[first // block] = np.float64(total(acc)) + rest
