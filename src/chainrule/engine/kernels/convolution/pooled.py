"""Convolution, ReLU, max-pool and dropout as one stage: a band of rows is convolved, then pooled while in cache.

    y = keep / (1-p) * maxpool(ReLU(convolution(w; x) + b))

so that the large image before the pool never leaves the cache; what is kept of it is the argmax mask. The definitions:
chainrule/layers/convolution.py, relu.py, max_pooling.py and dropout.py.
"""

from functools import cache
from typing import Any, NamedTuple

from chainrule.engine.kernels.convolution.operands import Band
from chainrule.engine.kernels.convolution.winograd import TILE
from chainrule.engine.kernels.pooling.patches import Pool, PoolRows
from chainrule.engine.layout import View
from chainrule.engine.runtime.jit import range_kernel


class PooledSizes(NamedTuple):
    """The sizes of a convolution of stride 1, and of the pool over it."""

    convolution: Any  # ConvolutionSizes; for Winograd's algorithm, its Tiling
    pool: Pool


class PooledScratch(NamedTuple):
    """Room for the output's rows that are pooled next, of one sample, and for Winograd's transforms."""

    band: View
    transforms: Any


@cache
def direct_pooled_kernel(direct_rows: Any, pool_rows: Any) -> Any:
    """By the direct convolution of some rows; the band has pool.size of them."""

    @range_kernel
    def direct_pooled(filters, x, y, masks, sizes, scratch, first, last):
        """y and its argmax mask, of samples first .. last-1."""
        band, pool = scratch.band, sizes.pool
        for s in range(first, last):
            for i in range(y.image.height):
                direct_rows(filters, x, band, sizes.convolution, Band(s, i * pool.size, pool.size, 0, 0), 0)
                pool_rows(band, y, masks, pool, PoolRows(0, 0, s, i, 1))

    return direct_pooled


@cache
def winograd_pooled_kernel(winograd_rows: Any, pool_rows: Any) -> Any:
    """By Winograd's algorithm; the band's rows are a multiple of 4 and of pool.size."""

    @range_kernel
    def winograd_pooled(filters, x, y, masks, sizes, scratch, first, last):
        """y and its argmax mask, of samples first .. last-1."""
        band, pool = scratch.band, sizes.pool
        at_once = band.image.height // pool.size
        for s in range(first, last):
            for i in range(0, y.image.height, at_once):
                count = min(at_once, y.image.height - i)
                for k in range(0, count * pool.size, TILE):
                    rows = Band(s, i * pool.size + k, min(TILE, count * pool.size - k), 0, k)
                    winograd_rows(filters, x, band, sizes.convolution, rows, scratch.transforms)
                pool_rows(band, y, masks, pool, PoolRows(0, 0, s, i, count))

    return winograd_pooled


@cache
def winograd_convolution_kernel(winograd_rows: Any) -> Any:
    """By Winograd's algorithm, unpooled."""

    @range_kernel
    def winograd_convolution(filters, x, y, tiling, scratch, first, last):
        """y = convolution + b, of samples first .. last-1."""
        for s in range(first, last):
            for i in range(0, y.image.height, TILE):
                winograd_rows(filters, x, y, tiling, Band(s, i, min(TILE, y.image.height - i), s, i), scratch)

    return winograd_convolution
