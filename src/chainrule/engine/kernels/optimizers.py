"""The updates of `chainrule.optimizers` on w[first:last], each one pass over memory; norms of gradients.

The formulas are those of that module. SGD is equal to it to the last bit. AdaDelta takes one root of the ratio
(u + eps) / (v + eps) instead of two, Adam multiplies by 1 / (1-b^k) instead of dividing: in cache that takes a third
less time, and each step differs by at most 4 units in the last place. Constants arrive in w's own type, computed in
double: a mere 1 would turn float32 arithmetic into float64. LLVM makes vectors of these loops.
"""

import numpy as np

from chainrule.engine.jit import kernel
from chainrule.optimizers import SGD, AdaDelta, Adam, Optimizer, State

CHUNK = 4096  # elements whose squares are summed before they meet those of other chunks


def update(optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State, first: int, last: int) -> None:
    """optimizer.update(w, gw, state) of the elements first .. last - 1; by definition where there is no kernel."""
    if type(optimizer) is SGD:
        constants = optimizer.lr, optimizer.weight_decay, optimizer.momentum
        (momentum if optimizer.momentum else descent)(w, gw, *state.vectors, _of_type(w, constants), first, last)
    elif type(optimizer) is AdaDelta:
        constants = optimizer.lr, optimizer.weight_decay, optimizer.rho, 1 - optimizer.rho, optimizer.eps
        adadelta(w, gw, *state.vectors, _of_type(w, constants), first, last)
    elif type(optimizer) is Adam:
        b1, b2 = optimizer.beta1, optimizer.beta2
        rate, unbias = optimizer.lr / (1 - b1**state.step), 1 / (1 - b2**state.step)
        constants = rate, optimizer.weight_decay, b1, 1 - b1, b2, 1 - b2, unbias, optimizer.eps
        adam(w, gw, *state.vectors, _of_type(w, constants), first, last)
    else:
        part = slice(first, last)
        optimizer.update(w[part], gw[part], state.part(part))


def _of_type(w: np.ndarray, constants: tuple[float, ...]) -> tuple[np.floating, ...]:
    return tuple(w.dtype.type(constant) for constant in constants)


@kernel
def regularised(gw, w, decay):
    """g = dL/dw + decay w; without decay an infinite w leaves g as it is."""
    return gw + decay * w if decay else gw


@kernel
def descent(w, gw, constants, first, last):
    """w <- w - lr g."""
    lr, decay, _ = constants
    w, gw = w[first:last], gw[first:last]
    for k in range(len(w)):
        w[k] -= lr * regularised(gw[k], w[k], decay)


@kernel
def momentum(w, gw, v, constants, first, last):
    """v <- momentum v + g,  w <- w - lr v."""
    lr, decay, keep = constants
    w, gw, v = w[first:last], gw[first:last], v[first:last]
    for k in range(len(w)):
        v[k] = keep * v[k] + regularised(gw[k], w[k], decay)
        w[k] -= lr * v[k]


@kernel
def adadelta(w, gw, v, u, constants, first, last):
    """v <- rho v + (1-rho) g^2,  dx = sqrt((u + eps) / (v + eps)) g,  u <- rho u + (1-rho) dx^2,  w <- w - lr dx."""
    lr, decay, rho, one_rho, eps = constants
    w, gw, v, u = w[first:last], gw[first:last], v[first:last], u[first:last]
    for k in range(len(w)):
        g = regularised(gw[k], w[k], decay)
        v[k] = rho * v[k] + one_rho * (g * g)
        dx = np.sqrt((u[k] + eps) / (v[k] + eps)) * g
        u[k] = rho * u[k] + one_rho * (dx * dx)
        w[k] -= lr * dx


@kernel
def adam(w, gw, m, v, constants, first, last):
    """m <- b1 m + (1-b1) g,  v <- b2 v + (1-b2) g^2,  w <- w - rate m / (sqrt(unbias v) + eps).

    rate = lr / (1-b1^k) and unbias = 1 / (1-b2^k).
    """
    rate, decay, b1, one_b1, b2, one_b2, unbias, eps = constants
    w, gw, m, v = w[first:last], gw[first:last], m[first:last], v[first:last]
    for k in range(len(w)):
        g = regularised(gw[k], w[k], decay)
        m[k] = b1 * m[k] + one_b1 * g
        v[k] = b2 * v[k] + one_b2 * (g * g)
        w[k] -= rate * m[k] / (np.sqrt(unbias * v[k]) + eps)


def squared_norm(g: np.ndarray) -> float:
    """The sum of g^2, added in double in an order that len(g) alone decides."""
    sums = np.empty(chunks(len(g)))
    squares(g, np.empty(CHUNK // 4), sums, 0, len(sums))
    return float(sums.sum())


def chunks(n: int) -> int:
    """How many chunks n elements make."""
    return -(-n // CHUNK)


@kernel
def squares(g, scratch, sums, first, last):
    """sums[c] = the sum of g^2 over chunk c, for the chunks first .. last - 1; `scratch` holds CHUNK // 4 doubles.

    The chunk's quarters are laid on one another and the sum is folded in half until one number is left.
    """
    for chunk in range(first, last):
        part = g[chunk * CHUNK : min((chunk + 1) * CHUNK, len(g))]
        n = len(part) // 4
        a, b, c, d = part[:n], part[n : 2 * n], part[2 * n : 3 * n], part[3 * n : 4 * n]
        for k in range(n):
            scratch[k] = (square(a[k]) + square(b[k])) + (square(c[k]) + square(d[k]))
        sums[chunk] = fold(scratch[:n]) if n else 0.0
        for k in range(4 * n, len(part)):
            sums[chunk] += square(part[k])


@kernel
def square(value):
    """value^2 in double."""
    return np.float64(value) * np.float64(value)


@kernel
def fold(a):
    """The sum of a, which is overwritten."""
    while len(a) > 1:
        half = (len(a) + 1) // 2
        lower, upper = a[:half], a[half:]
        for k in range(len(upper)):
            lower[k] += upper[k]
        a = lower
    return a[0]


@kernel
def all_finite(w, first, last):
    """Whether no element of w[first:last] is infinite or NaN."""
    w = w[first:last]
    finite = True
    for k in range(len(w)):
        finite &= np.abs(w[k]) < np.inf
    return finite
