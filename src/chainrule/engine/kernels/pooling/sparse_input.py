"""The input gradient of a convolution (stride 1) under a max-pool: sparse, as dense it is mostly zeros.

Let y = pool(ReLU(z)), z = convolution(w; x) + b. Of dL/dz only the maximum (zi, zj) of each live patch of z is not 0:
it is g = dL/dy[oc,i,j] / (1-p), where 1/(1-p) is the scale of the dropout. So, summed over the live units (oc,i,j)
alone,

    dL/dx[ic, zi + di - P, zj + dj - P] += g w[oc,ic,di,dj]
    dL/dw[oc,ic,di,dj]                  += g x[ic, zi + di - P, zj + dj - P]
    dL/db[oc]                           += g                                         zi = S i + k // S, zj = S j + k % S

The definitions: chainrule/layers/convolution.py and max_pooling.py. The live units of a pixel are walked bit by bit
(the argmax mask of `patches`). The pixels of dL/dx that they reach stay in registers. `sparse_weights` has dL/dw and
dL/db.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution.pooled import PooledSizes
from chainrule.engine.kernels.pooling.patches import ONE, argmax_at, mask_words
from chainrule.engine.kernels.rectangles import copy_vectors, zero_vectors
from chainrule.engine.layout import Image, block_floats, place, row_floats, vectors_of
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import (
    LANES,
    add,
    add_scaled,
    get,
    load,
    padded,
    part,
    replace,
    shift_left,
    store,
    trailing_zeros,
    zeros,
)


class Target(NamedTuple):
    """Where a block of channels of one sample's dL/dx is made, with its padding; and its weights."""

    at: int
    row: int  # floats from one row to the next
    rows: int
    columns: int
    w_at: int  # in the packed weights


class Pixel(NamedTuple):
    """Where dL/dy of a pixel stands, its channel 0; and how far its blocks of channels and its words lie apart."""

    at: int
    apart: int
    words: int  # for a bit a channel


