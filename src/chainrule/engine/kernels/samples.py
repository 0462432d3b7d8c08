"""A batch's samples, wherever they stand in the training data, become the network's first image.

    out[s, c, i, j] = zero + step x[rows[s], c, i, j]        of bytes, which are scaled
    out[s, c, i, j] = x[rows[s], c, i, j]                    of other numbers, in out's type

x is flat and in canonical order. The rows of a shuffle lie far apart in memory: each is asked for ahead of its turn.
"""

import numpy as np

from chainrule.engine.jit import kernel
from chainrule.engine.layout import place
from chainrule.engine.simd import prefetch

AHEAD = 2  # samples
LINE = 64  # bytes that come from memory together
F32 = np.float32


@kernel
def floats(image):
    """The numbers of a sample."""
    return image.channels * image.height * image.width


@kernel
def fetch(x, rows, s, size):
    """Ask for sample s, if there is one."""
    if s < len(rows):
        for k in range(0, size, LINE // x.itemsize):
            prefetch(1, x, rows[s] * size + k)


@kernel
def place_of(x, rows, s, size):
    """Where sample s begins; IndexError if there is no such row."""
    if rows[s] < 0 or (rows[s] + 1) * size > len(x):
        raise IndexError("a batch's rows reach outside of its data")
    return rows[s] * size


@kernel
def scale_bytes(x, rows, zero, step, out, image, first, last):
    """out[s, c, i, j] = zero + step x[rows[s], c, i, j]."""
    lines, width = (1, floats(image)) if whole(image) else (image.height, image.width)
    channels = 1 if whole(image) else image.channels
    for s in range(first, last):
        fetch(x, rows, s + AHEAD, floats(image))
        source = place_of(x, rows, s, floats(image))
        for c in range(channels):
            for i in range(lines):
                at = place(image, s, c, i, 0)
                if image.lanes == 1:
                    a, b = x[source : source + width], out[at : at + width]
                    for j in range(len(b)):
                        b[j] = zero + step * F32(a[j])
                else:
                    for j in range(width):
                        out[at + j * image.lanes] = zero + step * F32(x[source + j])
                source += width


@kernel
def whole(image):
    """Whether a sample stands as in canonical order, in one piece."""
    return image.lanes == 1 and image.frame == 0


@kernel
def copy_samples(x, rows, out, image, first, last):
    """out[s, c, i, j] = x[rows[s], c, i, j] in out's type."""
    for s in range(first, last):
        fetch(x, rows, s + AHEAD, floats(image))
        source = place_of(x, rows, s, floats(image))
        for c in range(image.channels):
            for i in range(image.height):
                at = place(image, s, c, i, 0)
                for j in range(image.width):
                    out[at + j * image.lanes] = x[source + j]
                source += image.width
