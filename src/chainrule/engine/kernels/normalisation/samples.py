"""Layer normalisation: each sample by its own mean and variance, over all its channels and pixels.

    y  = gamma z + beta                        z = (x - m) / r
    gx = (h - mean of h - z mean of h z) / r   h = gy gamma

The definition: chainrule/layers/layer_normalisation.py. gamma, beta and their gradients lie as a sample without a halo.
Sums are made for each channel modulo LAST, in float64, and these added in order: as if a vector had so many lanes.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.elementwise import zero_padding
from chainrule.engine.kernels.normalisation.lines import CHUNK, add_moments, joined_moments, lines_in
from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import inlined, kernel, range_kernel
from chainrule.engine.simd import LANES, add, fill, load, multiply, store, subtract, zeros

LAST = 16
F64 = np.float64


class SampleMoments(NamedTuple):
    """m and 1 / r of each sample, float64."""

    mean: Any
    inverse: Any


class SampleWeights(NamedTuple):
    """gamma and beta, as views of one sample."""

    gamma: Any
    beta: Any


class Scratch(NamedTuple):
    """Of a worker."""

    sums: Any  # (3 LAST,) float64
    vectors: Any


@kernel
def total_of_lanes(sums, at):
    """sums[at] + ... in their order."""
    total = 0.0
    for k in range(LAST):
        total += sums[at + k]
    return total


@inlined
def normalised(x, at, centre, inverse, left):
    """z of a vector: (x - centre) / r, less what is left of the mean."""
    return subtract(multiply(subtract(load(1, 1, x, at, 0), centre), inverse), left)


@kernel
def moments_of(kept, s, like):
    """The centre, 1 / r, and what is left of the mean over r, of sample s, as vectors of numbers such as `like` has."""
    mean, inverse = kept.mean[s], kept.inverse[s]
    centre = like.dtype.type(mean)
    left = (mean - F64(centre)) * inverse
    return fill(1, 1, centre, like), fill(1, 1, inverse, like), fill(1, 1, left, like)


@range_kernel
def normalise_samples(x, y, weights, kept, eps, scratch, first, last):
    """y, and the moments of samples first .. last-1."""
    x_values, y_values, scales, shifts = x.values, y.values, weights.gamma.values, weights.beta.values
    lines, pixels = lines_in(x.image, y.image, y.image)
    own_image = weights.gamma.image
    for s in range(first, last):
        scratch.sums[:] = 0
        add_moments(x, s, scratch.sums, LAST, scratch.vectors)
        n, mean, squares = joined_moments(scratch.sums, range(LAST), LAST)
        variance = squares / n
        kept.mean[s], kept.inverse[s] = mean, 1 / np.sqrt((0.0 if variance < 0 else variance) + eps)
        centre, inverse, left = moments_of(kept, s, x_values)
        for c in range(0, x.image.channels, LANES):
            for i in range(lines):
                at, to, own = place(x.image, s, c, i, 0), place(y.image, s, c, i, 0), place(own_image, 0, c, i, 0)
                for k in range(0, pixels * LANES, LANES):
                    z = normalised(x_values, at + k, centre, inverse, left)
                    scaled = multiply(z, load(1, 1, scales, own + k, 0))
                    store(add(scaled, load(1, 1, shifts, own + k, 0)), y_values, to + k, 0)


@kernel
def add_gradients(gy, x, gamma, s, by, slot):
    """Add dL/dgamma and dL/dbeta of sample s to a slot's."""
    g_values, x_values = gy.values, x.values
    centre, inverse, left = by
    lines, pixels = lines_in(gy.image, x.image, x.image)
    for c in range(0, x.image.channels, LANES):
        for i in range(lines):
            g, at, own = place(gy.image, s, c, i, 0), place(x.image, s, c, i, 0), place(gamma.image, 0, c, i, 0)
            for k in range(0, pixels * LANES, LANES):
                z, one = normalised(x_values, at + k, centre, inverse, left), load(1, 1, g_values, g + k, 0)
                of_gamma = add(load(1, 1, slot.gamma, own + k, 0), multiply(one, z))
                store(of_gamma, slot.gamma, own + k, 0)
                store(add(load(1, 1, slot.beta, own + k, 0), one), slot.beta, own + k, 0)


@kernel
def add_sums(gy, x, gamma, s, by, scratch):
    """Add Sum h and Sum h z of sample s to the worker's sums."""
    g_values, x_values, scales = gy.values, x.values, gamma.values
    centre, inverse, left = by
    lines, pixels = lines_in(gy.image, x.image, x.image)
    for c in range(0, x.image.channels, LANES):
        for i in range(lines):
            g, at, own = place(gy.image, s, c, i, 0), place(x.image, s, c, i, 0), place(gamma.image, 0, c, i, 0)
            for start in range(0, pixels, CHUNK):
                total, product = zeros(1, 1, x_values), zeros(1, 1, x_values)
                for k in range(start * LANES, min(start + CHUNK, pixels) * LANES, LANES):
                    h = multiply(load(1, 1, g_values, g + k, 0), load(1, 1, scales, own + k, 0))
                    total = add(total, h)
                    product = add(product, multiply(h, normalised(x_values, at + k, centre, inverse, left)))
                store(total, scratch.vectors, 0, 0)
                store(product, scratch.vectors, LANES, 0)
                for lane in range(LANES):
                    scratch.sums[c % LAST + lane] += F64(scratch.vectors[lane])
                    scratch.sums[LAST + c % LAST + lane] += F64(scratch.vectors[LANES + lane])


class SampleGradients(NamedTuple):
    """dL/dgamma and dL/dbeta of a slot."""

    gamma: Any
    beta: Any


@range_kernel
def sample_weight_gradients(gy, x, gamma, kept, slot, first, last):
    """Add dL/dgamma and dL/dbeta of samples first .. last-1 to a slot's."""
    for s in range(first, last):
        add_gradients(gy, x, gamma, s, moments_of(kept, s, gamma.values), slot)


@range_kernel
def sample_input_gradient(gy, x, gx, gamma, kept, scratch, first, last):
    """gx, of samples first .. last-1."""
    g_values, x_values, to_values, scales = gy.values, x.values, gx.values, gamma.values
    lines, pixels = lines_in(gy.image, x.image, gx.image)
    n = x.image.channels * x.image.height * x.image.width
    for s in range(first, last):
        scratch.sums[:] = 0
        by = moments_of(kept, s, x_values)
        add_sums(gy, x, gamma, s, by, scratch)
        centre, inverse, left = by
        mean = fill(1, 1, total_of_lanes(scratch.sums, 0) / n, x_values)
        product = fill(1, 1, total_of_lanes(scratch.sums, LAST) / n, x_values)
        for c in range(0, x.image.channels, LANES):
            for i in range(lines):
                g, at, own = place(gy.image, s, c, i, 0), place(x.image, s, c, i, 0), place(gamma.image, 0, c, i, 0)
                to = place(gx.image, s, c, i, 0)
                for k in range(0, pixels * LANES, LANES):
                    h = multiply(load(1, 1, g_values, g + k, 0), load(1, 1, scales, own + k, 0))
                    z = normalised(x_values, at + k, centre, inverse, left)
                    rest = subtract(subtract(h, mean), multiply(z, product))
                    store(multiply(rest, inverse), to_values, to + k, 0)
        zero_padding(gx, s)
