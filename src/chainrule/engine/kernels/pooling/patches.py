"""Max-pool of side-by-side patches, with the ReLU before it and the dropout after it; and who won.

    y[s,c,i,j] = keep[s,c,i,j] / (1-p) * max(0, max over di,dj of x[s,c,S i + di,S j + dj])

in which x is the output of a convolution, row by row as it is computed (max(max(x), 0) is the max-pool of ReLU(x)), or
any image. Back propagation goes where a patch's winner is: the first maximum in row-major order, or the first NaN.
A unit that ReLU or dropout holds at 0 is not *live* and has no winner.

*Winners* are bits: for each pixel of y and each element k = S di + dj of its patch, a bit a channel, set where k won,

    bit c % 64 of argmax[((s * H * W + i * W + j) * S S + k) * words(y) + c // 64].
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.layout import Image, place, row_floats
from chainrule.engine.runtime.jit import kernel
from chainrule.engine.simd import (
    LANES,
    above,
    fill,
    get,
    load,
    load_bytes,
    matches,
    maximum,
    multiply,
    put,
    scale,
    store,
)

ALL_LANES = np.uint64((1 << LANES) - 1)
ONE, NONE = np.uint64(1), np.uint64(0)
NO_ARGMAX, NO_BYTES = np.empty(0, np.uint64), np.empty(0, np.uint8)  # no argmax wanted, no dropout


class Pool(NamedTuple):
    """What the stage does to each patch. Numba takes it as an argument."""

    size: int  # S
    relu: int  # 1: ReLU before the max-pool
    scale: np.float32  # 1/(1-p)


class Rows(NamedTuple):
    """Which rows of y are computed, and from where."""

    x_sample: int
    x_row: int  # the first row read
    sample: int
    row: int  # the first row of y written
    height: int
    keep_sample: int  # the sample's place among those that `keep` holds


@kernel
def words(y):
    """uint64 for a bit a channel."""
    return (y.channels + 63) // 64


def argmax_words(y: Image, size: int, samples: int) -> int:
    """uint64 for the argmax of so many samples."""
    return samples * y.height * y.width * size * size * -(-y.channels // 64)


@kernel
def argmax_at(y, size, s, i, j, c):
    """Where the bits of channel c for element 0 of pixel (i, j)'s patch stand; element k is k * words(y) further."""
    return ((s * y.height + i) * y.width + j) * size * size * words(y) + c // 64


def make_pool_rows(constant_size: int) -> Any:
    """The kernel for patches of that size, or of any, asked of `pool` (0)."""

    @kernel
    def pool_rows(x, x_image, y, y_image, argmax, keep, keep_image, pool, rows):
        size = constant_size or pool.size
        row, step, zero = row_floats(x_image), size * size * words(y_image), fill(1, 1, 0.0)
        for c in range(0, y_image.channels, LANES):
            channels = ALL_LANES >> np.uint64(max(0, c + LANES - y_image.channels))
            for i in range(rows.height):
                at = place(x_image, rows.x_sample, c, rows.x_row + i * size, 0)
                y_at = place(y_image, rows.sample, c, rows.row + i, 0)
                keep_at = place(keep_image, rows.keep_sample, c, rows.row + i, 0)
                word = argmax_at(y_image, size, rows.sample, rows.row + i, 0, c)
                for _ in range(y_image.width):
                    m = zero if pool.relu else load(1, 1, x, at, 0)
                    for di in range(size):
                        for dj in range(size):
                            m = maximum(load(1, 1, x, at + di * row + dj * LANES, 0), m)
                    live = (above(m, zero) if pool.relu else ALL_LANES) & channels
                    if len(keep):
                        kept = load_bytes(keep, keep_at)
                        live &= above(kept, zero)
                        store(multiply(m, scale(pool.scale, kept)), y, y_at, 0)
                        keep_at += LANES
                    else:
                        store(m, y, y_at, 0)
                    if len(argmax):
                        to = word
                        for di in range(size):
                            for dj in range(size):
                                won = live & matches(load(1, 1, x, at + di * row + dj * LANES, 0), m)
                                live ^= won
                                before = get(argmax, to) if c % 64 else NONE  # a word's first channels clear the rest
                                put(argmax, to, before | (won << np.uint64(c % 64)))
                                to += words(y_image)
                        word += step
                    at += size * LANES
                    y_at += LANES

    return pool_rows


pool_rows_2x2, pool_rows_any = make_pool_rows(2), make_pool_rows(0)


@kernel
def pool_rows(x, x_image, y, y_image, argmax, keep, keep_image, pool, rows):
    """`rows.height` rows of y and their argmax; x and y in blocks of LANES channels.

    keep: uint8, 1 or 0, in the layout `keep_image`; empty for no dropout. argmax: empty if they are not wanted.
    """
    if pool.size == 2:
        pool_rows_2x2(x, x_image, y, y_image, argmax, keep, keep_image, pool, rows)
    else:
        pool_rows_any(x, x_image, y, y_image, argmax, keep, keep_image, pool, rows)
