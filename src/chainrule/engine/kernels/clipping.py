"""A gradient shortened before the optimizer gets it, and an average of w: each one pass over memory.

The definitions: `clipping` and `Objective.blend` in chainrule/training/objective.py, whose bits these have.
"""

import math

from chainrule.engine.kernels.optimizers import weights_of
from chainrule.engine.runtime.jit import range_kernel


@range_kernel
def shortening(square, limit, factor, first, last):
    """factor = limit / |gw| where |gw|, the root of `square`, is longer; else 1. All are of one element."""
    norm = math.sqrt(square[0]) + 1e-6
    factor[0] = 1.0 if norm <= limit[0] else limit[0] / norm


@range_kernel
def scaled(gw, factor, span, first, last):
    """gw <- factor gw, of items first .. last-1."""
    if factor[0] != 1:
        gw, _ = weights_of(gw, gw, span, first, last)
        for k in range(len(gw)):
            gw[k] *= factor[0]


@range_kernel
def blended(average, w, share, span, first, last):
    """average <- average + share (w - average), of items first .. last-1."""
    average, w = weights_of(average, w, span, first, last)
    for k in range(len(w)):
        average[k] += share[0] * (w[k] - average[k])
