"""The losses and their gradients, of the samples first .. last - 1, in one pass.

    error[s] = weight[s] err(y_s, t_s), in double        gy[s] = weight[s] d err / dy_s, zero in the padding

The definitions: chainrule/losses/, computed in double. y and gy are vectors, of n numbers. The classes t are (s,)
int64; other targets are flat, n a sample, of y's type, and as the loss learns them.
"""

import math

import numpy as np

from chainrule.engine.layout import vectors_of
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES
from chainrule.losses import NLL, BinaryCrossEntropy, LogSoftmaxNLL, SigmoidBinaryCrossEntropy, SquaredError


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


@range_kernel
def log_softmax_nll(x, t, weight, error, gx, first, last):
    """error = weight (-x[t] + log sum of exp(x[i])),  gx[i] = weight (softmax(x)[i] - [i = t]); of scores x."""
    n = x.image.channels
    for s in range(first, last):
        scores, out = vectors(x, gx, s)
        truth = t[s]
        top, total = largest(scores), 0.0
        for i in range(n):
            e = math.exp(scores[i] - top)
            out[i] = e
            total += e
        error[s] = weight[s] * (math.log(total) - (scores[truth] - top))
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
        error[s] = -weight[s] * math.log(chance)
        out[:] = 0
        out[truth] = -weight[s] / chance
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
def binary_cross_entropy(p, t, weight, error, gp, first, last):
    """error = weight times the sum of -log p[i] (t = 1) or -log(1 - p[i]),
    gp[i] = weight times -1 / p[i] or 1 / (1 - p[i])."""
    n = p.image.channels
    for s in range(first, last):
        values, out = vectors(p, gp, s)
        truth = t[s * n : (s + 1) * n]
        total = 0.0
        for i in range(n):
            chance = np.float64(values[i]) if truth[i] == 1 else 1 - np.float64(values[i])
            total -= math.log(chance)
            out[i] = weight[s] * ((-1.0 if truth[i] == 1 else 1.0) / chance)
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
            e = math.exp(-abs(score))
            total += max(score, 0.0) - truth[i] * score + math.log1p(e)
            out[i] = weight[s] * ((1.0 if score >= 0 else e) / (1 + e) - truth[i])
        error[s] = weight[s] * total
        zero_behind(gx, s)


KERNELS = {
    LogSoftmaxNLL: log_softmax_nll,
    NLL: nll,
    SquaredError: squared_error,
    BinaryCrossEntropy: binary_cross_entropy,
    SigmoidBinaryCrossEntropy: sigmoid_binary_cross_entropy,
}
