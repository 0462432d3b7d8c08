"""Dropout of whole channels.

    y[s,c,i,j] = x[s,c,i,j] keep[s,c] scale                gx = gy keep scale         scale = 1 / (1 - p)

The definition: chainrule/layers/dropout.py.
"""

from chainrule.engine.kernels.normalisation.lines import lines_in
from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import range_kernel
from chainrule.engine.simd import LANES, load, load_bytes, multiply, scale, store


@range_kernel
def drop_channels(x, keep, y, factor, first, last):
    """y, of samples first .. last-1; keep is uint8, 1 or 0, of one pixel."""
    values, kept, to = x.values, keep.values, y.values
    lines, pixels = lines_in(x.image, y.image, y.image)
    for s in range(first, last):
        for c in range(0, x.image.channels, LANES):
            of_channel = scale(factor, load_bytes(kept, place(keep.image, s, c, 0, 0), x.values))
            for i in range(lines):
                at, there = place(x.image, s, c, i, 0), place(y.image, s, c, i, 0)
                for k in range(0, pixels * LANES, LANES):
                    store(multiply(load(1, 1, values, at + k, 0), of_channel), to, there + k, 0)
