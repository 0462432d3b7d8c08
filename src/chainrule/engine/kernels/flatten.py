"""An image's numbers in canonical order, and back.

    y[s, (c H + i) W + j] = x[s, c, i, j]                  gx[s, c, i, j] = gy[s, (c H + i) W + j]

The definition: chainrule/layers/flatten.py. y is a vector: an image of as many channels, of one pixel.
"""

from chainrule.engine.kernels.elementwise import zero_padding
from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import range_kernel


@range_kernel
def flatten(x, y, first, last):
    """y, of samples first .. last-1."""
    image, values, flat = x.image, x.values, y.values
    for s in range(first, last):
        to = s * y.image.stride
        for c in range(image.channels):
            for i in range(image.height):
                at = place(image, s, c, i, 0)
                for j in range(image.width):
                    flat[to + j] = values[at + j * image.lanes]
                to += image.width
        zero_padding(y, s)


@range_kernel
def flatten_input_gradient(gy, gx, first, last):
    """gx, of samples first .. last-1."""
    image, values, flat = gx.image, gx.values, gy.values
    for s in range(first, last):
        at = s * gy.image.stride
        for c in range(image.channels):
            for i in range(image.height):
                to = place(image, s, c, i, 0)
                for j in range(image.width):
                    values[to + j * image.lanes] = flat[at + j]
                at += image.width
        zero_padding(gx, s)
