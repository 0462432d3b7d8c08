"""Max-pool of side-by-side patches, from one whole image into another.

    y[s,c,i,j]                = max over di,dj of x[s,c,S i + di,S j + dj]
    gx[s,c,S i + di,S j + dj] = gy[s,c,i,j] [(di, dj) won the patch (i, j)]

The argmax are the bits of `pooling`: the first maximum in row-major order, or the first NaN.
"""

import numpy as np

from chainrule.engine.kernels.pooling.patches import Rows, argmax_at, pool_rows, words
from chainrule.engine.layout import place, row_floats
from chainrule.engine.runtime.jit import range_kernel
from chainrule.engine.simd import LANES, fill, get, load, multiply, select, store


@range_kernel
def max_pooling(x, xi, y, yi, argmax, keep, pool, first, last):
    """y and its argmax (unless that is empty), of samples first .. last-1; `keep` is empty."""
    for s in range(first, last):
        pool_rows(x, xi, y, yi, argmax, keep, yi, pool, Rows(s, 0, s, 0, yi.height, 0))


@range_kernel
def max_pooling_input_gradient(gy, gi, argmax, gx, xi, size, first, last):
    """gx, in image `xi`, from gy, in `gi`: a product, so that NaN and infinity become NaN as in the definition.

    Rows and columns that fill no whole patch are left as they are: zeros.
    """
    row, one = row_floats(xi), fill(1, 1, 1.0)
    for s in range(first, last):
        for c in range(0, gi.channels, LANES):
            lowest = np.uint64(c % 64)
            for i in range(gi.height):
                g, to = place(gi, s, c, i, 0), place(xi, s, c, i * size, 0)
                word = argmax_at(gi, size, s, i, 0, c)
                for _ in range(gi.width):
                    value = load(1, 1, gy, g, 0)
                    for di in range(size):
                        for dj in range(size):
                            won = select(get(argmax, word) >> lowest, one)
                            store(multiply(won, value), gx, to + di * row + dj * LANES, 0)
                            word += words(gi)
                    g += LANES
                    to += size * LANES
