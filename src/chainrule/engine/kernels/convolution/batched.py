"""Winograd's F(4x4, 3x3) for a whole batch at once: small images of many channels, whose weights fill the cache.

All tiles t of all samples are transformed, then each place xi has three products of matrices, which read its weights
once a batch; a task has a place of its own, so that nothing is added up over samples or threads:

    m[xi,t,oc]      = sum over ic of v[xi,t,ic] u[xi,ic,oc]
    dL/du[xi,ic,oc] = sum over t of v[xi,t,ic] dL/dm[xi,t,oc]
    dL/dv[xi,t,ic]  = sum over oc of u[xi,ic,oc] dL/dm[xi,t,oc]

u, v, m: `winograd`; the gradients' transforms: `winograd_adjoint`. dL/dm takes the place of m, and dL/dv that of v.
dL/db is the sum over t of dL/dm[7,t], as A takes the sum of a tile's pixels to that place. The definition:
chainrule/layers/convolution.py.
"""

from typing import NamedTuple

from chainrule.engine.kernels.convolution.winograd import PATCH, POINTS, TILE, gather_filters
from chainrule.engine.kernels.convolution.winograd_adjoint import filter_adjoint, input_adjoint, output_adjoint
from chainrule.engine.kernels.convolution.winograd_transform import filter_transform, input_transform, output_transform
from chainrule.engine.kernels.linear.dense import MatrixProduct, add_product
from chainrule.engine.kernels.rectangles import copy_vectors, zero_vectors
from chainrule.engine.layout import odd_lines, place, row_floats
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, add, load, padded, scatter, store, transpose, zeros

SUM = PATCH + 1  # the place of a tile's sum
HALF = POINTS * LANES  # floats of a patch, or of one transformed along one dimension


class Tiles(NamedTuple):
    """A convolution's tiles, and how far apart what belongs to them lies (floats)."""

    in_channels: int  # whole vectors, as out_channels
    out_channels: int
    padding: int
    down: int  # tiles of a sample
    across: int
    count: int  # of all samples
    v_row: int  # from one tile to the next
    m_row: int
    u_row: int  # from one ic to the next
    v_point: int  # from one xi to the next
    m_point: int
    u_point: int


