"""Winograd's F(4x4, 3x3): 3x3 convolutions of stride 1 with a quarter of the multiplications.

The definition: chainrule/layers/convolution.py.

    Y = A^T [ sum over ic of (G w[oc,ic] G^T) o (B^T x[ic] B) ] A + b[oc]          (o: element by element)

gives the 4 x 4 outputs of a tile from the 6 x 6 inputs below it (Lavin and Gray, "Fast Algorithms for Convolutional
Neural Networks", 2015, arXiv:1509.09308, section 4.3), with

           4  0 -5  0  1  0            1/4    0    0
           0 -4 -4  1  1  0           -1/6 -1/6 -1/6            1  1  1  1  1  0
    B^T =  0  4 -4 -1  1  0      G =  -1/6  1/6 -1/6     A^T =  0  1 -1  2 -2  0
           0 -2 -1  2  1  0           1/24 1/12  1/6            0  1  1  4  4  0
           0  2 -1 -2  1  0           1/24-1/12  1/6            0  1 -1  8 -8  1
           0  4  0 -5  0  1             0    0    1

For each of the 36 places xi of a transformed tile, the sum over ic is a product of matrices, m = v u:

    m[xi,tile,oc] = sum over ic of v[xi,tile,ic] u[xi,ic,oc]        v = B^T x B,  u = G w G^T,  Y = A^T m A + b

Float32 error, relative to the norm of y, as measured (it grows with the square root of IC, as that of any sum does):

    IC                                      8       32       64      256
    Winograd, x normal                 8.5e-7   1.3e-6   1.7e-6   3.2e-6
    Winograd, x = max(normal, 0)       6.8e-7   1.1e-6   1.5e-6   2.8e-6
    direct sum over ic, di, dj         1.6e-7   3.1e-7   4.3e-7   8.6e-7

NaN propagates, and fills its tile; an infinity, or |x| beyond 3e36, may become NaN. All of these reach y's padded
channels too (0 NaN = NaN), which are zero otherwise.

Input gradient: dL/dx is the convolution of dL/dy, standing in a halo of 2 - padding zeros, with the filters rotated
and oc and ic exchanged: `pack_weights` with `transposed`, a b of zeros, then `convolution_rows` with x := dL/dy,
y := dL/dx and `tiling(out_channels, in_channels, width of dL/dx)`. dL/dw: `winograd_gradient`.
"""

from functools import cache
from typing import Any, NamedTuple

from chainrule.engine.kernels.convolution.winograd_transform import filter_transform, input_transform, output_transform
from chainrule.engine.kernels.rectangles import copy_vectors, zero_vectors
from chainrule.engine.layout import odd_lines, place, row_floats, vectors_of
from chainrule.engine.runtime.jit import kernel
from chainrule.engine.simd import LANES, REGISTERS, load, multiply_add, padded, store, zeros

TILE, PATCH = 4, 6  # a tile of 4 x 4 outputs is made from a patch of 6 x 6 inputs
POINTS = PATCH * PATCH  # places xi of a transformed tile
PASS = 12  # tiles that are transformed together, at most
VECTORS = {32: (4, 2, 1), 16: (2, 1)}.get(REGISTERS, (1,))  # of output channels in a register tile, of 6 or 4 tiles


class Tiling(NamedTuple):
    """How a convolution is cut into tiles. Offsets in scratch: v at 0, m behind it, or, where it is as large, in its
    place; a patch behind both."""

    in_channels: int
    out_channels: int
    columns: int  # vectors of output channels in a register tile
    groups: int  # of so many vectors: all output channels
    across: int  # tiles for the width of the output
    tiles: int  # places for them in a pass: even, 4 to 12; a few may stay idle
    v_stride: int  # floats from one xi to the next
    m_stride: int
    m_at: int


class TileProduct(NamedTuple):
    """Where the operands of one register tile's m = v u stand (floats): v and m in scratch."""

    v_at: int
    v_tile: int  # from one tile to the next
    u_at: int
    u_row: int  # from one ic to the next
    m_at: int
    m_tile: int


