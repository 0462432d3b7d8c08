"""The transforms of Winograd's F(4x4, 3x3) for a batch at once: each place of a transformed tile gets a matrix.

    v = B^T x B        u = G w G^T        y = A^T m A + b                       for each tile, rows t of v and m

and back: dL/dm = A dL/dy A^T, dL/dx = the sum of its tiles' B dL/dv B^T, dL/dw = G^T dL/du G. dL/db is the sum over t
of dL/dm[7,t], the place to which A takes the sum of a tile. The products: `products`, each place with itself. The
matrices: `winograd`, `winograd_adjoint`. The definition: chainrule/layers/convolution.py.
"""

from typing import NamedTuple

from chainrule.engine.kernels.convolution.batched.products import FILTERS, GROUP, TAPS, put_filters, take_filters, u_at
from chainrule.engine.kernels.convolution.winograd import PATCH, POINTS, TILE
from chainrule.engine.kernels.convolution.winograd_adjoint import filter_adjoint, input_adjoint, output_adjoint
from chainrule.engine.kernels.convolution.winograd_transform import filter_transform, input_transform, output_transform
from chainrule.engine.kernels.rectangles import copy_vectors, zero_vectors
from chainrule.engine.layout import place, row_floats
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, add, load, store

SUM = PATCH + 1  # the place of a tile's sum
HALF = POINTS * LANES  # floats of a patch, or of one transformed along one dimension


class Tiles(NamedTuple):
    """A sample's tiles."""

    down: int
    across: int
    padding: int


class Some(NamedTuple):
    """Some tiles of a sample."""

    sample: int
    first: int
    behind: int  # the last one
    row: int  # t of the first


