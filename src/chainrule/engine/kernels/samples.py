"""A batch's samples, wherever they stand in the training data, become the network's first image.

    out[s, c, i, j] = zero + step x[rows[s], c, i, j]        bytes are scaled; for other numbers zero is 0 and step 1

The definition: chainrule/network/scaling.py. x is flat and in canonical order. The rows of a shuffle lie far apart in
memory: each is asked for ahead of its turn.
"""

from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.runtime.memory import CACHE_LINE
from chainrule.engine.simd import prefetch

AHEAD = 2  # samples


@kernel
def sample_size(image):
    """The numbers of a sample."""
    return image.channels * image.height * image.width


@kernel
def fetch(x, rows, s, size):
    """Ask for sample s, if there is one."""
    if s < len(rows):
        for k in range(0, size, CACHE_LINE // x.itemsize):
            prefetch(1, x, rows[s] * size + k)


@kernel
def sample_at(x, rows, s, size):
    """Where sample s begins; IndexError if there is no such row."""
    if rows[s] < 0 or (rows[s] + 1) * size > len(x):
        raise IndexError("a batch's rows reach outside of its data")
    return rows[s] * size


@kernel
def canonical_order(image):
    """Whether a sample stands as in canonical order, in one piece."""
    return image.halo == 0 and (image.lanes == 1 or image.height * image.width == 1)


@kernel
def lines_of(image):
    """In how many (channels, lines), of how many numbers, a sample is copied; and how far apart these come to stand."""
    if canonical_order(image):
        return 1, 1, sample_size(image), 1
    return image.channels, image.height, image.width, image.lanes


@range_kernel
def take_samples(x, rows, out, zero, step, first, last):
    """out[s, c, i, j] = zero + step x[rows[s], c, i, j], in out's type."""
    values, image = out.values, out.image
    channels, lines, width, apart = lines_of(image)
    size = sample_size(image)
    for s in range(first, last):
        fetch(x, rows, s + AHEAD, size)
        source = sample_at(x, rows, s, size)
        for c in range(channels):
            for i in range(lines):
                at = place(image, s, c, i, 0)
                if apart == 1:
                    a, b = x[source : source + width], values[at : at + width]
                    for j in range(len(b)):
                        b[j] = zero + step * values.dtype.type(a[j])
                else:
                    for j in range(width):
                        values[at + j * apart] = zero + step * values.dtype.type(x[source + j])
                source += width
