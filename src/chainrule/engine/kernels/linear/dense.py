"""Products of matrices, dense, by register tiles; and the cut of a row into tiles' widths.

    c[i] += sum over k of a[i][k] b[k]            (b[k] and c[i] are rows of whole vectors)

`layer` makes linear layers of them. The definition: chainrule/layers/linear.py.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from numba.np.numpy_support import as_dtype

from chainrule.engine.runtime.jit import Chosen, kernel
from chainrule.engine.simd import LANES, load, multiply_add, store, tile_widths, vectors_in_registers


class MatrixProduct(NamedTuple):
    """The operands of c[i] += sum over k of a[i][k] b[k], and where they stand in their arrays (floats)."""

    a: Any
    b: Any
    c: Any
    a_at: int
    a_row: int  # from a[i][k] to a[i + 1][k]
    a_step: int  # from a[i][k] to a[i][k + 1]
    b_at: int
    b_step: int  # from b[k] to b[k + 1]
    c_at: int
    c_row: int  # from c[i] to c[i + 1]
    ahead: int  # from b[i] to a row that is read next, and is fetched while row i of c is made


def by_widths(make: Callable[[int], Any], widths: Sequence[int]) -> Any:
    """The kernel (operands, vectors) that does all vectors of a row: the first of the widths at once for as long as so
    many are left, then the next, and so on; at most five, the last of which is 1.

    make(n) is the kernel (operands, at) of n vectors from float `at` on.
    """
    widths = [widths[0]] * (5 - len(widths)) + list(widths)
    first, second, third, fourth, _ = widths
    kernels = {n: make(n) for n in set(widths)}
    do_first, do_second, do_third, do_fourth, do_last = (kernels[n] for n in widths)

    @kernel
    def do_row(operands, vectors):
        j = 0
        while j < vectors:
            left, at = vectors - j, j * LANES
            if left >= first:
                do_first(operands, at)
                j += first
            elif left >= second:
                do_second(operands, at)
                j += second
            elif left >= third:
                do_third(operands, at)
                j += third
            elif left >= fourth:
                do_fourth(operands, at)
                j += fourth
            else:
                do_last(operands, at)
                j += 1

    return do_row


def make_tile_columns(columns: int, tall: int) -> Any:
    """The kernel that adds to so many vectors of all rows, in register tiles of `tall`, 2 and 1 rows."""

    @kernel
    def tile_columns(operands, j):
        p, rows, depth = operands
        a, b, c = p.a, p.b, p.c
        a_at, a_row, a_step = p.a_at, p.a_row, p.a_step
        b_at, b_step, to, c_row = p.b_at + j, p.b_step, p.c_at + j, p.c_row
        left = rows
        while left >= tall:
            acc = load(tall, columns, c, to, c_row)
            for k in range(depth):
                acc = multiply_add(acc, a, a_at + k * a_step, a_row, b, b_at + k * b_step)
            store(acc, c, to, c_row)
            left, a_at, to = left - tall, a_at + tall * a_row, to + tall * c_row
        while left >= 2:
            pair = load(2, columns, c, to, c_row)
            for k in range(depth):
                pair = multiply_add(pair, a, a_at + k * a_step, a_row, b, b_at + k * b_step)
            store(pair, c, to, c_row)
            left, a_at, to = left - 2, a_at + 2 * a_row, to + 2 * c_row
        if left:
            one = load(1, columns, c, to, c_row)
            for k in range(depth):
                one = multiply_add(one, a, a_at + k * a_step, a_row, b, b_at + k * b_step)
            store(one, c, to, c_row)

    return tile_columns


@cache
def tiles_of(dtype: Any) -> Any:
    """The kernel that adds to all vectors of all rows, in tiles as wide as the registers hold of that type."""
    tall = 6 if vectors_in_registers(dtype) >= 8 else 2
    return by_widths(partial(make_tile_columns, tall=tall), tile_widths(dtype))


@Chosen
def add_tiles(operands: Any, vectors: Any) -> Any:
    c = operands[0].types[MatrixProduct._fields.index("c")]
    return tiles_of(as_dtype(c.dtype))


@kernel
def add_product(p, rows, depth, vectors):
    """c[i] += sum over k of a[i][k] b[k], for `rows` i, `depth` k, of that many vectors."""
    add_tiles((p, rows, depth), vectors)
