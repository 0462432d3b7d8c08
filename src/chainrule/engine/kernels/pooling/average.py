"""Average pool of side-by-side patches, from one image into another.

    y[s,c,i,j]               = 1/S^2 sum over di,dj of x[s,c,S i + di,S j + dj]
    gx[s,c,S i + di,S j + dj] = 1/S^2 gy[s,c,i,j]

The definition: chainrule/layers/average_pooling.py. The images are in NCHWc blocks, each with a halo and a stride of
its own. Rows and columns that fill no whole patch are read by nobody, and gx is left there as it is: zeros.
"""

from chainrule.engine.kernels.pooling.patches import zero_rest
from chainrule.engine.layout import place, row_floats
from chainrule.engine.runtime.jit import range_kernel
from chainrule.engine.simd import LANES, add, load, scale, store, zeros


@range_kernel
def average_pooling(x, y, size, first, last):
    """y, of samples first .. last-1."""
    row, share = row_floats(x.image), 1 / (size * size)
    x_values, y_values = x.values, y.values
    for s in range(first, last):
        for c in range(0, y.image.channels, LANES):
            for i in range(y.image.height):
                at = place(x.image, s, c, i * size, 0)
                to = place(y.image, s, c, i, 0)
                for _ in range(y.image.width):
                    total = zeros(1, 1, x_values)
                    for di in range(size):
                        for dj in range(size):
                            total = add(total, load(1, 1, x_values, at + di * row + dj * LANES, 0))
                    store(scale(share, total), y_values, to, 0)
                    at += size * LANES
                    to += LANES


@range_kernel
def average_pooling_input_gradient(gy, gx, size, first, last):
    """gx, of samples first .. last-1."""
    row, share = row_floats(gx.image), 1 / (size * size)
    g_values, values = gy.values, gx.values
    for s in range(first, last):
        for c in range(0, gy.image.channels, LANES):
            zero_rest(gx, s, c, gy.image.height * size, gy.image.width * size)
            for i in range(gy.image.height):
                g = place(gy.image, s, c, i, 0)
                to = place(gx.image, s, c, i * size, 0)
                for _ in range(gy.image.width):
                    value = scale(share, load(1, 1, g_values, g, 0))
                    for di in range(size):
                        for dj in range(size):
                            store(value, values, to + di * row + dj * LANES, 0)
                    g += LANES
                    to += size * LANES
