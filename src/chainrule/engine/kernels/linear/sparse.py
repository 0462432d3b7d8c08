"""Products of matrices over live elements only: those that are not 0.

    c[i] += sum over k of a[i][k] b[k]            (b[k] and c[i] are rows of whole vectors)

After ReLU, dropout or a pool most a[i][k] are 0. A word of 64 bits says which k are live for one i; a walk over its
bits adds just those rows, in the order of k, into as many accumulators as the row has vectors. A product with an exact
0 is never formed, so it cannot carry on a NaN or an infinity of b; NaN in a is live.
"""

from typing import NamedTuple

import numpy as np

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
    zeros,
)

BLOCK = 64  # elements in a word
BLOCK_VECTORS = BLOCK // LANES
ONE = np.uint64(1)
HALVES = np.uint64(0x00000000FFFFFFFF)


class Product(NamedTuple):
    """Where the operands of c[i] += sum over k of a[i][k] b[k] stand in their arrays."""

    a_at: int
    a_row: int  # from a[i][k] to a[i + 1][k]
    a_step: int  # from a[i][k] to a[i][k + 1]
    b_at: int
    b_step: int  # from b[k] to b[k + 1]
    c_at: int
    c_row: int  # from c[i] to c[i + 1]
    ahead: int  # from b[i] to a row that is read next, and is fetched while row i of c is made


@kernel
def live_bits(x, at, n):
    """Bit k: x[at + k] is not 0, for k < n (at most BLOCK), which the zeros behind fill up to whole vectors."""
    if n == BLOCK:
        return nonzero_bits(BLOCK_VECTORS, x, at)
    bits = np.uint64(0)
    for k in range(0, n, LANES):
        bits |= nonzero_bits(1, x, at + k) << np.uint64(k)
    return bits


@kernel
def find_live(words, x, at, stride, rows, n):
    """words[r] = the live bits of row r of x (of n elements), 0 from `rows` on; returns how many are live."""
    live = 0
    for r in range(rows):
        words[r] = live_bits(x, at + r * stride, n)
        live += count_ones(words[r])
    words[rows:] = 0
    return live


@kernel
def transpose_bits(words):
    """Bit r of word c and bit c of word r change places: halves first, then halves of halves."""
    half, mask = 32, HALVES
    while half:
        shift = np.uint64(half)
        for block in range(0, BLOCK, 2 * half):
            for r in range(block, block + half):
                swap = ((words[r] >> shift) ^ words[r + half]) & mask
                words[r + half] ^= swap
                words[r] ^= swap << shift
        half //= 2
        mask ^= mask << np.uint64(half)


def live_columns(vectors):
    """Add the live products to columns j to j + vectors of c, of all rows."""
    floats = vectors * LANES

    @kernel
    def add_columns(words, a, b, c, p, rows, j):
        for i in range(rows):
            bits, at = words[i], p.c_at + i * p.c_row + j
            prefetch(floats, b, p.b_at + i * p.b_step + p.ahead + j)
            if bits == 0:
                continue
            acc = load(1, vectors, c, at, 0)
            while bits:
                k = trailing_zeros(bits)
                bits &= bits - ONE
                acc = add_scaled(acc, get(a, p.a_at + i * p.a_row + k * p.a_step), b, p.b_at + k * p.b_step + j, 0)
            store(acc, c, at, 0)

    return add_columns


live_4, live_3, live_2, live_1 = (live_columns(n) for n in (4, 3, 2, 1))


@kernel
def add_live(words, a, b, c, p, rows, vectors):
    """c[i] += sum over the k whose bit is set in words[i] of a[i][k] b[k]."""
    j = 0
    while j < vectors:
        n, at = vectors - j, j * LANES
        if n >= 4:
            live_4(words, a, b, c, p, rows, at)
            j += 4
        elif n == 3:
            live_3(words, a, b, c, p, rows, at)
            j += 3
        elif n == 2:
            live_2(words, a, b, c, p, rows, at)
            j += 2
        else:
            live_1(words, a, b, c, p, rows, at)
            j += 1


def live_dot(vectors):
    """Add to each live y[k] the product of `vectors` vectors of the row g with the row w[k]."""

    @kernel
    def add_dots(bits, g, g_at, w, w_at, w_step, y, y_at):
        row = load(1, vectors, g, g_at, 0)
        while bits:
            k = trailing_zeros(bits)
            bits &= bits - ONE
            put(y, y_at + k, get(y, y_at + k) + total(products(row, w, w_at + k * w_step, 0)))

    return add_dots


dot_8, dot_4, dot_3, dot_2, dot_1 = (live_dot(n) for n in (8, 4, 3, 2, 1))


@kernel
def add_live_dots(bits, g, g_at, w, w_at, vectors, y, y_at):
    """y[k] += g . w[k] for the k whose bit is set; rows of `vectors` vectors."""
    j, step = 0, vectors * LANES
    while j < vectors:
        n, at = vectors - j, j * LANES
        if n >= 8:
            dot_8(bits, g, g_at + at, w, w_at + at, step, y, y_at)
            j += 8
        elif n >= 4:
            dot_4(bits, g, g_at + at, w, w_at + at, step, y, y_at)
            j += 4
        elif n == 3:
            dot_3(bits, g, g_at + at, w, w_at + at, step, y, y_at)
            j += 3
        elif n == 2:
            dot_2(bits, g, g_at + at, w, w_at + at, step, y, y_at)
            j += 2
        else:
            dot_1(bits, g, g_at + at, w, w_at + at, step, y, y_at)
            j += 1


@kernel
def prefetch_rows(x, at, stride, rows):
    """Ask for the next block of BLOCK elements of each row: too short a run for the processor to foresee."""
    for r in range(rows):
        prefetch(BLOCK, x, at + r * stride)


@kernel
def clear(y, at, n):
    """n zeros, up to whole vectors."""
    for k in range(0, n, LANES):
        store(zeros(1, 1), y, at + k, 0)
