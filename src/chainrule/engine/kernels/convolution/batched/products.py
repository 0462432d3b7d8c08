"""The products of a convolution for a whole batch at once, and what they stand for.

x, y and w are transformed to v, m and u, each a matrix for each of some *places*: by Winograd's algorithm (`tiles`) or
just pixel by pixel (`pixels`). Rows t are all tiles of all samples. A *table* says which places are multiplied:

    m[p,t,oc]        = sum over (q, k) of p, and over ic, of v[q,t,ic] u[k,ic,oc]
    dL/du[k,ic,oc]   = sum over (p, q) of k, and over t,  of v[q,t,ic] dL/dm[p,t,oc]
    dL/dv[q,t,ic]    = sum over (p, k) of q, and over oc, of u[k,ic,oc] dL/dm[p,t,oc]

A place is made by one task, from weights that are read once a batch: nothing is added up over samples or threads. dL/dm
takes the place of m, and dL/dv that of v.
"""

from typing import Any, NamedTuple

from chainrule.engine.kernels.linear.dense import MatrixProduct, add_product
from chainrule.engine.layout import odd_lines
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, add, load, padded, store, transpose, zeros

TAPS = 9  # of a filter
GROUP = 64
"""Output channels, at most, of a group: u lies [place][group][ic][oc of the group], so that what is written or read
together is in one piece."""


FILTERS = (LANES + 2) * TAPS * LANES
"""Floats of the filters of a vector of both channels; behind them is room for a transform."""


class Matrices(NamedTuple):
    """Sizes, and how far apart what belongs to v, m and u lies (floats)."""

    in_channels: int  # whole vectors, as out_channels
    out_channels: int
    rows: int  # t
    v_row: int  # from one t to the next
    m_row: int
    v_place: int  # from one place to the next
    m_place: int
    u_place: int
    group: int  # output channels of a group


class Table(NamedTuple):
    """What each place is a sum of: pairs[2 i], pairs[2 i + 1] for i = starts[place] .. starts[place + 1] - 1."""

    starts: Any
    pairs: Any


def matrices_of(in_channels: int, out_channels: int, count: int) -> Matrices:
    v_row, m_row, room = odd_lines(in_channels), odd_lines(out_channels), padded(count)
    group = min(GROUP, out_channels)
    u_place = odd_lines(-(-out_channels // group) * in_channels * group)
    return Matrices(in_channels, out_channels, count, v_row, m_row, v_row * room, m_row * room, u_place, group)


def transposed_floats(sizes: Matrices) -> int:
    """The scratch of `multiply_by_input`: dL/dm and dL/dv of a place, transposed."""
    return (sizes.in_channels + sizes.out_channels) * padded(sizes.rows)


@kernel
def u_at(sizes, c, o):
    """Where u's number of channels c and o stands in its place."""
    return (o // sizes.group * sizes.in_channels + c) * sizes.group + o % sizes.group


@kernel
def take_filters(w, at, sizes, filters, o, c):
    """Take those of w[at:] (oc, ic, di, dj) for a group of oc from o on and a vector of ic from c on; how many vectors
    of oc these are. Channel c + k's of vector g go to filters[g FILTERS + k TAPS LANES:], tap by tap."""
    row, vectors = sizes.in_channels * TAPS, min(sizes.group, sizes.out_channels - o) // LANES
    for g in range(vectors):
        turn(w, at + (o + g * LANES) * row + c * TAPS, row, filters, g * FILTERS, LANES, LANES, TAPS * LANES)
    return vectors


@kernel
def put_filters(filters, filters_at, gw, at, sizes, o, c):
    """What `take_filters` takes, put where it came from."""
    row = sizes.in_channels * TAPS
    for g in range(min(sizes.group, sizes.out_channels - o) // LANES):
        to = at + (o + g * LANES) * row + c * TAPS
        turn(filters, filters_at + g * FILTERS, LANES, gw, to, row, TAPS * LANES, LANES)


@range_kernel
def multiply_places(v, u, m, sizes, table, first, last):
    """m of places first .. last-1."""
    rows, depth = sizes.rows, sizes.in_channels
    for p in range(first, last):
        to = p * sizes.m_place
        m[to : to + rows * sizes.m_row] = 0
        for o in range(0, sizes.out_channels, sizes.group):
            vectors, here = min(sizes.group, sizes.out_channels - o) // LANES, u_at(sizes, 0, o)
            for i in range(table.starts[p], table.starts[p + 1]):
                a, b = table.pairs[2 * i] * sizes.v_place, table.pairs[2 * i + 1] * sizes.u_place + here
                product = MatrixProduct(v, u, m, a, sizes.v_row, 1, b, sizes.group, to + o, sizes.m_row, 0)
                add_product(product, rows, depth, vectors)


@range_kernel
def multiply_by_weights(v, gm, gu, sizes, table, first, last):
    """dL/du of places first .. last-1."""
    rows, depth = sizes.in_channels, sizes.rows
    for k in range(first, last):
        for o in range(0, sizes.out_channels, sizes.group):
            vectors, to = min(sizes.group, sizes.out_channels - o) // LANES, k * sizes.u_place + u_at(sizes, 0, o)
            gu[to : to + rows * sizes.group] = 0
            for i in range(table.starts[k], table.starts[k + 1]):
                b, a = table.pairs[2 * i] * sizes.m_place + o, table.pairs[2 * i + 1] * sizes.v_place
                product = MatrixProduct(v, gm, gu, a, 1, sizes.v_row, b, sizes.m_row, to, sizes.group, 0)
                add_product(product, rows, depth, vectors)


@range_kernel
def multiply_by_input(u, gm, gv, sizes, table, scratch, first, last):
    """dL/dv of places first .. last-1, by way of its transpose and dL/dm's: so u lies as in the forward pass."""
    across = (sizes.rows + LANES - 1) // LANES * LANES
    rows, depth = sizes.in_channels, sizes.out_channels
    to = depth * across
    for q in range(first, last):
        scratch[to : to + rows * across] = 0
        for i in range(table.starts[q], table.starts[q + 1]):
            b, a = table.pairs[2 * i] * sizes.m_place, table.pairs[2 * i + 1] * sizes.u_place
            turn(gm, b, sizes.m_row, scratch, 0, across, across, depth)
            for o in range(0, depth, sizes.group):
                here = a + u_at(sizes, 0, o)
                product = MatrixProduct(u, scratch, scratch, here, sizes.group, 1, o * across, across, to, across, 0)
                add_product(product, rows, min(sizes.group, depth - o), across // LANES)
        turn(scratch, to, across, gv, q * sizes.v_place, sizes.v_row, rows, across)


@kernel
def turn(x, at, row, y, to, y_row, rows, columns):
    """y[k, i] = x[i, k], rows and columns of whole vectors."""
    for i in range(0, rows, LANES):
        for k in range(0, columns, LANES):
            store(transpose(load(LANES, 1, x, at + i * row + k, row)), y, to + k * y_row + i, y_row)


@kernel
def add_up_rows(gm, gb, at, sizes, places):
    """dL/db into gb[at:]: the sum over t of some places of dL/dm, in order."""
    for c in range(0, sizes.out_channels, LANES):
        total = zeros(1, 1, gm)
        for p in places:
            for t in range(sizes.rows):
                total = add(total, load(1, 1, gm, p * sizes.m_place + t * sizes.m_row + c, 0))
        store(total, gb, at + c, 0)