def tiling(in_channels: int, out_channels: int, width: int) -> Tiling:
    """The tiling for an output of that width. (For an input gradient: of dL/dy's channels to dL/dx's.)"""
    vectors = padded(out_channels) // LANES
    columns = min(VECTORS, key=lambda n: -(-vectors // n) * (n + 0.3))  # a register tile's time, about
    groups = -(-vectors // columns)
    across = -(-width // TILE)
    passes = -(-across // PASS)
    tiles = max(4, (-(-across // passes) + 1) // 2 * 2)  # in equal shares, made of sixes and fours
    v_stride = odd_lines(tiles * padded(in_channels))
    m_stride = odd_lines(tiles * groups * columns * LANES)
    m_at = 0 if groups == 1 and m_stride == v_stride else POINTS * v_stride  # each register tile reads all of its v
    return Tiling(in_channels, out_channels, columns, groups, across, tiles, v_stride, m_stride, m_at)


def packed_floats(tiling: Tiling) -> int:
    """The size of u, the packed weights."""
    return POINTS * tiling.groups * tiling.in_channels * tiling.columns * LANES


def scratch_floats(tiling: Tiling) -> int:
    """The size of the scratch of `convolution_rows` and `pack_weights`."""
    return POINTS * (tiling.v_stride + tiling.m_stride + LANES)


@kernel
def pack_weights(w, at, u, tiling, transposed, scratch):
    """u[xi][group][ic][columns * L] from w[at:] (oc, ic, di, dj), zero where oc ends.

    `transposed` packs what the input gradient convolves with: w holds (ic, oc, di, dj), and (di, dj) rotates.
    """
    width = tiling.columns * LANES
    u_stride = tiling.groups * tiling.in_channels * width
    for o in range(0, tiling.groups * width, LANES):
        start = o // width * tiling.in_channels * width + o % width
        for c in range(tiling.in_channels):
            gather_filters(w, at, scratch, tiling, transposed, o, c)
            filter_transform(scratch, 0, u, start + c * width, u_stride)


@kernel
def gather_filters(w, at, filters, tiling, transposed, o, c):
    """filters[(di, dj)][lane] = w[o + lane, c, di, dj]."""
    for lane in range(LANES):
        for d in range(9):
            if o + lane >= tiling.out_channels:
                filters[d * LANES + lane] = 0.0
            elif transposed:
                filters[d * LANES + lane] = w[at + (c * tiling.out_channels + o + lane) * 9 + 8 - d]
            else:
                filters[d * LANES + lane] = w[at + ((o + lane) * tiling.in_channels + c) * 9 + d]


@kernel
def read_tiles(x, tiling, band, scratch, first, last):
    """v of tiles first .. last-1, of the output's rows from the band's first on; beyond the halo, x is zero."""
    values, image, halo = x.values, x.image, x.image.halo
    patch = POINTS * (tiling.v_stride + tiling.m_stride)
    height = min(PATCH, image.height + 2 * halo - band.row)
    channels = vectors_of(tiling.in_channels) * LANES
    for c in range(0, channels, LANES):
        for tile in range(first, last):
            j = tile * TILE
            width = min(PATCH, image.width + 2 * halo - j)
            at = place(image, band.sample, c, band.row - halo, j - halo)
            to = (tile - first) * channels + c
            if height == PATCH and width == PATCH:
                input_transform(values, at, row_floats(image), scratch, to, tiling.v_stride)
            else:
                zero_vectors(scratch, patch, 0, 1, POINTS)
                copy_vectors(values, at, row_floats(image), scratch, patch, PATCH * LANES, height, width)
                input_transform(scratch, patch, PATCH * LANES, scratch, to, tiling.v_stride)


@kernel
def write_tiles(b, y, tiling, band, scratch, first, last):
    """y = A^T m A + b of tiles first .. last-1: what lies inside the image, and in the band."""
    values, image, row = y.values, y.image, row_floats(y.image)
    m_at, patch = tiling.m_at, POINTS * (tiling.v_stride + tiling.m_stride)
    for tile in range(first, last):
        j = tile * TILE
        width = min(TILE, image.width - j)
        for c in range(0, tiling.out_channels, LANES):
            m = m_at + (tile - first) * tiling.groups * tiling.columns * LANES + c
            at = place(image, band.to_sample, c, band.to_row, j)
            bias = load(1, 1, b, c, 0)
            if band.height == TILE and width == TILE:
                output_transform(scratch, m, tiling.m_stride, bias, values, at, row)
            else:
                output_transform(scratch, m, tiling.m_stride, bias, scratch, patch, TILE * LANES)
                copy_vectors(scratch, patch, TILE * LANES, values, at, row, band.height, width)


@kernel
def product(acc, u, scratch, channels, at):
    """m = v u of one register tile, which `acc` is, of zeros."""
    for c in range(channels):
        acc = multiply_add(acc, scratch, at.v_at + c, at.v_tile, u, at.u_at + c * at.u_row)
    store(acc, scratch, at.m_at, at.m_tile)


def make_multiply(columns: int) -> Any:
    """The product of matrices by register tiles of that many vectors."""
    tall = 8 if 8 * columns <= REGISTERS // 2 else 4  # of so few columns, 4 rows would wait for one another

    @kernel
    def multiply(u, tiling, scratch):
        """m = v u: in each place xi, register tiles of 8, 6 or 4 tiles times `columns` vectors."""
        width = columns * LANES
        v_tile, m_tile = vectors_of(tiling.in_channels) * LANES, tiling.groups * width
        u_at = 0
        for xi in range(POINTS):
            for group in range(tiling.groups):
                v_at = xi * tiling.v_stride
                m_at = tiling.m_at + xi * tiling.m_stride + group * width
                left = tiling.tiles
                while left > 0:
                    rows = tall if left == 8 else 4 if left == 4 else 6
                    at = TileProduct(v_at, v_tile, u_at, width, m_at, m_tile)
                    if rows == 6:
                        product(zeros(6, columns, scratch), u, scratch, tiling.in_channels, at)
                    elif rows == 4 or tall == 4:
                        product(zeros(4, columns, scratch), u, scratch, tiling.in_channels, at)
                    else:
                        product(zeros(tall, columns, scratch), u, scratch, tiling.in_channels, at)
                    v_at += rows * v_tile
                    m_at += rows * m_tile
                    left -= rows
                u_at += tiling.in_channels * width

    return multiply


@cache
def rows_kernel(columns: int) -> Any:
    """The kernel for tilings of that many columns."""
    multiply = make_multiply(columns)

    @kernel
    def convolution_rows(filters, x, y, tiling, band, scratch):
        """The band's rows of y: at most 4, from a multiple of 4 on. The images are in NCHWc blocks."""
        for first in range(0, tiling.across, tiling.tiles):
            last = min(first + tiling.tiles, tiling.across)
            read_tiles(x, tiling, band, scratch, first, last)
            multiply(filters.packed, tiling, scratch)
            write_tiles(filters.b, y, tiling, band, scratch, first, last)

    return convolution_rows