def scratch_floats(tiles: Tiles) -> int:
    """Room for patches, and for a sample's block of dL/dx or the filters of a group."""
    return 2 * HALF + max((tiles.down * TILE + 2) * (tiles.across * TILE + 2) * LANES, GROUP // LANES * FILTERS)


@range_kernel
def pack_filters(w, at, u, sizes, scratch, first, last):
    """u of w[at:] (oc, ic, di, dj), of blocks first .. last-1 of ic."""
    for c in range(first * LANES, last * LANES, LANES):
        for o in range(0, sizes.out_channels, sizes.group):
            vectors = take_filters(w, at, sizes, scratch, o, c)
            for k in range(LANES - 1, -1, -1):  # each transform overwrites what lies behind its filters
                for g in range(vectors):
                    of = g * FILTERS + k * TAPS * LANES
                    filter_transform(scratch, of, u, u_at(sizes, c + k, o + g * LANES), sizes.u_place)


@range_kernel
def unpack_filters(gu, gw, at, sizes, scratch, first, last):
    """dL/dw into gw[at:] (oc, ic, di, dj), of blocks first .. last-1 of ic."""
    for c in range(first * LANES, last * LANES, LANES):
        for o in range(0, sizes.out_channels, sizes.group):
            vectors = min(sizes.group, sizes.out_channels - o) // LANES
            for k in range(LANES):
                for g in range(vectors):
                    to = HALF + g * FILTERS + k * TAPS * LANES
                    filter_adjoint(gu, u_at(sizes, c + k, o + g * LANES), sizes.u_place, scratch, to, LANES, scratch)
            put_filters(scratch, HALF, gw, at, sizes, o, c)


@kernel
def tile_at(tiles, s, k):
    """The row t of tile k of sample s, and the row and column of y where it begins."""
    return s * tiles.down * tiles.across + k, k // tiles.across * TILE, k % tiles.across * TILE


@kernel
def transform_input_of(some, x, v, sizes, tiles, scratch):
    """v of some tiles; beyond the halo, x is zero."""
    values, image, row = x.values, x.image, row_floats(x.image)
    for c in range(0, image.channels, LANES):
        for k in range(some.first, some.behind):
            i, j = k // tiles.across * TILE - tiles.padding, k % tiles.across * TILE - tiles.padding
            to = (some.row + k - some.first) * sizes.v_row + c
            height = min(PATCH, image.height + image.halo_rows - i)
            width = min(PATCH, image.width + image.halo - j)
            at = place(image, some.sample, c, i, j)
            if height == PATCH and width == PATCH:
                input_transform(values, at, row, v, to, sizes.v_place)
            else:
                zero_vectors(scratch, 0, 0, 1, POINTS)
                copy_vectors(values, at, row, scratch, 0, PATCH * LANES, height, width)
                input_transform(scratch, 0, PATCH * LANES, v, to, sizes.v_place)


@range_kernel
def transform_input(x, v, sizes, tiles, scratch, first, last):
    """v of samples first .. last-1."""
    count = tiles.down * tiles.across
    for s in range(first, last):
        transform_input_of(Some(s, 0, count, s * count), x, v, sizes, tiles, scratch)


@range_kernel
def transform_output(m, b, y, sizes, tiles, scratch, first, last):
    """y of samples first .. last-1."""
    values, image, row = y.values, y.image, row_floats(y.image)
    for s in range(first, last):
        for c in range(0, image.channels, LANES):
            bias = load(1, 1, b, c, 0)
            for k in range(tiles.down * tiles.across):
                t, i, j = tile_at(tiles, s, k)
                height, width = min(TILE, image.height - i), min(TILE, image.width - j)
                output_transform(m, t * sizes.m_row + c, sizes.m_place, bias, scratch, 0, TILE * LANES)
                copy_vectors(scratch, 0, TILE * LANES, values, place(image, s, c, i, j), row, height, width)


@kernel
def transform_output_gradient_of(some, gy, gm, sizes, tiles, scratch):
    """dL/dm of some tiles."""
    values, image, row, places = gy.values, gy.image, row_floats(gy.image), sizes.m_place
    for c in range(0, image.channels, LANES):
        for k in range(some.first, some.behind):
            i, j = k // tiles.across * TILE, k % tiles.across * TILE
            to = (some.row + k - some.first) * sizes.m_row + c
            at = place(image, some.sample, c, i, j)
            height, width = min(TILE, image.height - i), min(TILE, image.width - j)
            if height == TILE and width == TILE:
                output_adjoint(values, at, row, gm, to, places)
            else:
                zero_vectors(scratch, 0, 0, 1, TILE * TILE)
                copy_vectors(values, at, row, scratch, 0, TILE * LANES, height, width)
                output_adjoint(scratch, 0, TILE * LANES, gm, to, places)


@range_kernel
def transform_output_gradient(gy, gm, sizes, tiles, scratch, first, last):
    """dL/dm of samples first .. last-1."""
    count = tiles.down * tiles.across
    for s in range(first, last):
        transform_output_gradient_of(Some(s, 0, count, s * count), gy, gm, sizes, tiles, scratch)


@range_kernel
def transform_input_gradient(gv, gx, sizes, tiles, scratch, first, last):
    """dL/dx of samples first .. last-1: patches overlap, and are added."""
    values, image, row, places = gx.values, gx.image, row_floats(gx.image), sizes.v_place
    patch, whole, width = HALF, 2 * HALF, (tiles.across * TILE + 2) * LANES
    for s in range(first, last):
        for c in range(0, image.channels, LANES):
            zero_vectors(scratch, whole, width, tiles.down * TILE + 2, tiles.across * TILE + 2)
            for k in range(tiles.down * tiles.across):
                t, i, j = tile_at(tiles, s, k)
                at = t * sizes.v_row + c
                input_adjoint(gv, at, places, scratch, patch, LANES, scratch)
                for r in range(PATCH):
                    to = whole + (i + r) * width + j * LANES
                    line = load(PATCH, 1, scratch, patch + r * PATCH * LANES, LANES)
                    store(add(load(PATCH, 1, scratch, to, LANES), line), scratch, to, LANES)
            inner = whole + tiles.padding * (width + LANES)
            copy_vectors(scratch, inner, width, values, place(image, s, c, 0, 0), row, image.height, image.width)
