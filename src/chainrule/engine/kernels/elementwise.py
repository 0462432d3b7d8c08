"""Layers that treat each number alone, from one image into another.

    ReLU        y = max(x, 0)                   gx = gy [x > 0]  (or x >= 0)
    Sigmoid     y = 1 / (1 + exp(-x))           gx = gy y (1 - y)
    Tanh        y = tanh(x)                     gx = gy (1 - y^2)
    Dropout     y = x keep scale                gx = gy keep scale         scale = 1 / (1 - p)

The buffers' images (`xi` of x, `yi` of y, `gi` of gx and gy) share channels, height, width and lanes; each has a halo
and a stride of its own. A sample is walked in runs, which are contiguous in both: rows, or the whole where neither has
a halo. A vector of n numbers is an image of n channels and one pixel. The padded lanes of y and gx are zero where
those of x and gy are.
"""

import numpy as np

from chainrule.engine.layout import block_floats, place
from chainrule.engine.runtime.jit import inlined, kernel, range_kernel

F32 = np.float32


@kernel
def blocks(image):
    """How many blocks of channels it has."""
    return (image.channels + image.lanes - 1) // image.lanes


@kernel
def runs(a, b):
    """How many runs a sample has, that are contiguous in both images."""
    return 1 if a.halo == 0 and b.halo == 0 else blocks(a) * a.height


