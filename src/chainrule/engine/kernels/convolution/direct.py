"""Direct convolution, dense: forward, and by the same loops the input gradient; the weight gradient.

    y[oc,i,j] = sum over ic,di,dj of w[oc,ic,di,dj] x[ic, S i + di - P, S j + dj - P] + b[oc]

A register tile holds `pixels` neighbouring pixels of a row times `vectors` vectors of output channels; each step of
the sum adds x (one number a pixel) times w (one vector a column). The tile's shape is chosen for each convolution. For
stride 1 the input gradient is this convolution again, of dL/dy in a halo of K - 1 - P zeros with the filters rotated
by 180 degrees and oc and ic exchanged.
"""

from functools import cache
from typing import Any, NamedTuple

from chainrule.engine.layout import block_floats, place, row_floats
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import (
    LANES,
    REGISTERS,
    multiply_add,
    rectify,
    repeat,
    store_blocks,
)

VECTORS = (4, 3, 2, 1) if REGISTERS == 32 else (2, 1)  # of output channels in a tile
PIXELS = 13  # in a tile, at most


class Convolved(NamedTuple):
    """The sizes of a convolution."""

    out_channels: int
    in_channels: int
    kernel_size: int
    stride: int
    padding: int
    rows: int  # of the output
    columns: int


@kernel
def packed_floats(out_channels, in_channels, kernel_size):
    """How much room packed weights take."""
    return -(-out_channels // LANES) * LANES * in_channels * kernel_size * kernel_size


def tile_vectors(channels: int) -> int:
    """Vectors of output channels in a tile: as many as divide all of them."""
    return next(n for n in VECTORS if -(-channels // LANES) % n == 0)


def tile_pixels(columns: int, vectors: int) -> int:
    """Pixels in a tile: as many as the registers hold, or fewer if that cuts a row with less overlap."""
    most = min(PIXELS, (REGISTERS - 1 - vectors) // vectors, columns)
    return min(range(1, most + 1), key=lambda n: -(-columns // n) * (n * vectors + 3))  # a row's time, about


@kernel
def pack_weights(w, at, shape, vectors, transposed, packed):
    """w[at:] (oc, ic, di, dj) into [group of `vectors`][ic][di][dj][vectors][L], zero where oc ends.

    `transposed` packs what the input gradient convolves with: ic and oc exchanged, (di, dj) rotated.
    """
    n, m, k = shape.out_channels, shape.in_channels, shape.kernel_size
    if transposed:
        n, m = m, n
    blocks = -(-n // LANES)
    for block in range(blocks):
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


def make_tile(pixels, vectors):
    """The kernel of one register tile: `pixels` pixels of row i from column j on, `vectors` blocks of channels."""

    @kernel
    def tile(packed, packed_at, b, x, x_image, y, y_image, shape, place_in, relu):
        sample, i, j, y_i, block = place_in
        acc = repeat(pixels, vectors, b, block * LANES)
        step = shape.stride * x_image.lanes
        row, w_at = row_floats(x_image), packed_at
        for c in range(shape.in_channels):
            at = place(x_image, sample, c, i * shape.stride - shape.padding, j * shape.stride - shape.padding)
            for _ in range(shape.kernel_size):
                for dj in range(shape.kernel_size):
                    acc = multiply_add(acc, x, at + dj * x_image.lanes, step, packed, w_at)
                    w_at += vectors * LANES
                at += row
        if relu:
            acc = rectify(acc)
        store_blocks(acc, y, place(y_image, sample, block * LANES, y_i, j), LANES, block_floats(y_image))

    return tile


@cache
def convolution_kernels(pixels: int, vectors: int) -> tuple[Any, Any]:
    """The kernels of that tile: of some rows of a sample, and of whole samples."""
    tile = make_tile(pixels, vectors)

    @kernel
    def convolution_rows(packed, b, x, x_image, y, y_image, shape, sample, row, y_row, count, relu):
        """Rows row .. row+count-1 of y, of one sample, into rows y_row .. of y's image; with ReLU if so asked.

        b is padded with zeros to whole vectors; x's halo is at least the padding.
        """
        k = shape.in_channels * shape.kernel_size * shape.kernel_size
        for block in range(0, -(-shape.out_channels // LANES), vectors):
            for i in range(count):
                for start in range(0, shape.columns, pixels):
                    j = min(start, shape.columns - pixels)  # the last tile of a row overlaps the one before
                    where = (sample, row + i, j, y_row + i, block)
                    tile(packed, block * LANES * k, b, x, x_image, y, y_image, shape, where, relu)

    @range_kernel
    def convolution(packed, b, x, x_image, y, y_image, shape, relu, first, last):
        """y of samples first .. last-1."""
        for sample in range(first, last):
            convolution_rows(packed, b, x, x_image, y, y_image, shape, sample, 0, 0, shape.rows, relu)

    return convolution_rows, convolution


def kernels_for(shape: Convolved) -> tuple[Any, Any]:
    """The kernels whose tile suits the convolution."""
    vectors = tile_vectors(shape.out_channels)
    return convolution_kernels(tile_pixels(shape.columns, vectors), vectors)