@kernel
def live_gradient(gy, at, apart, oc):
    """dL/dy of channel oc at a pixel whose channel 0 is at `at`."""
    return get(gy, at + oc // LANES * apart + oc % LANES)


def packed_floats(sizes: PooledSizes) -> int:
    """Room for the packed weights."""
    shape = sizes.convolution
    return padded(shape.in_channels) * shape.out_channels * shape.kernel_size * shape.kernel_size


@kernel
def pack_weights_backward(w, at, packed, sizes):
    """scale w, from w[at:] in the order (oc, ic, di, dj), as [block of ic][oc][di][dj][L]."""
    shape, scale = sizes.convolution, sizes.pool.scale
    taps = shape.kernel_size * shape.kernel_size
    for ic in range(vectors_of(shape.in_channels) * LANES):
        for oc in range(shape.out_channels):
            to = (ic // LANES * shape.out_channels + oc) * taps * LANES + ic % LANES
            for d in range(taps):
                value = w[at + (oc * shape.in_channels + ic) * taps + d] if ic < shape.in_channels else np.float32(0)
                packed[to + d * LANES] = scale * value


def scratch_floats(gx: Image, sizes: PooledSizes) -> int:
    """Scratch that each thread needs for the input gradient: with padding, a block of dL/dx and its halo."""
    p = sizes.convolution.padding
    return (gx.height + 2 * p) * (gx.width + 2 * p) * LANES if p else 0


@kernel
def any_live(argmax, word, words):
    """Whether a bit of the words is set."""
    bits = get(argmax, word)
    for n in range(1, words):
        bits |= get(argmax, word + n)
    return bits != 0


@kernel
def add_live(acc, packed, w_at, kernel_size, gy, pixel, argmax, word):
    """acc[di,dj] += g w[oc,ic,di,dj] for the pixel's units whose bits are set in the words from `word` on."""
    size = kernel_size * kernel_size * LANES
    for n in range(pixel.words):
        bits = get(argmax, word + n)
        while bits:
            oc = 64 * n + trailing_zeros(bits)
            bits &= bits - ONE
            g = live_gradient(gy, pixel.at, pixel.apart, oc)
            acc = add_scaled(acc, g, packed, w_at + oc * size, kernel_size * LANES)
    return acc


def make_spread_block(kernel_size: int) -> Any:
    """For any pool: the K x K pixels that an element of the patch reaches are read, added to and written back."""

    @kernel
    def spread_block(packed, gy, argmax, gx, target, s, size):
        g_values = gy.values
        words = mask_words(gy.image)
        apart = block_floats(gy.image)
        word = argmax_at(gy.image, size, s, 0, 0, 0)
        zero_vectors(gx, target.at, target.row, target.rows, target.columns)
        for i in range(gy.image.height):
            for j in range(gy.image.width):
                pixel = Pixel(place(gy.image, s, 0, i, j), apart, words)
                for di in range(size):
                    for dj in range(size):
                        if any_live(argmax, word, words):
                            to = target.at + (i * size + di) * target.row + (j * size + dj) * LANES
                            acc = load(kernel_size, kernel_size, gx, to, target.row)
                            acc = add_live(acc, packed, target.w_at, kernel_size, g_values, pixel, argmax, word)
                            store(acc, gx, to, target.row)
                        word += words

    return spread_block


def make_spread_block_2x2(kernel_size: int) -> Any:
    """For a 2x2 pool: the K+1 x K+1 pixels that a patch reaches move along a row of patches in registers."""
    patch, overlap = kernel_size + 1, kernel_size - 1

    @kernel
    def spread_patch(acc, packed, w_at, gy, pixel, argmax, word):
        """Add the units of all four elements of a patch."""
        reached = part(acc, 0, 0, kernel_size, kernel_size)
        reached = add_live(reached, packed, w_at, kernel_size, gy, pixel, argmax, word)
        acc = replace(acc, 0, 0, reached)
        reached = part(acc, 0, 1, kernel_size, kernel_size)
        reached = add_live(reached, packed, w_at, kernel_size, gy, pixel, argmax, word + pixel.words)
        acc = replace(acc, 0, 1, reached)
        reached = part(acc, 1, 0, kernel_size, kernel_size)
        reached = add_live(reached, packed, w_at, kernel_size, gy, pixel, argmax, word + 2 * pixel.words)
        acc = replace(acc, 1, 0, reached)
        reached = part(acc, 1, 1, kernel_size, kernel_size)
        reached = add_live(reached, packed, w_at, kernel_size, gy, pixel, argmax, word + 3 * pixel.words)
        return replace(acc, 1, 1, reached)

    @kernel
    def spread_block(packed, gy, argmax, gx, target, s, size):
        g_values = gy.values
        words = mask_words(gy.image)
        apart = block_floats(gy.image)
        at, row = target.at, target.row
        rows, columns = 2 * gy.image.height + overlap, 2 * gy.image.width + overlap
        zero_vectors(gx, at, row, overlap, columns)
        zero_vectors(gx, at + columns * LANES, row, target.rows, target.columns - columns)
        zero_vectors(gx, at + rows * row, row, target.rows - rows, columns)
        for i in range(gy.image.height):
            word = argmax_at(gy.image, 2, s, i, 0, 0)
            g = place(gy.image, s, 0, i, 0)
            to = at + 2 * i * row
            below = to + overlap * row  # rows that the patches above do not reach
            acc = zeros(patch, patch, gx)
            for _ in range(gy.image.width):
                acc = spread_patch(acc, packed, target.w_at, g_values, Pixel(g, apart, words), argmax, word)
                store(add(load(overlap, 2, gx, to, row), part(acc, 0, 0, overlap, 2)), gx, to, row)
                store(part(acc, overlap, 0, 2, 2), gx, below, row)
                acc = shift_left(acc, 2)
                to += 2 * LANES
                below += 2 * LANES
                g += LANES
                word += 4 * words
            store(add(load(overlap, overlap, gx, to, row), part(acc, 0, 0, overlap, overlap)), gx, to, row)
            store(part(acc, overlap, 0, 2, overlap), gx, below, row)

    return spread_block


@cache
def input_gradient_kernel(kernel_size: int, size: int) -> Any:
    """The kernel for filters of K x K and patches of S x S."""
    few = 1 < kernel_size <= 4  # pixels of a patch, for the registers
    make = make_spread_block_2x2 if size == 2 and few else make_spread_block
    spread_block = make(kernel_size)

    @range_kernel
    def input_gradient(packed, gy, argmax, gx, sizes, scratch, first, last):
        """dL/dx of samples first .. last-1; the halo of gx, if there is one, is left alone."""
        shape, image, values = sizes.convolution, gx.image, gx.values
        padding = shape.padding
        rows, columns = image.height + 2 * padding, image.width + 2 * padding
        weights = shape.out_channels * shape.kernel_size * shape.kernel_size * LANES
        for s in range(first, last):
            for block in range(vectors_of(shape.in_channels)):
                at = place(image, s, block * LANES, 0, 0)
                if padding:
                    row = columns * LANES
                    target = Target(0, row, rows, columns, block * weights)
                    spread_block(packed, gy, argmax, scratch, target, s, sizes.pool.size)
                    inside = padding * row + padding * LANES
                    copy_vectors(scratch, inside, row, values, at, row_floats(image), image.height, image.width)
                else:
                    target = Target(at, row_floats(image), rows, columns, block * weights)
                    spread_block(packed, gy, argmax, values, target, s, sizes.pool.size)

    return input_gradient
