"""The losses and their gradients, of the samples first .. last - 1, in one pass.

    error[s] = weight[s] err(y_s, t_s), in double        gy[s] = weight[s] d err / dy_s, zero in the padding

The definitions: chainrule/losses/, computed in double. y and gy are vectors, of n numbers. The classes t are (s,)
int64; other targets are flat, n a sample, of y's type, and as the loss learns them. What a loss has of its own options
stands behind gy.
"""

import math
from typing import Any

import numpy as np

from chainrule.engine.kernels.activations_double import logarithm_from_1
from chainrule.engine.kernels.elementary import exponential_double as exponential
from chainrule.engine.kernels.elementary import logarithm
from chainrule.engine.layout import vectors_of
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES
from chainrule.losses import (
    NLL,
    AbsoluteError,
    BinaryCrossEntropy,
    Huber,
    LogSoftmaxNLL,
    Loss,
    SigmoidBinaryCrossEntropy,
    SquaredError,
)
from chainrule.losses.smoothing import SmoothedLoss


@kernel
def vectors(y, gy, s):
    """y_s and gy_s: (n,)."""
    n, at, to = y.image.channels, s * y.image.stride, s * gy.image.stride
    return y.values[at : at + n], gy.values[to : to + n]


@kernel
def zero_behind(gy, s):
    """Zero what fills up the last vector."""
    n, at = gy.image.channels, s * gy.image.stride
    for k in range(at + n, at + vectors_of(n) * LANES):
        gy.values[k] = 0


@kernel
def largest(x):
    """max x; NaN is passed over."""
    top = -np.inf
    for value in x:
        if value > top:
            top = np.float64(value)
    return top


@kernel
def exponentials(x, out):
    """max x, and the sum of out[i] = exp(x[i] - max x)."""
    top, total = largest(x), 0.0
    for i in range(len(x)):
        e = exponential(x[i] - top)
        out[i] = e
        total += e
    return top, total


@range_kernel
def log_softmax_nll(x, t, weight, error, gx, first, last):
    """error = weight (-x[t] + log sum of exp(x[i])),  gx[i] = weight (softmax(x)[i] - [i = t]); of scores x."""
    n = x.image.channels
    for s in range(first, last):
        scores, out = vectors(x, gx, s)
        truth = t[s]
        top, total = exponentials(scores, out)
        error[s] = weight[s] * (logarithm(total) - (scores[truth] - top))
        for i in range(n):
            out[i] = weight[s] * (out[i] / total - (i == truth))
        zero_behind(gx, s)


@range_kernel
def nll(p, t, weight, error, gp, first, last):
    """error = -weight log p[t],  gp[i] = -weight [i = t] / p[t]; of probabilities p."""
    for s in range(first, last):
        chances, out = vectors(p, gp, s)
        truth = t[s]
        chance = np.float64(chances[truth])
        error[s] = -weight[s] * logarithm(chance)
        out[:] = 0
        out[truth] = -weight[s] / chance
        zero_behind(gp, s)


@range_kernel
def log_softmax_cross_entropy(x, t, weight, error, gx, shares, first, last):
    """error = -weight times the sum of q[i] log softmax(x)[i],  gx[i] = weight (Q softmax(x)[i] - q[i]),  Q the sum of
    q[i] = everywhere[i] + [i = t] at_t[i], these being the shares; of scores x."""
    n, (at_t, everywhere) = x.image.channels, shares
    for s in range(first, last):
        scores, out = vectors(x, gx, s)
        truth = t[s]
        top, total = exponentials(scores, out)
        log_total = logarithm(total)
        mass, cost = at_t[truth], at_t[truth] * (log_total - (scores[truth] - top))
        for i in range(n):
            if everywhere[i] != 0:
                mass += everywhere[i]
                cost += everywhere[i] * (log_total - (scores[i] - top))
        error[s] = weight[s] * cost
        for i in range(n):
            q = everywhere[i] + (at_t[i] if i == truth else 0.0)
            out[i] = weight[s] * (mass * (out[i] / total) - q)
        zero_behind(gx, s)


@range_kernel
def cross_entropy(p, t, weight, error, gp, shares, first, last):
    """error = -weight times the sum of q[i] log p[i],  gp[i] = -weight q[i] / p[i], with q as above; of probabilities
    p."""
    n, (at_t, everywhere) = p.image.channels, shares
    for s in range(first, last):
        chances, out = vectors(p, gp, s)
        truth, total = t[s], 0.0
        for i in range(n):
            q = everywhere[i] + (at_t[i] if i == truth else 0.0)
            chance = np.float64(chances[i])
            total -= q * logarithm(chance) if q != 0 else 0.0
            out[i] = -weight[s] * q / chance if q != 0 else 0.0
        error[s] = weight[s] * total
        zero_behind(gp, s)


