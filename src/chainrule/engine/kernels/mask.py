"""dL/dy behind a ReLU (and a dropout), laid out for whoever reads it next.

The definitions: chainrule/layers/relu.py and dropout.py.
"""

from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import range_kernel
from chainrule.engine.simd import LANES, above, load, scale, select, store, zeros


@range_kernel
def copy_gradient(gy, y, gz, relu, factor, first, last):
    """gz = factor dL/dy, or 0 where relu and y <= 0; of samples first .. last-1.

    factor is the 1/(1-p) of a dropout behind the ReLU, whose y is 0 where it dropped; else 1. gz may be gy. Its halo is
    left as it is: zeros.
    """
    g_values, y_values, z_values = gy.values, y.values, gz.values
    zero = zeros(1, 1, y_values)
    for s in range(first, last):
        for c in range(0, gy.image.channels, LANES):
            for i in range(gy.image.height):
                g = place(gy.image, s, c, i, 0)
                v = place(y.image, s, c, i, 0)
                z = place(gz.image, s, c, i, 0)
                for _ in range(gy.image.width):
                    live = scale(factor, load(1, 1, g_values, g, 0))
                    if relu:
                        live = select(above(load(1, 1, y_values, v, 0), zero), live)
                    store(live, z_values, z, 0)
                    g += LANES
                    v += LANES
                    z += LANES
