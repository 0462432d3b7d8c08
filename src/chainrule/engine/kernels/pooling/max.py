"""Max-pool of side-by-side patches, from one whole image into another.

    y[s,c,i,j]                = max over di,dj of x[s,c,S i + di,S j + dj]
    gx[s,c,S i + di,S j + dj] = gy[s,c,i,j] [(di, dj) is the maximum of patch (i, j)]

The definition: chainrule/layers/max_pooling.py. The maximum is the first one in row-major order, or the first NaN, as
the argmax mask of `patches` says.
"""

from functools import cache
from typing import Any

import numpy as np

from chainrule.engine.kernels.pooling.patches import PoolRows, argmax_at, mask_words, pool_rows_kernel, zero_rest
from chainrule.engine.layout import place, row_floats
from chainrule.engine.runtime.jit import range_kernel
from chainrule.engine.simd import LANES, fill, get, load, multiply, select, store


@cache
def max_pooling_kernel(size: int) -> Any:
    """The kernel for patches of that size."""
    pool_rows = pool_rows_kernel(size)

    @range_kernel
    def max_pooling(x, y, masks, pool, first, last):
        """y and its argmax mask, of samples first .. last-1."""
        for s in range(first, last):
            pool_rows(x, y, masks, pool, PoolRows(s, 0, s, 0, y.image.height))

    return max_pooling


@range_kernel
def max_pooling_input_gradient(gy, argmax, gx, size, first, last):
    """gx, of samples first .. last-1: a product, so that NaN and infinity become NaN as in the definition."""
    row = row_floats(gx.image)
    words = mask_words(gy.image)
    g_values, values = gy.values, gx.values
    one = fill(1, 1, 1, values)
    for s in range(first, last):
        for c in range(0, gy.image.channels, LANES):
            zero_rest(gx, s, c, gy.image.height * size, gy.image.width * size)
            for i in range(gy.image.height):
                g = place(gy.image, s, c, i, 0)
                to = place(gx.image, s, c, i * size, 0)
                word = argmax_at(gy.image, size, s, i, 0, c)
                for _ in range(gy.image.width):
                    value = load(1, 1, g_values, g, 0)
                    for di in range(size):
                        for dj in range(size):
                            there = select(get(argmax, word) >> np.uint64(c % 64), one)
                            store(multiply(there, value), values, to + di * row + dj * LANES, 0)
                            word += words
                    g += LANES
                    to += size * LANES