@range_kernel
def squared_error(y, t, weight, error, gy, first, last):
    """error = weight times the sum of (y[i] - t[i])^2,  gy[i] = 2 weight (y[i] - t[i])."""
    n = y.image.channels
    for s in range(first, last):
        values, out = vectors(y, gy, s)
        truth = t[s * n : (s + 1) * n]
        total = 0.0
        for i in range(n):
            difference = np.float64(values[i]) - truth[i]
            total += difference * difference
            out[i] = weight[s] * (2 * difference)
        error[s] = weight[s] * total
        zero_behind(gy, s)


@range_kernel
def huber(y, t, weight, error, gy, delta, first, last):
    """error = weight times the sum of e^2 / 2, or of delta (|e| - delta / 2) beyond delta,  gy[i] = weight e, or
    weight delta sign(e);  e = y[i] - t[i]."""
    n = y.image.channels
    for s in range(first, last):
        values, out = vectors(y, gy, s)
        truth = t[s * n : (s + 1) * n]
        total = 0.0
        for i in range(n):
            e = np.float64(values[i]) - truth[i]
            if abs(e) > delta:
                total += delta * (abs(e) - delta / 2)
                e = math.copysign(delta, e)
            else:
                total += e * e / 2
            out[i] = weight[s] * e
        error[s] = weight[s] * total
        zero_behind(gy, s)


@range_kernel
def absolute_error(y, t, weight, error, gy, first, last):
    """error = weight times the sum of |y[i] - t[i]|,  gy[i] = weight sign(y[i] - t[i])."""
    n = y.image.channels
    for s in range(first, last):
        values, out = vectors(y, gy, s)
        truth = t[s * n : (s + 1) * n]
        total = 0.0
        for i in range(n):
            e = np.float64(values[i]) - truth[i]
            total += abs(e)
            out[i] = weight[s] * (math.copysign(1.0, e) if e != 0 and e == e else e)
        error[s] = weight[s] * total
        zero_behind(gy, s)


@range_kernel
def binary_cross_entropy(p, t, weight, error, gp, first, last):
    """error = weight times the sum of -log p[i] (t = 1) or -log(1 - p[i]),
    gp[i] = weight times -1 / p[i] or 1 / (1 - p[i])."""
    n = p.image.channels
    for s in range(first, last):
        values, out = vectors(p, gp, s)
        truth = t[s * n : (s + 1) * n]
        total = 0.0
        for i in range(n):
            chance, target = np.float64(values[i]), np.float64(truth[i])
            if target == 0 or target == 1:
                chance = chance if target == 1 else 1 - chance
                total -= logarithm(chance)
                out[i] = weight[s] * ((-1.0 if target == 1 else 1.0) / chance)
            else:
                total -= target * logarithm(chance) + (1 - target) * logarithm(1 - chance)
                out[i] = weight[s] * ((chance - target) / (chance * (1 - chance)))
        error[s] = weight[s] * total
        zero_behind(gp, s)


@range_kernel
def sigmoid_binary_cross_entropy(x, t, weight, error, gx, first, last):
    """error = weight times the sum of log(1 + exp(x[i])) - t[i] x[i],
    gx[i] = weight (sigmoid(x[i]) - t[i]); of scores x."""
    n = x.image.channels
    for s in range(first, last):
        scores, out = vectors(x, gx, s)
        truth = t[s * n : (s + 1) * n]
        total = 0.0
        for i in range(n):
            score = np.float64(scores[i])
            e = exponential(-abs(score))
            total += max(score, 0.0) - truth[i] * score + logarithm_from_1(e)
            out[i] = weight[s] * ((1.0 if score >= 0 else e) / (1 + e) - truth[i])
        error[s] = weight[s] * total
        zero_behind(gx, s)


KERNELS = {
    LogSoftmaxNLL: log_softmax_nll,
    NLL: nll,
    SquaredError: squared_error,
    Huber: huber,
    AbsoluteError: absolute_error,
    BinaryCrossEntropy: binary_cross_entropy,
    SigmoidBinaryCrossEntropy: sigmoid_binary_cross_entropy,
}
SMOOTHED = {LogSoftmaxNLL: log_softmax_cross_entropy, NLL: cross_entropy}


def kernel_of(loss: Loss, n: int) -> tuple[Any, tuple[Any, ...]]:
    """The kernel of a loss of n outputs, None for one of which nobody here knows, and what it takes behind gy."""
    if isinstance(loss, SmoothedLoss) and not loss.is_plain:
        return SMOOTHED.get(type(loss)), (loss.shares(n),)
    return KERNELS.get(type(loss)), (loss.delta,) if isinstance(loss, Huber) else ()
