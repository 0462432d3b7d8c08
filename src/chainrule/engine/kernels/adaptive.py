"""The updates of AdamW and RMSprop on some of w, as those of `optimizers`, each one pass over memory.

The definitions: chainrule/training/optimizers.py. AdamW differs from its own as Adam does; RMSprop is equal to its own.
"""

import numpy as np

from chainrule.engine.kernels.optimizers import (
    adam_constants,
    register_update,
    regularised,
    states_of,
    weights_of,
)
from chainrule.engine.runtime.jit import range_kernel
from chainrule.training.optimizers import Adam, AdamW, RMSprop


def adamw_constants(adamw: AdamW, step: int) -> tuple[float, ...]:
    """What w keeps, then Adam's, at that update."""
    rate, _, *others = adam_constants(Adam(adamw.lr, adamw.beta1, adamw.beta2, adamw.eps), step)
    return rate, 1 - adamw.lr * adamw.weight_decay, *others


@register_update(AdamW, slots=2, constants=adamw_constants)
@range_kernel
def adamw(w, gw, m, v, constants, span, first, last):
    """m <- b1 m + (1-b1) g,  v <- b2 v + (1-b2) g^2,  w <- kept w - rate m / (sqrt(unbias v) + eps),  g = dL/dw."""
    rate, kept = constants[0], constants[1]
    b1 = constants[2]
    one_b1 = constants[3]
    b2 = constants[4]
    one_b2 = constants[5]
    unbias, eps = constants[6], constants[7]
    w, gw = weights_of(w, gw, span, first, last)
    m, v = states_of(m, v, span, first, last)
    for k in range(len(w)):
        g = gw[k]
        m[k] = b1 * m[k] + one_b1 * g
        v[k] = b2 * v[k] + one_b2 * (g * g)
        w[k] = kept * w[k] - rate * m[k] / (np.sqrt(unbias * v[k]) + eps)


def rmsprop_constants(rmsprop: RMSprop, step: int) -> tuple[float, ...]:
    """At any update."""
    alpha = rmsprop.alpha
    return rmsprop.lr, rmsprop.weight_decay, alpha, 1 - alpha, rmsprop.eps, rmsprop.momentum


@register_update(RMSprop, slots=1, constants=rmsprop_constants)
@range_kernel
def rmsprop(w, gw, v, constants, span, first, last):
    """v <- alpha v + (1-alpha) g^2,  w <- w - lr g / (sqrt(v) + eps)."""
    lr, decay = constants[0], constants[1]
    alpha, one_alpha, eps = constants[2], constants[3], constants[4]
    w, gw = weights_of(w, gw, span, first, last)
    v, _ = states_of(v, v, span, first, last)
    for k in range(len(w)):
        g = regularised(gw[k], w[k], decay)
        v[k] = alpha * v[k] + one_alpha * (g * g)
        w[k] -= lr * (g / (np.sqrt(v[k]) + eps))


@register_update(RMSprop, slots=2, constants=rmsprop_constants)
@range_kernel
def rmsprop_momentum(w, gw, v, u, constants, span, first, last):
    """v <- alpha v + (1-alpha) g^2,  u <- momentum u + g / (sqrt(v) + eps),  w <- w - lr u."""
    lr, decay = constants[0], constants[1]
    alpha, one_alpha, eps = constants[2], constants[3], constants[4]
    keep = constants[5]
    w, gw = weights_of(w, gw, span, first, last)
    v, u = states_of(v, u, span, first, last)
    for k in range(len(w)):
        g = regularised(gw[k], w[k], decay)
        v[k] = alpha * v[k] + one_alpha * (g * g)
        u[k] = keep * u[k] + g / (np.sqrt(v[k]) + eps)
        w[k] -= lr * u[k]