def tiles_of(channels: tuple[int, int], pixels: tuple[int, int], padding: int, samples: int) -> Tiles:
    """Of a convolution from so many channels to so many, to so many pixels of y."""
    ic, oc = channels
    down, across = (-(-n // TILE) for n in pixels)
    count = samples * down * across
    v_row, m_row, room = odd_lines(ic), odd_lines(oc), padded(count)
    points = v_row * room, m_row * room, odd_lines(m_row * ic)
    return Tiles(ic, oc, padding, down, across, count, v_row, m_row, m_row, *points)


def scratch_floats(tiles: Tiles) -> int:
    """Room for patches and for a sample's block of dL/dx; or for dL/dm and dL/dv of a place, transposed."""
    patches = 2 * HALF + (tiles.down * TILE + 2) * (tiles.across * TILE + 2) * LANES
    return max(patches, (tiles.in_channels + tiles.out_channels) * padded(tiles.count))


@range_kernel
def pack(w, at, u, tiles, scratch, first, last):
    """u of w[at:] (oc, ic, di, dj), of ic = first .. last-1."""
    for c in range(first, last):
        for o in range(0, tiles.out_channels, LANES):
            gather_filters(w, at, scratch, tiles, 0, o, c)
            filter_transform(scratch, 0, u, c * tiles.u_row + o, tiles.u_point)


@range_kernel
def unpack(gu, gw, at, tiles, scratch, first, last):
    """dL/dw into gw[at:] (oc, ic, di, dj), of ic = first .. last-1."""
    size, points = tiles.in_channels * 9, tiles.u_point
    for c in range(first, last):
        for o in range(0, tiles.out_channels, LANES):
            filter_adjoint(gu, c * tiles.u_row + o, PATCH * points, points, scratch, HALF, 3 * LANES, LANES, scratch)
            for d in range(9):
                scatter(load(1, 1, scratch, HALF + d * LANES, 0), LANES, gw, at + o * size + c * 9 + d, size)


@kernel
def tile_at(tiles, s, k):
    """The number of tile k of sample s, and the row and column of y where it begins."""
    return s * tiles.down * tiles.across + k, k // tiles.across * TILE, k % tiles.across * TILE


@range_kernel
def transform_input(x, v, tiles, scratch, first, last):
    """v of samples first .. last-1; beyond the halo, x is zero."""
    values, image, row = x.values, x.image, row_floats(x.image)
    for s in range(first, last):
        for c in range(0, tiles.in_channels, LANES):
            for k in range(tiles.down * tiles.across):
                t, i, j = tile_at(tiles, s, k)
                i, j, to = i - tiles.padding, j - tiles.padding, t * tiles.v_row + c
                height = min(PATCH, image.height + image.halo_rows - i)
                width = min(PATCH, image.width + image.halo - j)
                at = place(image, s, c, i, j)
                if height == PATCH and width == PATCH:
                    input_transform(values, at, row, v, to, tiles.v_point)
                else:
                    zero_vectors(scratch, 0, 0, 1, POINTS)
                    copy_vectors(values, at, row, scratch, 0, PATCH * LANES, height, width)
                    input_transform(scratch, 0, PATCH * LANES, v, to, tiles.v_point)


@range_kernel
def transform_output(m, b, y, tiles, scratch, first, last):
    """y = A^T m A + b, of samples first .. last-1."""
    values, image, row = y.values, y.image, row_floats(y.image)
    for s in range(first, last):
        for c in range(0, tiles.out_channels, LANES):
            bias = load(1, 1, b, c, 0)
            for k in range(tiles.down * tiles.across):
                t, i, j = tile_at(tiles, s, k)
                height, width = min(TILE, image.height - i), min(TILE, image.width - j)
                output_transform(m, t * tiles.m_row + c, tiles.m_point, bias, scratch, 0, TILE * LANES)
                copy_vectors(scratch, 0, TILE * LANES, values, place(image, s, c, i, j), row, height, width)


@range_kernel
def transform_output_gradient(gy, gm, tiles, scratch, first, last):
    """dL/dm of samples first .. last-1."""
    values, image, row = gy.values, gy.image, row_floats(gy.image)
    for s in range(first, last):
        for c in range(0, tiles.out_channels, LANES):
            for k in range(tiles.down * tiles.across):
                t, i, j = tile_at(tiles, s, k)
                height, width = min(TILE, image.height - i), min(TILE, image.width - j)
                zero_vectors(scratch, HALF, 0, 1, TILE * TILE)
                copy_vectors(values, place(image, s, c, i, j), row, scratch, HALF, TILE * LANES, height, width)
                to, points = t * tiles.m_row + c, tiles.m_point
                output_adjoint(scratch, HALF, TILE * LANES, LANES, gm, to, PATCH * points, points, scratch)


@range_kernel
def transform_input_gradient(gv, gx, tiles, scratch, first, last):
    """dL/dx of samples first .. last-1: patches overlap, and are added."""
    values, image, row = gx.values, gx.image, row_floats(gx.image)
    width, patch, points = (tiles.across * TILE + 2) * LANES, HALF, tiles.v_point
    whole = 2 * HALF
    for s in range(first, last):
        for c in range(0, tiles.in_channels, LANES):
            zero_vectors(scratch, whole, width, tiles.down * TILE + 2, tiles.across * TILE + 2)
            for k in range(tiles.down * tiles.across):
                t, i, j = tile_at(tiles, s, k)
                at = t * tiles.v_row + c
                input_adjoint(gv, at, PATCH * points, points, scratch, patch, PATCH * LANES, LANES, scratch)
                for r in range(PATCH):
                    to = whole + (i + r) * width + j * LANES
                    line = load(PATCH, 1, scratch, patch + r * PATCH * LANES, LANES)
                    store(add(load(PATCH, 1, scratch, to, LANES), line), scratch, to, LANES)
            inner = whole + tiles.padding * (width + LANES)
            copy_vectors(scratch, inner, width, values, place(image, s, c, 0, 0), row, image.height, image.width)


@range_kernel
def multiply(v, u, m, tiles, first, last):
    """m of places first .. last-1."""
    for xi in range(first, last):
        v_at, u_at, m_at = xi * tiles.v_point, xi * tiles.u_point, xi * tiles.m_point
        m[m_at : m_at + tiles.count * tiles.m_row] = 0
        p = MatrixProduct(v, u, m, v_at, tiles.v_row, 1, u_at, tiles.u_row, m_at, tiles.m_row, 0)
        add_product(p, tiles.count, tiles.in_channels, tiles.out_channels // LANES)


@range_kernel
def multiply_by_weights(v, gm, gu, tiles, first, last):
    """dL/du of places first .. last-1."""
    for xi in range(first, last):
        v_at, u_at, m_at = xi * tiles.v_point, xi * tiles.u_point, xi * tiles.m_point
        gu[u_at : u_at + tiles.in_channels * tiles.u_row] = 0
        p = MatrixProduct(v, gm, gu, v_at, 1, tiles.v_row, m_at, tiles.m_row, u_at, tiles.u_row, 0)
        add_product(p, tiles.in_channels, tiles.count, tiles.out_channels // LANES)


@kernel
def turn(x, at, row, y, to, y_row, rows, columns):
    """y[k, i] = x[i, k], rows and columns of whole vectors."""
    for i in range(0, rows, LANES):
        for k in range(0, columns, LANES):
            store(transpose(load(LANES, 1, x, at + i * row + k, row)), y, to + k * y_row + i, y_row)


@range_kernel
def multiply_by_input(u, gm, gv, tiles, scratch, first, last):
    """dL/dv of places first .. last-1, by way of its transpose and dL/dm's: so u lies as in the forward pass."""
    across = (tiles.count + LANES - 1) // LANES * LANES
    ic, oc = tiles.in_channels, tiles.out_channels
    for xi in range(first, last):
        turn(gm, xi * tiles.m_point, tiles.m_row, scratch, 0, across, across, oc)
        to = oc * across
        scratch[to : to + ic * across] = 0
        p = MatrixProduct(u, scratch, scratch, xi * tiles.u_point, tiles.u_row, 1, 0, across, to, across, 0)
        add_product(p, ic, oc, across // LANES)
        turn(scratch, to, across, gv, xi * tiles.v_point, tiles.v_row, ic, across)


@kernel
def sum_of_tiles(gm, gb, at, tiles):
    """dL/db into gb[at:]."""
    for c in range(0, tiles.out_channels, LANES):
        total = zeros(1, 1, gm)
        for t in range(tiles.count):
            total = add(total, load(1, 1, gm, SUM * tiles.m_point + t * tiles.m_row + c, 0))
        store(total, gb, at + c, 0)
