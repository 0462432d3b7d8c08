"""Batch normalisation, and a factor and a summand for each channel: sums by slot, and what is made of x by them.

    y  = factor (x - centre) + summand                  then max(y, 0), if a ReLU follows
    gx = factor gy + slope (x - centre) + level         of gy what passes the ReLU

The definitions: chainrule/layers/batch_normalisation.py, chainrule/layers/scale.py, chainrule/layers/relu.py. `relu` is
0 for none, 1 for one with derivative 0 at 0, 2 for one with derivative 1 there. A batch's mean is split into
`centre`, the x's number nearest to it, and what is left of it, which goes into the summand: so x far from 0 costs no
digits.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.normalisation.lines import (
    add_moments,
    add_products,
    joined_moments,
    lines_in,
    passing,
    vectors_at,
)
from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, add, load, multiply, rectify, store, subtract, zeros

F64 = np.float64


class Channels(NamedTuple):
    """A number for each channel, and 0 for padded lanes; and the ReLU behind."""

    centre: Any
    factor: Any
    summand: Any
    relu: int = 0


class Slopes(NamedTuple):
    """What the gradient takes more of, likewise."""

    slope: Any
    level: Any


class Weights(NamedTuple):
    """Where gamma and beta begin in w, and in its gradient."""

    values: Any
    gamma_at: int
    beta_at: int


class Running(NamedTuple):
    """The running statistics, (c,); and how a batch moves them."""

    mean: Any
    variance: Any
    momentum: float
    eps: float


class Seen(NamedTuple):
    """What a batch is normalised by, (c,) float64, for the backward pass."""

    inverse: Any  # 1 / r
    left: Any  # the mean less the centre


class Sums(NamedTuple):
    """Two numbers for each channel, by slot, sums[slot][0 or 1][size]; of moments three."""

    values: Any  # float64
    slots: int
    size: int


@range_kernel
def channel_moments(x, sums, size, scratch, first, last):
    """Join samples first .. last-1 to a slot's n, mean and Sum (x - mean)^2."""
    for s in range(first, last):
        add_moments(x, s, sums, size, scratch)


@range_kernel
def channel_products(gy, x, by, sums, size, scratch, first, last):
    """Add Sum gy and Sum gy (x - centre) of samples first .. last-1 to a slot's sums."""
    for s in range(first, last):
        add_products(gy, x, by, s, sums, size, scratch)


@kernel
def sum_of_slots(sums, row, c):
    """Of channel c, in the order of the slots."""
    total = 0.0
    for slot in range(sums.slots):
        total += sums.values[(2 * slot + row) * sums.size + c]
    return total


@kernel
def set_channel(to, seen, weights, mean, variance, c):
    """What normalises channel c; the variance with its eps."""
    inverse = 1 / np.sqrt(variance)
    gamma, beta = F64(weights.values[weights.gamma_at + c]), F64(weights.values[weights.beta_at + c])
    to.centre[c], to.factor[c] = mean, gamma * inverse
    left = mean - F64(to.centre[c])
    to.summand[c] = beta - gamma * inverse * left
    seen.inverse[c], seen.left[c] = inverse, left


@kernel
def normalise_by_batch(sums, n, weights, running, to, seen):
    """By the moments of a batch with n numbers of each channel; the running statistics move towards them."""
    for c in range(len(running.mean)):
        slots = range(c, 3 * sums.slots * sums.size, 3 * sums.size)
        _, mean, squares = joined_moments(sums.values, slots, sums.size)
        variance = squares / n
        variance = 0.0 if variance < 0 else variance  # NaN stays
        set_channel(to, seen, weights, mean, variance + running.eps, c)
        old_mean, old_variance = F64(running.mean[c]), F64(running.variance[c])
        running.mean[c] = old_mean + running.momentum * (mean - old_mean)
        unbiased = variance * (n / (n - 1))
        running.variance[c] = old_variance + running.momentum * (unbiased - old_variance)


@kernel
def normalise_by_running(weights, running, to, seen):
    """By the running statistics, which stay."""
    for c in range(len(running.mean)):
        set_channel(to, seen, weights, F64(running.mean[c]), F64(running.variance[c]) + running.eps, c)


@kernel
def normalisation_gradient(sums, n, weights, gw, seen, slopes):
    """dL/dgamma and dL/dbeta from the sums of products; and what dL/dx takes of x. n: 0 where mean and variance are
    constants."""
    for c in range(len(seen.inverse)):
        total, inverse, left = sum_of_slots(sums, 0, c), seen.inverse[c], seen.left[c]
        of_gamma = inverse * (sum_of_slots(sums, 1, c) - left * total)
        gw.values[gw.gamma_at + c], gw.values[gw.beta_at + c] = of_gamma, total
        factor = F64(weights.values[weights.gamma_at + c]) * inverse
        slope = -factor * inverse * of_gamma / n if n > 0 else 0.0
        level = -factor * total / n if n > 0 else 0.0
        slopes.slope[c], slopes.level[c] = slope, level - slope * left


@kernel
def write_products(sums, channels, gw):
    """dL/dfactor and dL/dsummand of a layer whose centre is 0."""
    for c in range(channels):
        gw.values[gw.gamma_at + c], gw.values[gw.beta_at + c] = (
            sum_of_slots(sums, 1, c),
            sum_of_slots(sums, 0, c),
        )


@range_kernel
def shift_and_scale(x, y, by, first, last):
    """y, of samples first .. last-1."""
    x_values, y_values = x.values, y.values
    lines, pixels = lines_in(x.image, y.image, y.image)
    for s in range(first, last):
        for c in range(0, x.image.channels, LANES):
            centre, factor, summand = vectors_at(by, c)
            for i in range(lines):
                at, to = place(x.image, s, c, i, 0), place(y.image, s, c, i, 0)
                for k in range(0, pixels * LANES, LANES):
                    d = subtract(load(1, 1, x_values, at + k, 0), centre)
                    made = add(multiply(d, factor), summand)
                    store(rectify(made) if by.relu else made, y_values, to + k, 0)


@range_kernel
def normalisation_input_gradient(gy, x, gx, by, slopes, first, last):
    """gx, of samples first .. last-1."""
    g_values, x_values, to_values, tilts, levels = gy.values, x.values, gx.values, slopes.slope, slopes.level
    lines, pixels = lines_in(gy.image, x.image, gx.image)
    zero = zeros(1, 1, x_values)
    for s in range(first, last):
        for c in range(0, x.image.channels, LANES):
            centre, factor, summand = vectors_at(by, c)
            slope, level = load(1, 1, tilts, c, 0), load(1, 1, levels, c, 0)
            for i in range(lines):
                g, at, to = place(gy.image, s, c, i, 0), place(x.image, s, c, i, 0), place(gx.image, s, c, i, 0)
                for k in range(0, pixels * LANES, LANES):
                    d = subtract(load(1, 1, x_values, at + k, 0), centre)
                    y = add(multiply(d, factor), summand)
                    live = passing(y, zero, by.relu, load(1, 1, g_values, g + k, 0))
                    store(add(multiply(live, factor), add(multiply(d, slope), level)), to_values, to + k, 0)
