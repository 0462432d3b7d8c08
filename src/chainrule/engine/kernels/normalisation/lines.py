"""Sums over an image's pixels, all lanes of a block at once: of a few pixels in their own type, these in float64.

    moments of x  n, the mean, and Sum (x - mean)^2. Of up to CHUNK pixels about their own m: with d = x - m, R = Sum d,
                  Q = Sum d^2 the mean is m + R / n, and the last Q - R^2 / n. x's type holds m, R and Q to its
                  precision, however far from 0 x is. In float64 these are joined to what was there:
                      n = n1 + n2    mean = m1 + n2 / n (m2 - m1)    Sum = S1 + S2 + n1 n2 / n (m2 - m1)^2
                  (T. Chan, G. Golub, R. LeVeque, *Updating Formulae*, 1979): no large squares are subtracted
    products      Sum g and Sum g d, with d = x - centre, of the g that pass a ReLU at y = factor d + summand

A lane is a channel, and pixels are added in their order, so that no sum depends on how many lanes a vector has.
"""

import numpy as np

from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import inlined, kernel
from chainrule.engine.simd import LANES, above, add, join, load, multiply, scale, select, split, store, subtract, zeros

CHUNK = 64  # pixels
KEPT = 3 * LANES  # numbers of scratch
F64 = np.float64


@kernel
def lines_in(a, b, c):
    """(lines, pixels of each) in which a block lies in one piece, in all three images: all of it, or its rows."""
    whole = a.halo == 0 and b.halo == 0 and c.halo == 0
    return (1, a.height * a.width) if whole else (a.height, a.width)


@inlined
def column(vector):
    """Four times that vector."""
    return join((vector, vector, vector, vector))


@inlined
def total_of(tile):
    """The sum of four vectors."""
    a, b, c, d = split(tile)
    return add(add(a, b), add(c, d))


@inlined
def chunk_sum(x, at, n):
    """The sum of n pixels."""
    acc, k = zeros(4, 1, x), 0
    while k + 4 <= n:
        acc = add(acc, load(4, 1, x, at + k * LANES, LANES))
        k += 4
    total = total_of(acc)
    while k < n:
        total = add(total, load(1, 1, x, at + k * LANES, 0))
        k += 1
    return total


@inlined
def chunk_moments(x, at, n):
    """m, R and Q of n pixels."""
    mean = scale(1 / n, chunk_sum(x, at, n))
    means, rest, squares, k = column(mean), zeros(4, 1, x), zeros(4, 1, x), 0
    while k + 4 <= n:
        d = subtract(load(4, 1, x, at + k * LANES, LANES), means)
        rest, squares = add(rest, d), add(squares, multiply(d, d))
        k += 4
    r, q = total_of(rest), total_of(squares)
    while k < n:
        one = subtract(load(1, 1, x, at + k * LANES, 0), mean)
        r, q = add(r, one), add(q, multiply(one, one))
        k += 1
    return mean, r, q


@inlined
def joined(a, b):
    """n, the mean and Sum (x - mean)^2 of both sets together; a may be empty."""
    n = a[0] + b[0]
    part, d = b[0] / n, b[1] - a[1]
    return n, a[1] + part * d, a[2] + (b[2] + a[0] * part * d * d)


@kernel
def joined_moments(moments, places, apart):
    """n, the mean and Sum (x - mean)^2 of all that stand in moments[k], [k + apart] and [k + 2 apart], in the order of
    the places k."""
    found = 0.0, 0.0, 0.0
    for k in places:
        if moments[k] > 0:
            found = joined(found, (moments[k], moments[k + apart], moments[k + 2 * apart]))
    return found


@kernel
def add_moments(x, s, moments, size, scratch):
    """Join sample s to n, the mean and Sum (x - mean)^2 in moments[k], [size + k], [2 size + k], k the channel modulo
    size."""
    values, image = x.values, x.image
    lines, pixels = lines_in(image, image, image)
    for c in range(0, image.channels, LANES):
        to, lanes = c % size, min(LANES, image.channels - c)
        for i in range(lines):
            start = place(image, s, c, i, 0)
            for first in range(0, pixels, CHUNK):
                n = min(CHUNK, pixels - first)
                mean, r, q = chunk_moments(values, start + first * LANES, n)
                store(mean, scratch, 0, 0)
                store(r, scratch, LANES, 0)
                store(q, scratch, 2 * LANES, 0)
                before, share = moments[to], 1 / n  # `before`: of all lanes that are there
                for lane in range(lanes):
                    k, left = to + lane, F64(scratch[LANES + lane])
                    m, q = F64(scratch[lane]), F64(scratch[2 * LANES + lane])
                    own = F64(n), m + share * left, q - share * left * left
                    old = before, moments[size + k], moments[2 * size + k]
                    moments[k], moments[size + k], moments[2 * size + k] = joined(old, own)


@inlined
def passing(y, zero, relu, g):
    """g where it passes the ReLU behind y: none (0), one with derivative 0 at 0 (1), or with derivative 1 there (2)."""
    if relu == 0:
        return g
    return select(above(y, zero) if relu == 1 else ~above(zero, y), g)


@inlined
def chunk_products(g, g_at, x, x_at, by, relu, n):
    """Sum g and Sum g (x - centre) of n pixels; of g what passes the ReLU."""
    zero, sums, products, k = zeros(4, 1, x), zeros(4, 1, x), zeros(4, 1, x), 0
    centres, factors, summands = column(by[0]), column(by[1]), column(by[2])
    while k + 4 <= n:
        d = subtract(load(4, 1, x, x_at + k * LANES, LANES), centres)
        y = add(multiply(d, factors), summands)
        gy = passing(y, zero, relu, load(4, 1, g, g_at + k * LANES, LANES))
        sums, products = add(sums, gy), add(products, multiply(gy, d))
        k += 4
    total, product = total_of(sums), total_of(products)
    while k < n:
        d_of_one = subtract(load(1, 1, x, x_at + k * LANES, 0), by[0])
        y_of_one = add(multiply(d_of_one, by[1]), by[2])
        one = passing(y_of_one, zeros(1, 1, x), relu, load(1, 1, g, g_at + k * LANES, 0))
        total, product = add(total, one), add(product, multiply(one, d_of_one))
        k += 1
    return total, product


@inlined
def vectors_at(by, c):
    """The centre, the factor and the summand of a block of channels."""
    return load(1, 1, by.centre, c, 0), load(1, 1, by.factor, c, 0), load(1, 1, by.summand, c, 0)


@kernel
def add_products(gy, x, by, s, sums, size, scratch):
    """Add Sum gy and Sum gy (x - centre) of sample s, channel by channel, to sums[c] and sums[size + c]."""
    g_values, x_values = gy.values, x.values
    lines, pixels = lines_in(gy.image, x.image, x.image)
    for c in range(0, x.image.channels, LANES):
        of_block = vectors_at(by, c)
        for i in range(lines):
            g_start, x_start = place(gy.image, s, c, i, 0), place(x.image, s, c, i, 0)
            for first in range(0, pixels, CHUNK):
                n, at = min(CHUNK, pixels - first), first * LANES
                total, product = chunk_products(g_values, g_start + at, x_values, x_start + at, of_block, by.relu, n)
                store(total, scratch, 0, 0)
                store(product, scratch, LANES, 0)
                for lane in range(LANES):
                    sums[c + lane] += F64(scratch[lane])
                    sums[size + c + lane] += F64(scratch[LANES + lane])
