"""The losses of `chainrule.losses` and their gradients, of the samples first .. last - 1, in one pass.

    error[s] = weight[s] err(y_s, t_s), in double        gy[s] = weight[s] d err / dy_s, zero in the padding

y and gy are vectors of n floats, padded, `stride` apart. The classes t are (s,) int64; other targets are flat, n a
sample, of y's type. The formulas are those of `chainrule.losses`, computed in double.
"""

import math

import numpy as np

from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES
from chainrule.losses import NLL, BinaryCrossEntropy, LogSoftmaxNLL, SigmoidBinaryCrossEntropy, SquaredError


@kernel
def vector(y, s, n, stride):
    """y_s."""
    return y[s * stride : s * stride + n]


@kernel
def zero_padding(gy, s, n, stride):
    """Zero what fills up the last lanes."""
    for k in range(s * stride + n, s * stride + (n + LANES - 1) // LANES * LANES):
        gy[k] = 0


@kernel
def largest(x):
    """max x; NaN is passed over."""
    top = -np.inf
    for value in x:
        if value > top:
            top = np.float64(value)
    return top


@range_kernel
def log_softmax_nll(x, t, weight, n, stride, error, gx, first, last):
    """error = weight (-x[t] + log sum of exp(x[i])),  gx[i] = weight (softmax(x)[i] - [i = t]); of scores x."""
    for s in range(first, last):
        scores, out, truth = vector(x, s, n, stride), vector(gx, s, n, stride), t[s]
        top, total = largest(scores), 0.0
        for i in range(n):
            e = math.exp(scores[i] - top)
            out[i] = e
            total += e
        error[s] = weight[s] * (math.log(total) - (scores[truth] - top))
        for i in range(n):
            out[i] = weight[s] * (out[i] / total - (i == truth))
        zero_padding(gx, s, n, stride)


@range_kernel
def nll(p, t, weight, n, stride, error, gp, first, last):
    """error = -weight log p[t],  gp[i] = -weight [i = t] / p[t]; of probabilities p."""
    for s in range(first, last):
        out, truth = vector(gp, s, n, stride), t[s]
        chance = np.float64(p[s * stride + truth])
        error[s] = -weight[s] * math.log(chance)
        out[:] = 0
        out[truth] = -weight[s] / chance
        zero_padding(gp, s, n, stride)


@range_kernel
def squared_error(y, t, weight, n, stride, error, gy, first, last):
    """error = weight times the sum of (y[i] - t[i])^2,  gy[i] = 2 weight (y[i] - t[i])."""
    for s in range(first, last):
        values, out, truth = vector(y, s, n, stride), vector(gy, s, n, stride), vector(t, s, n, n)
        total = 0.0
        for i in range(n):
            difference = np.float64(values[i]) - truth[i]
            total += difference * difference
            out[i] = weight[s] * (2 * difference)
        error[s] = weight[s] * total
        zero_padding(gy, s, n, stride)


@range_kernel
def binary_cross_entropy(p, t, weight, n, stride, error, gp, first, last):
    """error = weight times the sum of -log p[i] (t = 1) or -log(1 - p[i]),
    gp[i] = weight times -1 / p[i] or 1 / (1 - p[i])."""
    for s in range(first, last):
        values, out, truth = vector(p, s, n, stride), vector(gp, s, n, stride), vector(t, s, n, n)
        total = 0.0
        for i in range(n):
            chance = np.float64(values[i]) if truth[i] == 1 else 1 - np.float64(values[i])
            total -= math.log(chance)
            out[i] = weight[s] * ((-1.0 if truth[i] == 1 else 1.0) / chance)
        error[s] = weight[s] * total
        zero_padding(gp, s, n, stride)


@range_kernel
def sigmoid_binary_cross_entropy(x, t, weight, n, stride, error, gx, first, last):
    """error = weight times the sum of log(1 + exp(x[i])) - t[i] x[i],
    gx[i] = weight (sigmoid(x[i]) - t[i]); of scores x."""
    for s in range(first, last):
        scores, out, truth = vector(x, s, n, stride), vector(gx, s, n, stride), vector(t, s, n, n)
        total = 0.0
        for i in range(n):
            score = np.float64(scores[i])
            e = math.exp(-abs(score))
            total += max(score, 0.0) - truth[i] * score + math.log1p(e)
            out[i] = weight[s] * ((1.0 if score >= 0 else e) / (1 + e) - truth[i])
        error[s] = weight[s] * total
        zero_padding(gx, s, n, stride)


KERNELS = {
    LogSoftmaxNLL: log_softmax_nll,
    NLL: nll,
    SquaredError: squared_error,
    BinaryCrossEntropy: binary_cross_entropy,
    SigmoidBinaryCrossEntropy: sigmoid_binary_cross_entropy,
}
