"""Average pool of side-by-side patches, from one image into another.

    y[s,c,i,j]               = 1/S^2 sum over di,dj of x[s,c,S i + di,S j + dj]
    gx[s,c,S i + di,S j + dj] = 1/S^2 gy[s,c,i,j]

The images are in blocks of LANES channels, each with a halo and a stride of its own. Rows and columns that fill no
whole patch are read by nobody, and gx is left there as it is: zeros.
"""

import numpy as np

from chainrule.engine.layout import place, row_floats
from chainrule.engine.runtime.jit import range_kernel
from chainrule.engine.simd import LANES, add, fill, load, scale, store

F32 = np.float32


@range_kernel
def average_pooling(x, xi, y, yi, size, first, last):
    """y, of samples first .. last-1."""
    row, share = row_floats(xi), F32(1) / F32(size * size)
    for s in range(first, last):
        for c in range(0, yi.channels, LANES):
            for i in range(yi.height):
                at, to = place(xi, s, c, i * size, 0), place(yi, s, c, i, 0)
                for _ in range(yi.width):
                    total = fill(1, 1, 0.0)
                    for di in range(size):
                        for dj in range(size):
                            total = add(total, load(1, 1, x, at + di * row + dj * LANES, 0))
                    store(scale(share, total), y, to, 0)
                    at += size * LANES
                    to += LANES


@range_kernel
def average_pooling_input_gradient(gy, gi, gx, xi, size, first, last):
    """gx, in image `xi`, from gy, in `gi`."""
    row, share = row_floats(xi), F32(1) / F32(size * size)
    for s in range(first, last):
        for c in range(0, gi.channels, LANES):
            for i in range(gi.height):
                g, to = place(gi, s, c, i, 0), place(xi, s, c, i * size, 0)
                for _ in range(gi.width):
                    value = scale(share, load(1, 1, gy, g, 0))
                    for di in range(size):
                        for dj in range(size):
                            store(value, gx, to + di * row + dj * LANES, 0)
                    g += LANES
                    to += size * LANES
