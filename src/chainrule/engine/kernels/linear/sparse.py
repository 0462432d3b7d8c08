"""Products of matrices over live elements only: those that are not 0.

    c[i] += sum over k of a[i][k] b[k]            (b[k] and c[i] are rows of whole vectors)

After ReLU, dropout or a pool most a[i][k] are 0. A *live word* of 64 bits says which k are live for one i; a walk over
its bits adds just those rows, in the order of k, into as many accumulators as the row has vectors. A product with an
exact 0 is never formed, so it cannot carry on a NaN or an infinity of b; NaN in a is live.

`layer` makes linear layers of them. The definition: chainrule/layers/linear.py.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.linear.dense import by_widths
from chainrule.engine.runtime.jit import kernel
from chainrule.engine.simd import (
    LANES,
    add_scaled,
    count_ones,
    get,
    load,
    nonzero_bits,
    prefetch,
    products,
    put,
    store,
    total,
    trailing_zeros,
)

WORD_BITS = 64  # elements that a live word is about
WORD_VECTORS = WORD_BITS // LANES
ONE = np.uint64(1)
HALVES = np.uint64(0x00000000FFFFFFFF)


class LiveDots(NamedTuple):
    """The operands of y[k] += g . w[k] for the k whose bit is set, and where they stand in their arrays (floats)."""

    bits: np.uint64
    g: Any
    w: Any
    y: Any
    g_at: int
    w_at: int
    w_row: int  # from w[k] to w[k + 1]
    y_at: int


@kernel
def live_bits(x, at, n):
    """Bit k: x[at + k] is not 0, for k < n (at most 64), which the zeros behind fill up to whole vectors."""
    if n == WORD_BITS:
        return nonzero_bits(WORD_VECTORS, x, at)
    bits = np.uint64(0)
    for k in range(0, n, LANES):
        bits |= nonzero_bits(1, x, at + k) << np.uint64(k)
    return bits


@kernel
def find_live(x, live, at, stride, rows, n):
    """live[r] = the live bits of row r of x (of n elements), 0 from `rows` on; returns how many are live."""
    count = 0
    for r in range(rows):
        live[r] = live_bits(x, at + r * stride, n)
        count += count_ones(live[r])
    live[rows:] = 0
    return count


@kernel
def transpose_bits(live):
    """Bit r of word c and bit c of word r change places: halves first, then halves of halves."""
    half, mask = 32, HALVES
    while half:
        shift = np.uint64(half)
        for block in range(0, WORD_BITS, 2 * half):
            for r in range(block, block + half):
                swap = ((live[r] >> shift) ^ live[r + half]) & mask
                live[r + half] ^= swap
                live[r] ^= swap << shift
        half //= 2
        mask ^= mask << np.uint64(half)


def make_live_columns(vectors: int) -> Any:
    """The kernel that adds the live products to so many vectors of all rows."""
    floats = vectors * LANES

    @kernel
    def live_columns(operands, j):
        p, live, rows = operands
        a, b, c = p.a, p.b, p.c
        a_row, a_step, b_at, b_step = p.a_row, p.a_step, p.b_at + j, p.b_step
        for i in range(rows):
            bits, a_at, to = live[i], p.a_at + i * a_row, p.c_at + i * p.c_row + j
            prefetch(floats, b, b_at + i * b_step + p.ahead)
            if bits == 0:
                continue
            acc = load(1, vectors, c, to, 0)
            while bits:
                k = trailing_zeros(bits)
                bits &= bits - ONE
                acc = add_scaled(acc, get(a, a_at + k * a_step), b, b_at + k * b_step, 0)
            store(acc, c, to, 0)

    return live_columns


add_live_columns = by_widths(make_live_columns, (4, 3, 2, 1))


@kernel
def add_live(p, live, rows, vectors):
    """c[i] += sum over the k whose bit is set in live[i] of a[i][k] b[k], of so many vectors."""
    add_live_columns((p, live, rows), vectors)


def make_live_dots(vectors: int) -> Any:
    """The kernel that adds to each live y[k] the product of so many vectors of g with those of w[k]."""

    @kernel
    def live_dots(operands, j):
        bits, g, w, y, g_at, w_at, w_row, y_at = operands
        row = load(1, vectors, g, g_at + j, 0)
        while bits:
            k = trailing_zeros(bits)
            bits &= bits - ONE
            put(y, y_at + k, get(y, y_at + k) + total(products(row, w, w_at + k * w_row + j, 0)))

    return live_dots


add_live_dots = by_widths(make_live_dots, (8, 4, 3, 2, 1))  # (LiveDots, vectors of a row)


@kernel
def prefetch_rows(x, at, stride, rows):
    """Ask for 64 elements of each row: too short a run for the processor to foresee."""
    for r in range(rows):
        prefetch(WORD_BITS, x, at + r * stride)
