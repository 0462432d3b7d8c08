"""Max-pool of side-by-side patches, with the ReLU before it and the dropout after it; and the argmax mask.

    y[s,c,i,j] = keep[s,c,i,j] / (1-p) * max(0, max over di,dj of x[s,c,S i + di,S j + dj])

in which x is the output of a convolution, row by row as it is computed (max(max(x), 0) is the max-pool of ReLU(x)), or
any image. The definitions: chainrule/layers/max_pooling.py, relu.py and dropout.py.

Back propagation goes where a patch's maximum is: the first one in row-major order, or the first NaN. A unit that ReLU
or dropout holds at 0 is not *live* and has none. The *argmax mask* says which: for each pixel of y and each element
k = S di + dj of its patch, a bit a channel, set where k is the maximum,

    bit c % 64 of argmax[((s * H * W + i * W + j) * S S + k) * mask_words(y) + c // 64].
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.layout import Image, View, place, row_floats
from chainrule.engine.runtime.jit import inlined, kernel
from chainrule.engine.simd import (
    LANES,
    above,
    get,
    load,
    load_bytes,
    matches,
    maximum,
    multiply,
    put,
    scale,
    store,
    zeros,
)

ALL_LANES = np.uint64((1 << LANES) - 1)
ONE, NONE = np.uint64(1), np.uint64(0)
NO_ARGMAX, NO_KEEP = np.empty(0, np.uint64), np.empty(0, np.uint8)  # no mask wanted, no dropout


class Pool(NamedTuple):
    """A max-pool: its patches, the ReLU before it, the scale of the dropout after it."""

    size: int  # S
    relu: int  # 1: ReLU before the max-pool
    scale: np.floating  # 1/(1-p)


class PoolMasks(NamedTuple):
    """The argmax mask that is written, and the dropout's that is read; either may be empty."""

    argmax: Any  # uint64
    keep: View  # uint8, 1 or 0


class PoolRows(NamedTuple):
    """Which rows of y are computed, and from which of x."""

    x_sample: int
    x_row: int  # the first one
    sample: int
    row: int  # the first one
    height: int  # of y


@kernel
def mask_words(y):
    """uint64 for a bit a channel."""
    return (y.channels + 63) // 64


def argmax_words(y: Image, size: int, samples: int) -> int:
    """uint64 for the argmax mask of so many samples."""
    return samples * y.height * y.width * size * size * -(-y.channels // 64)


@kernel
def argmax_at(y, size, s, i, j, c):
    """Where the bits of channel c for element 0 of pixel (i, j)'s patch stand; element k is k mask_words(y) further."""
    return ((s * y.height + i) * y.width + j) * size * size * mask_words(y) + c // 64


@cache
def pool_rows_kernel(size: int) -> Any:
    """The kernel for patches of that size."""
    return make_pool_rows(2 if size == 2 else 0)


def make_pool_rows(constant_size: int) -> Any:
    """The kernel for patches of that size, which LLVM then knows; 0: of any, asked of `pool`."""

    @inlined
    def patch_maximum(values, at, row, pool):
        size = constant_size or pool.size
        m = zeros(1, 1, values) if pool.relu else load(1, 1, values, at, 0)
        for di in range(size):
            for dj in range(size):
                m = maximum(load(1, 1, values, at + di * row + dj * LANES, 0), m)
        return m

    @inlined
    def mark(argmax, word, step, values, at, row, pool, unit):
        """Set the bits of a patch in its words, `step` apart."""
        size, (m, live, c) = constant_size or pool.size, unit
        for di in range(size):
            for dj in range(size):
                first = live & matches(load(1, 1, values, at + di * row + dj * LANES, 0), m)
                live ^= first
                before = get(argmax, word) if c % 64 else NONE  # a word's first channels clear the rest
                put(argmax, word, before | (first << np.uint64(c % 64)))
                word += step

    @kernel
    def pool_rows(x, y, masks, pool, rows):
        """Those rows of y and of the argmax mask; x and y in NCHWc blocks."""
        size = constant_size or pool.size
        x_values = x.values
        y_values = y.values
        zero = zeros(1, 1, y_values)
        argmax = masks.argmax
        keep = masks.keep.values
        row, words = row_floats(x.image), mask_words(y.image)
        for c in range(0, y.image.channels, LANES):
            channels = ALL_LANES >> np.uint64(max(0, c + LANES - y.image.channels))
            for i in range(rows.height):
                at = place(x.image, rows.x_sample, c, rows.x_row + i * size, 0)
                y_at = place(y.image, rows.sample, c, rows.row + i, 0)
                keep_at = place(masks.keep.image, rows.sample, c, rows.row + i, 0)
                word = argmax_at(y.image, size, rows.sample, rows.row + i, 0, c)
                for _ in range(y.image.width):
                    m = patch_maximum(x_values, at, row, pool)
                    live = (above(m, zero) if pool.relu else ALL_LANES) & channels
                    if len(keep):
                        kept = load_bytes(keep, keep_at, y_values)
                        live &= above(kept, zero)
                        store(multiply(m, scale(pool.scale, kept)), y_values, y_at, 0)
                        keep_at += LANES
                    else:
                        store(m, y_values, y_at, 0)
                    if len(argmax):
                        mark(argmax, word, words, x_values, at, row, pool, (m, live, c))
                        word += size * size * words
                    at += size * LANES
                    y_at += LANES

    return pool_rows


@kernel
def zero_rest(gx, s, c, height, width):
    """gx = 0 for a block of channels where it is beyond height x width: rows and columns that fill no whole patch."""
    for i in range(gx.image.height):
        begin = width if i < height else 0
        at = place(gx.image, s, c, i, begin)
        for _ in range(begin, gx.image.width):
            store(zeros(1, 1, gx.values), gx.values, at, 0)
            at += LANES
