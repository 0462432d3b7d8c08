"""The input gradient of a convolution (stride 1) under a max-pool, by its argmax: sparse, as dense it is mostly zeros.

Let y = pool(ReLU(z)), z = convolution(w; x) + b. Of dL/dz only the winner (wi, wj) of each live pixel of y is not 0: it
is g = dL/dy[oc,i,j] / (1-p), where 1/(1-p) is the scale of the dropout. So, summed over the live units (oc,i,j) alone,

    dL/dx[ic, wi + di - P, wj + dj - P] += g w[oc,ic,di,dj]
    dL/dw[oc,ic,di,dj]                  += g x[ic, wi + di - P, wj + dj - P]
    dL/db[oc]                           += g                                         wi = S i + k // S, wj = S j + k % S

The live units of a pixel are walked bit by bit; `pooling` says where the bits are. The patch of pixels of dL/dx that
they reach stays in registers. `sparse_weights` has dL/dw and dL/db.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.pooling.patches import ONE, argmax_at, words
from chainrule.engine.layout import Image, block_floats, place, row_floats
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import (
    LANES,
    REGISTERS,
    add,
    add_scaled,
    get,
    load,
    part,
    replace,
    shift_left,
    store,
    trailing_zeros,
    zeros,
)


class Pooled(NamedTuple):
    """A convolution of stride 1 under a max-pool. Numba takes it as an argument."""

    in_channels: int
    out_channels: int
    kernel_size: int  # K
    padding: int  # P
    size: int  # S, of the pool
    scale: np.float32  # 1/(1-p), of the dropout; 1 without


@kernel
def blocks(channels):
    """How many vectors hold the channels."""
    return (channels + LANES - 1) // LANES


@kernel
def live_gradient(gy, at, apart, oc):
    """dL/dy of channel oc at a pixel whose channel 0 is at `at`."""
    return get(gy, at + oc // LANES * apart + oc % LANES)


@kernel
def packed_floats(shape):
    """Room for the packed weights."""
    return blocks(shape.in_channels) * LANES * shape.out_channels * shape.kernel_size * shape.kernel_size


@kernel
def pack_weights_backward(w, at, shape, packed):
    """scale w, from w[at:] in the order (oc, ic, di, dj), as [block of ic][oc][di][dj][L]."""
    taps = shape.kernel_size * shape.kernel_size
    for ic in range(blocks(shape.in_channels) * LANES):
        for oc in range(shape.out_channels):
            to = (ic // LANES * shape.out_channels + oc) * taps * LANES + ic % LANES
            for d in range(taps):
                value = w[at + (oc * shape.in_channels + ic) * taps + d] if ic < shape.in_channels else np.float32(0)
                packed[to + d * LANES] = shape.scale * value


def scratch_floats(gx: Image, shape: Pooled) -> int:
    """Scratch that each thread needs for the input gradient: with padding, one haloed block of dL/dx."""
    return (gx.height + 2 * shape.padding) * (gx.width + 2 * shape.padding) * LANES if shape.padding else 0


class Plane(NamedTuple):
    """Where a block of dL/dx stands, with its padding."""

    at: int
    row: int  # floats from one row to the next
    rows: int
    columns: int


@kernel
def clear(x, at, row, rows, columns):
    """Zero `rows` x `columns` vectors, rows `row` floats apart."""
    for i in range(rows):
        for j in range(columns):
            store(zeros(1, 1), x, at + i * row + j * LANES, 0)


@kernel
def copy_inside(haloed, padding, gx, gx_image, s, ic):
    """A block of dL/dx from the middle of its haloed one."""
    row = (gx_image.width + 2 * padding) * LANES
    for i in range(gx_image.height):
        at, to = (i + padding) * row + padding * LANES, place(gx_image, s, ic, i, 0)
        for j in range(gx_image.width):
            store(load(1, 1, haloed, at + j * LANES, 0), gx, to + j * LANES, 0)


@kernel
def any_live(argmax, word, count):
    """Whether a bit of `count` words is set."""
    bits = get(argmax, word)
    for n in range(1, count):
        bits |= get(argmax, word + n)
    return bits != 0


@kernel
def add_live(acc, packed, at, kernel_size, gy, g_at, apart, argmax, word, count):
    """acc[di,dj] += g w[oc,ic,di,dj] for the units whose bits are set in `count` words."""
    for n in range(count):
        bits = get(argmax, word + n)
        while bits:
            oc = 64 * n + trailing_zeros(bits)
            bits &= bits - ONE
            w_at = at + oc * kernel_size * kernel_size * LANES
            acc = add_scaled(acc, live_gradient(gy, g_at, apart, oc), packed, w_at, kernel_size * LANES)
    return acc


def make_spread_block(kernel_size: int) -> Any:
    """For any pool: the K x K pixels that an element of the patch reaches are read, added to and written back."""

    @kernel
    def spread_block(packed, packed_at, gy, gy_image, argmax, s, size, gx, plane):
        word, count, apart = argmax_at(gy_image, size, s, 0, 0, 0), words(gy_image), block_floats(gy_image)
        at, row = plane.at, plane.row
        clear(gx, at, row, plane.rows, plane.columns)
        for i in range(gy_image.height):
            for j in range(gy_image.width):
                g = place(gy_image, s, 0, i, j)
                for di in range(size):
                    for dj in range(size):
                        if any_live(argmax, word, count):
                            to = at + (i * size + di) * row + (j * size + dj) * LANES
                            acc = load(kernel_size, kernel_size, gx, to, row)
                            acc = add_live(acc, packed, packed_at, kernel_size, gy, g, apart, argmax, word, count)
                            store(acc, gx, to, row)
                        word += count

    return spread_block


def make_spread_block_2x2(kernel_size: int) -> Any:
    """For a 2x2 pool: the K+1 x K+1 pixels that a patch reaches move along a row of patches in registers."""
    patch, overlap = kernel_size + 1, kernel_size - 1

    @kernel
    def spread_block(packed, packed_at, gy, gy_image, argmax, s, size, gx, plane):
        k, count, apart = kernel_size, words(gy_image), block_floats(gy_image)
        at, row = plane.at, plane.row
        rows, columns = 2 * gy_image.height + overlap, 2 * gy_image.width + overlap
        clear(gx, at, row, overlap, columns)
        clear(gx, at + columns * LANES, row, plane.rows, plane.columns - columns)
        clear(gx, at + rows * row, row, plane.rows - rows, columns)
        for i in range(gy_image.height):
            word, g = argmax_at(gy_image, 2, s, i, 0, 0), place(gy_image, s, 0, i, 0)
            to = at + 2 * i * row
            below = to + overlap * row  # rows that the patches above do not reach
            acc = zeros(patch, patch)
            for _ in range(gy_image.width):
                won = part(acc, 0, 0, kernel_size, kernel_size)
                won = add_live(won, packed, packed_at, k, gy, g, apart, argmax, word, count)
                acc = replace(acc, 0, 0, won)
                won = part(acc, 0, 1, kernel_size, kernel_size)
                won = add_live(won, packed, packed_at, k, gy, g, apart, argmax, word + count, count)
                acc = replace(acc, 0, 1, won)
                won = part(acc, 1, 0, kernel_size, kernel_size)
                won = add_live(won, packed, packed_at, k, gy, g, apart, argmax, word + 2 * count, count)
                acc = replace(acc, 1, 0, won)
                won = part(acc, 1, 1, kernel_size, kernel_size)
                won = add_live(won, packed, packed_at, k, gy, g, apart, argmax, word + 3 * count, count)
                acc = replace(acc, 1, 1, won)
                store(add(load(overlap, 2, gx, to, row), part(acc, 0, 0, overlap, 2)), gx, to, row)
                store(part(acc, overlap, 0, 2, 2), gx, below, row)
                acc = shift_left(acc, 2)
                to, below, g, word = to + 2 * LANES, below + 2 * LANES, g + LANES, word + 4 * count
            store(add(load(overlap, overlap, gx, to, row), part(acc, 0, 0, overlap, overlap)), gx, to, row)
            store(part(acc, overlap, 0, 2, overlap), gx, below, row)

    return spread_block


def make_input_gradient(spread_block: Any) -> Any:
    @range_kernel
    def input_gradient(packed, gy, gy_image, argmax, gx, gx_image, shape, scratch, first, last):
        rows, columns = gx_image.height + 2 * shape.padding, gx_image.width + 2 * shape.padding
        row = columns * LANES if shape.padding else row_floats(gx_image)
        weights = shape.out_channels * shape.kernel_size * shape.kernel_size * LANES
        for s in range(first, last):
            for block in range(blocks(shape.in_channels)):
                into = scratch if shape.padding else gx
                plane = Plane(0 if shape.padding else place(gx_image, s, block * LANES, 0, 0), row, rows, columns)
                spread_block(packed, block * weights, gy, gy_image, argmax, s, shape.size, into, plane)
                if shape.padding:
                    copy_inside(scratch, shape.padding, gx, gx_image, s, block * LANES)

    return input_gradient


@cache
def input_gradient_kernel(kernel_size: int, size: int) -> Any:
    """The compiled variant of `input_gradient` for these sizes."""
    fits = kernel_size > 1 and (kernel_size + 1) ** 2 <= REGISTERS - 4
    make = make_spread_block_2x2 if size == 2 and fits else make_spread_block
    return make_input_gradient(make(kernel_size))


def input_gradient(
    packed: np.ndarray,
    gy: np.ndarray,
    gy_image: Image,
    argmax: np.ndarray,
    gx: np.ndarray,
    gx_image: Image,
    shape: Pooled,
    scratch: np.ndarray,
    first: int,
    last: int,
) -> None:
    """dL/dx of samples first .. last-1; the halo of gx, if there is one, is left alone."""
    run = input_gradient_kernel(shape.kernel_size, shape.size)
    run(packed, gy, gy_image, argmax, gx, gx_image, shape, scratch, first, last)