@kernel
def run(values, image, s, r, count):
    """Run r of `count` of sample s."""
    if count == 1 and image.halo == 0:
        return values[s * image.stride : s * image.stride + blocks(image) * block_floats(image)]
    start = place(image, s, r // image.height * image.lanes, r % image.height, 0)
    return values[start : start + image.width * image.lanes]


@kernel
def copy(x, y):
    """The first numbers of y = x."""
    for k in range(len(x)):  # an assignment of slices would compile a check of shapes, and its message
        y[k] = x[k]


@kernel
def clear(x):
    """x = 0."""
    x[:] = 0


@range_kernel
def add_up(values, total, first, last):
    """total[0] = values[first] + ... + values[last - 1], in this order."""
    total[0] = 0
    for k in range(first, last):
        total[0] += values[k]


@range_kernel
def identity(x, y, xi, yi, first, last):
    """y = x."""
    count = runs(xi, yi)
    for s in range(first, last):
        for r in range(count):
            a, b = run(x, xi, s, r, count), run(y, yi, s, r, count)
            for k in range(len(b)):
                b[k] = a[k]


@range_kernel
def add(a, b, y, ai, bi, yi, first, last):
    """y = a + b."""
    count = max(runs(ai, yi), runs(bi, yi))
    for s in range(first, last):
        for r in range(count):
            left, right, out = run(a, ai, s, r, count), run(b, bi, s, r, count), run(y, yi, s, r, count)
            for k in range(len(out)):
                out[k] = left[k] + right[k]


@range_kernel
def relu(x, y, xi, yi, first, last):
    """y = max(x, 0)."""
    count = runs(xi, yi)
    for s in range(first, last):
        for r in range(count):
            a, b = run(x, xi, s, r, count), run(y, yi, s, r, count)
            for k in range(len(b)):
                b[k] = F32(0) if a[k] <= 0 else a[k]  # NaN is not below 0


@range_kernel
def relu_input_gradient(gy, x, gx, gi, xi, derivative_at_zero, first, last):
    """gx = gy [x > 0], or gy [x >= 0]: a product, so that NaN and infinity become NaN as in the definition."""
    count = runs(gi, xi)
    for s in range(first, last):
        for r in range(count):
            g, a, out = run(gy, gi, s, r, count), run(x, xi, s, r, count), run(gx, gi, s, r, count)
            if derivative_at_zero:
                for k in range(len(out)):
                    out[k] = g[k] * F32(a[k] >= 0)
            else:
                for k in range(len(out)):
                    out[k] = g[k] * F32(a[k] > 0)


@range_kernel
def dropout(x, keep, scale, y, xi, ki, yi, first, last):
    """y = x keep scale; `ki` is the image of the mask (uint8, 1 keeps)."""
    count = max(runs(xi, yi), runs(xi, ki))
    for s in range(first, last):
        for r in range(count):
            a, mask, b = run(x, xi, s, r, count), run(keep, ki, s, r, count), run(y, yi, s, r, count)
            for k in range(len(b)):
                b[k] = a[k] * (F32(mask[k]) * scale)


@range_kernel
def dropout_input_gradient(gy, keep, scale, gx, gi, ki, first, last):
    """gx = gy keep scale."""
    dropout(gy, keep, scale, gx, gi, ki, gi, first, last)


@inlined
def exponential(x):
    """exp(x) of a float32 x <= 0, to 1e-7 of itself, in operations that LLVM makes vectors of; 0 below -87.

    x = n log 2 + r with a whole n and |r| <= log(2) / 2, so exp(x) = 2^n exp(r). The polynomial is Cephes' `expf`.
    """
    bounded = x if x > F32(-87.0) else F32(-87.0)  # NaN, too
    n = np.floor(bounded * F32(1.44269504) + F32(0.5))
    r = bounded - n * F32(0.693359375) + n * F32(2.12194440e-4)
    high = (F32(1.9875691500e-4) * r + F32(1.3981999507e-3)) * r + F32(8.3334519073e-3)
    low = ((high * r + F32(4.1665795894e-2)) * r + F32(1.6666665459e-1)) * r + F32(5.0000001201e-1)
    power = np.int32((np.int32(n) + np.int32(127)) << 23).view(np.float32)
    value = (low * r * r + r + F32(1)) * power if x >= F32(-87.0) else F32(0)
    return x if x != x else value


@inlined
def hyperbolic_tangent(x):
    """tanh(x) = +-(1 - e) / (1 + e), e = exp(-2 |x|), to 2e-7 of itself; near 0 the polynomial of Cephes' `tanhf`."""
    z, e = x * x, exponential(F32(-2) * np.abs(x))
    far = np.copysign((F32(1) - e) / (F32(1) + e), x)
    high = (F32(-5.70498872745e-3) * z + F32(2.06390887954e-2)) * z - F32(5.37397155531e-2)
    near = ((high * z + F32(1.33314422036e-1)) * z - F32(3.33332819422e-1)) * z * x + x
    return near if np.abs(x) < F32(0.625) else far


@range_kernel
def sigmoid(x, y, xi, yi, first, last):
    """y = 1 / (1 + exp(-x)), or exp(x) / (1 + exp(x)) for x < 0."""
    count = runs(xi, yi)
    for s in range(first, last):
        for r in range(count):
            a, b = run(x, xi, s, r, count), run(y, yi, s, r, count)
            for k in range(len(b)):
                e = exponential(-np.abs(a[k]))
                b[k] = (F32(1) if a[k] >= 0 else e) / (F32(1) + e)
        zero_padding(y, yi, s)


@kernel
def zero_padding(y, yi, s):
    """Zero the lanes of the last block that are no channels."""
    if yi.channels % yi.lanes == 0:
        return
    for i in range(yi.height):
        for j in range(yi.width):
            at = place(yi, s, yi.channels, i, j)
            y[at : at + yi.lanes - yi.channels % yi.lanes] = 0


@range_kernel
def sigmoid_input_gradient(gy, y, gx, gi, yi, first, last):
    """gx = gy y (1 - y)."""
    count = runs(gi, yi)
    for s in range(first, last):
        for r in range(count):
            g, b, out = run(gy, gi, s, r, count), run(y, yi, s, r, count), run(gx, gi, s, r, count)
            for k in range(len(out)):
                out[k] = g[k] * b[k] * (F32(1) - b[k])


@range_kernel
def tanh(x, y, xi, yi, first, last):
    """y = tanh(x)."""
    count = runs(xi, yi)
    for s in range(first, last):
        for r in range(count):
            a, b = run(x, xi, s, r, count), run(y, yi, s, r, count)
            for k in range(len(b)):
                b[k] = hyperbolic_tangent(a[k])


@range_kernel
def tanh_input_gradient(gy, y, gx, gi, yi, first, last):
    """gx = gy (1 - y^2)."""
    count = runs(gi, yi)
    for s in range(first, last):
        for r in range(count):
            g, b, out = run(gy, gi, s, r, count), run(y, yi, s, r, count), run(gx, gi, s, r, count)
            for k in range(len(out)):
                out[k] = g[k] * (F32(1) - b[k] * b[k])
