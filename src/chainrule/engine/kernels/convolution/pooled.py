"""Convolution, ReLU, max-pool and dropout as one stage: a band of rows is convolved, then pooled while in cache.

    y = keep / (1-p) * maxpool(ReLU(convolution(w; x) + b))

so that the large image before the pool never leaves the cache; what is kept of it is who won.
"""

from functools import cache
from typing import Any

from chainrule.engine.kernels.pooling.patches import Rows, pool_rows
from chainrule.engine.runtime.jit import range_kernel


@cache
def direct_pooled_kernel(direct_rows: Any) -> Any:
    """By the direct convolution of some rows."""

    @range_kernel
    def direct_pooled(weights, x, band, y, bits, pool, shape, first, last):
        """y and argmax of samples first .. last-1.

        weights = (packed w, b); x, band and y are (values, image); bits = (argmax, keep, its image). The band
        holds pool.size rows of one sample, its stride is 0.
        """
        for s in range(first, last):
            for i in range(y[1].height):
                direct_rows(
                    weights[0], weights[1], x[0], x[1], band[0], band[1], shape, s, i * pool.size, 0, pool.size, False
                )
                pool_rows(band[0], band[1], y[0], y[1], bits[0], bits[1], bits[2], pool, Rows(0, 0, s, i, 1, s))

    return direct_pooled


@cache
def winograd_pooled_kernel(winograd_rows: Any) -> Any:
    """By Winograd's algorithm; the band's rows are a multiple of 4 and of pool.size."""

    @range_kernel
    def winograd_pooled(weights, x, band, y, bits, pool, shape, scratch, first, last):
        at_once = band[1].height // pool.size
        for s in range(first, last):
            for i in range(0, y[1].height, at_once):
                count = min(at_once, y[1].height - i)
                for k in range(0, count * pool.size, 4):
                    n = min(4, count * pool.size - k)
                    row = i * pool.size + k
                    winograd_rows(weights[0], weights[1], x[0], x[1], band[0], band[1], shape, s, row, k, n, scratch)
                pool_rows(band[0], band[1], y[0], y[1], bits[0], bits[1], bits[2], pool, Rows(0, 0, s, i, count, s))

    return winograd_pooled


@cache
def winograd_convolution_kernel(winograd_rows: Any) -> Any:
    """y = convolution + b of samples first .. last-1, unpooled."""

    @range_kernel
    def winograd_convolution(weights, x, y, shape, scratch, first, last):
        for s in range(first, last):
            for i in range(0, y[1].height, 4):
                n = min(4, y[1].height - i)
                winograd_rows(weights[0], weights[1], x[0], x[1], y[0], y[1], shape, s, i, i, n, scratch)

    return winograd_convolution
