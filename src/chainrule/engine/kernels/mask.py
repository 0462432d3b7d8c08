"""dL/dy behind a ReLU (and a dropout), laid out for whoever reads it next."""

from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import range_kernel
from chainrule.engine.simd import LANES, above, fill, load, scale, select, store


@range_kernel
def copy_gradient(gy, gy_image, y, y_image, relu, factor, gz, gz_image, spread, first, last):
    """gz at pixel (spread i, spread j) = factor dL/dy at (i, j), or 0 where relu and y <= 0; samples first .. last-1.

    factor is the 1/(1-p) of a dropout behind the ReLU, whose y is 0 where it dropped; else 1. gz may be gy. What lies
    between and around those pixels is left as it is: zeros.
    """
    zero = fill(1, 1, 0.0)
    for s in range(first, last):
        for c in range(0, gy_image.channels, LANES):
            for i in range(gy_image.height):
                g, v = place(gy_image, s, c, i, 0), place(y_image, s, c, i, 0)
                z = place(gz_image, s, c, i * spread, 0)
                for _ in range(gy_image.width):
                    values = scale(factor, load(1, 1, gy, g, 0))
                    if relu:
                        values = select(above(load(1, 1, y, v, 0), zero), values)
                    store(values, gz, z, 0)
                    g += LANES
                    v += LANES
                    z += spread * LANES
