"""Poolings of patches of any size, stride and padding, which may overlap: max-pool and average pool.

    y[s,c,i,j] = max, or 1/n[i,j] times the sum, over di,dj of x[s,c,S i + di - P,S j + dj - P]
    gx[...]    = sum over the patches that hold the pixel of gy[s,c,i,j] [it is the maximum], or of 1/n[i,j] gy[s,c,i,j]

The definitions: chainrule/layers/max_pooling.py and average_pooling.py. Only x's own pixels are read; n is how many
these are, or, where padded ones count, all of a patch's. The maximum is the first one in row-major order, or the first
NaN: the back propagation looks for it in x. The images are in NCHWc blocks.
"""

from typing import NamedTuple

import numpy as np

from chainrule.engine.layout import place, row_floats
from chainrule.engine.runtime.jit import inlined, kernel, range_kernel
from chainrule.engine.simd import LANES, add, fill, load, matches, maximum, multiply, scale, select, store, zeros

ALL_LANES = np.uint64((1 << LANES) - 1)


class PatchSizes(NamedTuple):
    """Patches, along (i, j)."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]  # before x
    counted: int  # 1: padded pixels count in a mean


class Patch(NamedTuple):
    """The pixels of a patch that are x's own."""

    row: int  # the first one
    column: int
    rows: int
    columns: int


@inlined
def patch_at(sizes, image, i, j):
    """Patch (i, j) of an image."""
    row = i * sizes.stride[0] - sizes.padding[0]
    column = j * sizes.stride[1] - sizes.padding[1]
    top, left = max(row, 0), max(column, 0)
    rows = min(row + sizes.size[0], image.height) - top
    return Patch(top, left, rows, min(column + sizes.size[1], image.width) - left)


@inlined
def share(sizes, patch):
    """1/n of a patch."""
    return 1 / (sizes.size[0] * sizes.size[1] if sizes.counted else patch.rows * patch.columns)


@range_kernel
def sliding_max(x, y, sizes, first, last):
    """y of the max-pool, of samples first .. last-1."""
    row, x_values = row_floats(x.image), x.values
    for s in range(first, last):
        for c in range(0, y.image.channels, LANES):
            for i in range(y.image.height):
                to = place(y.image, s, c, i, 0)
                for j in range(y.image.width):
                    patch = patch_at(sizes, x.image, i, j)
                    at = place(x.image, s, c, patch.row, patch.column)
                    m = load(1, 1, x_values, at, 0)
                    for di in range(patch.rows):
                        for dj in range(patch.columns):
                            m = maximum(load(1, 1, x_values, at + di * row + dj * LANES, 0), m)
                    store(m, y.values, to, 0)
                    to += LANES


@range_kernel
def sliding_max_input_gradient(gy, x, y, gx, sizes, first, last):
    """gx of the max-pool: a product, so that NaN and infinity become NaN as in the definition."""
    x_row, row = row_floats(x.image), row_floats(gx.image)
    x_values, values = x.values, gx.values
    one = fill(1, 1, 1.0, values)
    for s in range(first, last):
        for c in range(0, gy.image.channels, LANES):
            clear(gx, s, c)
            for i in range(gy.image.height):
                g, v = place(gy.image, s, c, i, 0), place(y.image, s, c, i, 0)
                for j in range(gy.image.width):
                    patch = patch_at(sizes, x.image, i, j)
                    at = place(x.image, s, c, patch.row, patch.column)
                    to = place(gx.image, s, c, patch.row, patch.column)
                    m, value, free = load(1, 1, y.values, v, 0), load(1, 1, gy.values, g, 0), ALL_LANES
                    for di in range(patch.rows):
                        for dj in range(patch.columns):
                            won = free & matches(load(1, 1, x_values, at + di * x_row + dj * LANES, 0), m)
                            free ^= won
                            there = to + di * row + dj * LANES
                            sent = multiply(select(won, one), value)
                            store(add(load(1, 1, values, there, 0), sent), values, there, 0)
                    g += LANES
                    v += LANES


@range_kernel
def sliding_average(x, y, sizes, first, last):
    """y of the average pool, of samples first .. last-1."""
    row, x_values = row_floats(x.image), x.values
    for s in range(first, last):
        for c in range(0, y.image.channels, LANES):
            for i in range(y.image.height):
                to = place(y.image, s, c, i, 0)
                for j in range(y.image.width):
                    patch = patch_at(sizes, x.image, i, j)
                    at, total = place(x.image, s, c, patch.row, patch.column), zeros(1, 1, x_values)
                    for di in range(patch.rows):
                        for dj in range(patch.columns):
                            total = add(total, load(1, 1, x_values, at + di * row + dj * LANES, 0))
                    store(scale(share(sizes, patch), total), y.values, to, 0)
                    to += LANES


@range_kernel
def sliding_average_input_gradient(gy, gx, sizes, first, last):
    """gx of the average pool, of samples first .. last-1."""
    row, values = row_floats(gx.image), gx.values
    for s in range(first, last):
        for c in range(0, gy.image.channels, LANES):
            clear(gx, s, c)
            for i in range(gy.image.height):
                g = place(gy.image, s, c, i, 0)
                for j in range(gy.image.width):
                    patch = patch_at(sizes, gx.image, i, j)
                    to = place(gx.image, s, c, patch.row, patch.column)
                    value = scale(share(sizes, patch), load(1, 1, gy.values, g, 0))
                    for di in range(patch.rows):
                        for dj in range(patch.columns):
                            there = to + di * row + dj * LANES
                            store(add(load(1, 1, values, there, 0), value), values, there, 0)
                    g += LANES


@kernel
def clear(gx, s, c):
    """gx = 0, in a block of channels of a sample."""
    for i in range(gx.image.height):
        at = place(gx.image, s, c, i, 0)
        for j in range(gx.image.width):
            store(zeros(1, 1, gx.values), gx.values, at + j * LANES, 0)
