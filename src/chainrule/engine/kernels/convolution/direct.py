"""Direct convolution, dense: forward, and by the same loops the input gradient.

    y[oc,i,j] = sum over ic,di,dj of w[oc,ic,di,dj] x[ic, S i + di - P, S j + dj - P] + b[oc]

The definition: chainrule/layers/convolution.py. A register tile holds `pixels` neighbouring pixels of a row times
`vectors` vectors of output channels; each step of the sum adds x (one number a pixel) times w (one vector a column).
The tile's shape is chosen for each convolution. For stride 1 the input gradient is this convolution again, of dL/dy in
a halo of K - 1 - P zeros with the filters rotated by 180 degrees and oc and ic exchanged.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution.operands import Band, ConvolutionSizes
from chainrule.engine.layout import block_floats, place, row_floats, vectors_of
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import (
    LANES,
    multiply_add,
    padded,
    rectify,
    repeat,
    store_blocks,
    tile_widths,
    vectors_in_registers,
)

PIXELS = 13  # in a tile, at most


class TilePlace(NamedTuple):
    """The first pixel of a register tile, in its band, and its first block of output channels."""

    i: int
    j: int
    block: int


def packed_floats(out_channels: int, in_channels: int, kernel_size: int) -> int:
    """The size of the packed weights."""
    return padded(out_channels) * in_channels * kernel_size * kernel_size


def tile_vectors(channels: int, dtype: np.dtype) -> int:
    """Vectors of output channels in a tile: as many as divide all of them."""
    return next(n for n in tile_widths(dtype) if -(-channels // LANES) % n == 0)


def tile_pixels(columns: int, vectors: int, dtype: np.dtype) -> int:
    """Pixels in a tile: as many as the registers hold, or fewer if that cuts a row with less overlap."""
    most = min(PIXELS, (vectors_in_registers(dtype) - 1 - vectors) // vectors, columns)
    return min(range(1, most + 1), key=lambda n: -(-columns // n) * (n * vectors + 3))  # a row's time, about


@kernel
def pack_weights(w, at, packed, sizes, vectors, transposed):
    """w[at:] (oc, ic, di, dj) into [group of `vectors`][ic][di][dj][vectors][L], zero where oc ends.

    `transposed` packs what the input gradient convolves with: ic and oc exchanged, (di, dj) rotated.
    """
    n, m, k = sizes.out_channels, sizes.in_channels, sizes.kernel_size
    if transposed:
        n, m = m, n
    for block in range(vectors_of(n)):
        start = (block // vectors * vectors * m * k * k + block % vectors) * LANES
        for c in range(m):
            for d in range(k * k):
                to = start + (c * k * k + d) * vectors * LANES
                for lane in range(LANES):
                    o = block * LANES + lane
                    if o >= n:
                        packed[to + lane] = 0.0
                    elif transposed:
                        packed[to + lane] = w[at + (c * n + o) * k * k + k * k - 1 - d]
                    else:
                        packed[to + lane] = w[at + (o * m + c) * k * k + d]


def make_tile(pixels: int, vectors: int) -> Any:
    """The kernel of one register tile: `pixels` pixels of a row, `vectors` blocks of channels."""

    @kernel
    def tile(filters, x, y, sizes, band, tile_place, relu):
        i = band.row + tile_place.i
        j = tile_place.j
        channel = tile_place.block * LANES
        acc = repeat(pixels, vectors, filters.b, channel)
        packed, values, image = filters.packed, x.values, x.image
        k, stride = sizes.kernel_size, sizes.stride
        w_at = channel * sizes.in_channels * k * k
        for c in range(sizes.in_channels):
            at = place(image, band.sample, c, i * stride - sizes.padding, j * stride - sizes.padding)
            for _ in range(k):
                for dj in range(k):
                    acc = multiply_add(acc, values, at + dj * image.lanes, stride * image.lanes, packed, w_at)
                    w_at += vectors * LANES
                at += row_floats(image)
        if relu:
            acc = rectify(acc)
        to = place(y.image, band.to_sample, channel, band.to_row + tile_place.i, j)
        store_blocks(acc, y.values, to, LANES, block_floats(y.image))

    return tile


@cache
def convolution_kernels(pixels: int, vectors: int) -> tuple[Any, Any]:
    """The kernels of that tile: of some rows of a sample, and of whole samples."""
    tile = make_tile(pixels, vectors)

    @kernel
    def convolution_rows(filters, x, y, sizes, band, relu):
        """The band's rows of y; with ReLU if so asked. x's halo is at least the padding."""
        for block in range(0, vectors_of(sizes.out_channels), vectors):
            for i in range(band.height):
                for start in range(0, sizes.columns, pixels):
                    j = min(start, sizes.columns - pixels)  # the last tile of a row overlaps the one before
                    tile(filters, x, y, sizes, band, TilePlace(i, j, block), relu)

    @range_kernel
    def convolution(filters, x, y, sizes, relu, first, last):
        """y of samples first .. last-1."""
        for s in range(first, last):
            convolution_rows(filters, x, y, sizes, Band(s, 0, sizes.rows, s, 0), relu)

    return convolution_rows, convolution


def kernels_for(sizes: ConvolutionSizes, dtype: np.dtype) -> tuple[Any, Any]:
    """The kernels whose tile suits the convolution, of numbers of that type."""
    vectors = tile_vectors(sizes.out_channels, dtype)
    return convolution_kernels(tile_pixels(sizes.columns, vectors, dtype), vectors)
