"""Layers that treat each number alone: of a scalar function, one loop makes the kernel.

    ReLU        y = max(x, 0)                   gx = gy [x > 0]  (or x >= 0)
    Sigmoid     y = 1 / (1 + exp(-x))           gx = gy y (1 - y)
    Tanh        y = tanh(x)                     gx = gy (1 - y^2)
    Dropout     y = x keep scale                gx = gy keep scale         scale = 1 / (1 - p)
    Residual    y = a + b, or max(a + b, 0)     (the sum at its end, and a ReLU behind it)

The definitions: chainrule/layers/relu.py, sigmoid.py, tanh.py, dropout.py, residual.py. A scalar function is
`@inlined`, takes and returns numbers of one type, float32 or float64, and does not branch, so that LLVM makes vectors
of the loop:

    @inlined
    def swish(x):
        return x * logistic(x)

    swish_kernel = of_one(swish)                                # swish_kernel(x, y, first, last)

The views of a kernel share channels, height, width and lanes; each has a halo and a stride of its own. Padded lanes of
the output are zero where those of the inputs are.

Whole numbers are written F32(1), which is exact in both types: in Numba float32 with a plain 1 is float64. The
elementary functions are in `elementary`.
"""

from functools import cache
from typing import Any

from chainrule.engine.kernels.elementary import F32, hyperbolic_tangent, logistic
from chainrule.engine.layout import block_floats, blocks_of, place
from chainrule.engine.runtime.jit import inlined, kernel, range_kernel


@kernel
def stretches(a, b, y):
    """In how many pieces a sample is walked, that are contiguous in all three images: 1, or its rows."""
    return 1 if a.halo == 0 and b.halo == 0 and y.halo == 0 else blocks_of(y) * y.height


@kernel
def stretch_at(image, s, k, count):
    """Where piece k of `count` of sample s begins, and ends."""
    if count == 1 and image.halo == 0:
        return s * image.stride, s * image.stride + blocks_of(image) * block_floats(image)
    start = place(image, s, k // image.height * image.lanes, k % image.height, 0)
    return start, start + image.width * image.lanes


@kernel
def zero_padding(y, s):
    """Zero the lanes of the last block that are no channels."""
    values, image = y.values, y.image
    if image.channels % image.lanes == 0:
        return
    for i in range(image.height):
        for j in range(image.width):
            at = place(image, s, image.channels, i, j)
            values[at : at + image.lanes - image.channels % image.lanes] = 0


@cache
def of_two_and_a_parameter(function: Any) -> Any:
    """The kernel y = function(a, b, parameter), number by number."""

    @range_kernel
    def elementwise(a, b, y, parameter, first, last):
        zero_a, zero_b = a.values.dtype.type(0), b.values.dtype.type(0)
        count = stretches(a.image, b.image, y.image)
        for s in range(first, last):
            for k in range(count):
                first_a, last_a = stretch_at(a.image, s, k, count)
                first_b, last_b = stretch_at(b.image, s, k, count)
                first_y, last_y = stretch_at(y.image, s, k, count)
                left = a.values[first_a:last_a]
                right = b.values[first_b:last_b]
                out = y.values[first_y:last_y]
                for n in range(len(out)):
                    out[n] = function(left[n], right[n], parameter)
            if function(zero_a, zero_b, parameter) != 0:
                zero_padding(y, s)

    return elementwise


@cache
def of_two(function: Any) -> Any:
    """The kernel y = function(a, b), number by number."""

    @inlined
    def without_parameter(a, b, parameter):
        return function(a, b)

    loop = of_two_and_a_parameter(without_parameter)

    @range_kernel
    def elementwise_of_two(a, b, y, first, last):
        loop(a, b, y, 0, first, last)

    return elementwise_of_two


@cache
def of_one(function: Any) -> Any:
    """The kernel y = function(x), number by number."""

    @inlined
    def of_the_first(x, same, parameter):
        return function(x)

    loop = of_two_and_a_parameter(of_the_first)

    @range_kernel
    def elementwise_of_one(x, y, first, last):
        loop(x, x, y, 0, first, last)

    return elementwise_of_one


@inlined
def same(x):
    """x."""
    return x


@inlined
def summed(a, b):
    """a + b."""
    return a + b


@inlined
def summed_and_rectified(a, b):
    """max(a + b, 0)."""
    return rectified(a + b)


@inlined
def rectified(x):
    """max(x, 0); NaN, which is not below 0, stays."""
    return F32(0) if x <= 0 else x


@inlined
def rectified_gradient(gy, x):
    """gy where x is above 0, or NaN: a product, so that NaN and infinity become NaN as in the definition."""
    return gy * F32(not x <= 0)


@inlined
def rectified_gradient_at_zero(gy, x):
    """gy where x is not below 0, likewise."""
    return gy * F32(not x < 0)


@inlined
def dropped(x, keep, scale):
    """x keep scale; keep is uint8, 1 or 0."""
    return x * (F32(keep) * scale)


@inlined
def logistic_gradient(gy, y):
    """gy y (1 - y)."""
    return gy * y * (F32(1) - y)


@inlined
def hyperbolic_tangent_gradient(gy, y):
    """gy (1 - y^2)."""
    return gy * (F32(1) - y * y)


identity, relu, sigmoid, tanh = (of_one(f) for f in (same, rectified, logistic, hyperbolic_tangent))
addition, rectified_sum = of_two(summed), of_two(summed_and_rectified)
dropout = of_two_and_a_parameter(dropped)  # (x, keep, y, scale, ...), and for the gradient (gy, keep, gx, scale, ...)


@kernel
def copy(x, y):
    """The first numbers of y = x."""
    for k in range(len(x)):  # an assignment of slices would compile a check of shapes, and its message
        y[k] = x[k]


@kernel
def zero_all(x):
    """x = 0."""
    x[:] = 0


@range_kernel
def add_up(values, total, first, last):
    """total[0] = values[first] + ... + values[last - 1], in this order."""
    total[0] = 0
    for k in range(first, last):
        total[0] += values[k]
