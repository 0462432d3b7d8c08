"""The mean of all pixels of each channel.

    y[s,c] = 1/HW sum over i,j of x[s,c,i,j]               gx[s,c,i,j] = gy[s,c] / HW

The definition: chainrule/layers/global_average_pooling.py. Pixels are added chunk by chunk, then the chunks.
"""

from chainrule.engine.kernels.normalisation.lines import CHUNK, chunk_sum, lines_in
from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import range_kernel
from chainrule.engine.simd import LANES, add, load, scale, store, zeros


@range_kernel
def whole_average(x, y, first, last):
    """y, of samples first .. last-1."""
    image, values, to = x.image, x.values, y.values
    lines, pixels = lines_in(image, image, image)
    share = 1 / (image.height * image.width)
    for s in range(first, last):
        for c in range(0, image.channels, LANES):
            total = zeros(1, 1, values)
            for i in range(lines):
                at = place(image, s, c, i, 0)
                for k in range(0, pixels, CHUNK):
                    total = add(total, chunk_sum(values, at + k * LANES, min(CHUNK, pixels - k)))
            store(scale(share, total), to, place(y.image, s, c, 0, 0), 0)


@range_kernel
def whole_average_input_gradient(gy, gx, first, last):
    """gx, of samples first .. last-1."""
    image, values, g = gx.image, gx.values, gy.values
    lines, pixels = lines_in(image, image, image)
    share = 1 / (image.height * image.width)
    for s in range(first, last):
        for c in range(0, image.channels, LANES):
            value = scale(share, load(1, 1, g, place(gy.image, s, c, 0, 0), 0))
            for i in range(lines):
                at = place(image, s, c, i, 0)
                for k in range(0, pixels * LANES, LANES):
                    store(value, values, at + k, 0)
