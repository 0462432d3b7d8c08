"""Direct convolution by a list of taps: windows of any size, stride and dilation, in groups; its input gradient, too.

A *tap* is one of a window's elements, and how many elements of x it lies behind the window's first pixel:

    y[oc, a + A i, b + B j] = sum over ic and taps t of w[oc,ic,t] x[ic, pixel (R i + u, C j + v), plus t] + b[oc]

Forward, (R, C) is the stride, (u, v) = -P, and y is written pixel by pixel (A = B = 1). The input gradient cuts dL/dx
into S x S *phases*, the pixels (a + S i, b + S j): each is a convolution of dL/dy of stride 1, by those taps that meet
one of its pixels:

    dL/dx[ic, m] = sum over oc and those d for which S divides m + P - D d of w[oc,ic,d] dL/dy[oc, (m + P - D d) / S]

The definition: chainrule/layers/convolution.py. A register tile is as in `direct`. Of G groups, each has whole vectors
of output channels.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution.direct import tile_pixels, tile_vectors
from chainrule.engine.layout import block_floats, place, vectors_of
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, multiply_add, rectify, repeat, store_blocks


class TapSizes(NamedTuple):
    """The sizes of a convolution by taps."""

    outputs: int  # channels of y
    group_outputs: int  # of y in a group
    group_inputs: int  # of x in a group
    taps: int
    rows: int  # of y that are computed
    columns: int
    read: tuple[int, ...]  # (u, v)
    read_step: tuple[int, ...]  # (R, C)
    written: tuple[int, ...]  # (a, b)
    written_step: tuple[int, ...]  # (A, B)


class Packing(NamedTuple):
    """Where in canonical w an element for (output, input) of a group stands: the group's, and how far each is apart."""

    group: int
    output: int
    input: int


def packing_of(outputs: int, inputs: int, window: int, *, transposed: bool) -> Packing:
    """Of canonical w (oc, ic, window), with so many oc and ic in a group; `transposed`: for the input gradient."""
    apart = inputs * window, window
    return Packing(outputs * inputs * window, *(apart[::-1] if transposed else apart))


class TilePlace(NamedTuple):
    """The first pixel of a register tile, and its first output channel."""

    sample: int
    i: int
    j: int
    channel: int


@kernel
def pack_taps(w, at, packed, taps, sizes, packing, vectors):
    """w[at:] into [group of `vectors`][ic][tap][vectors][L], zero where outputs end.

    taps : (taps,) where each stands in a window of canonical w
    """
    for block in range(vectors_of(sizes.outputs)):
        start = (block // vectors * vectors * sizes.group_inputs * sizes.taps + block % vectors) * LANES
        for c in range(sizes.group_inputs):
            for t in range(sizes.taps):
                to = start + (c * sizes.taps + t) * vectors * LANES
                for lane in range(LANES):
                    o = block * LANES + lane
                    here = at + o // sizes.group_outputs * packing.group + o % sizes.group_outputs * packing.output
                    packed[to + lane] = w[here + c * packing.input + taps[t]] if o < sizes.outputs else 0.0


@cache
def taps_kernel(pixels: int, vectors: int) -> Any:
    """The kernel of a register tile of `pixels` pixels of a row and `vectors` blocks of channels."""

    @kernel
    def tile(filters, x, y, sizes, offsets, where, relu):
        acc = repeat(pixels, vectors, filters.b, where.channel)
        packed, values, image, lanes = filters.packed, x.values, x.image, x.image.lanes
        first = where.channel // sizes.group_outputs * sizes.group_inputs
        i = where.i * sizes.read_step[0] + sizes.read[0]
        j = where.j * sizes.read_step[1] + sizes.read[1]
        apart = sizes.read_step[1] * lanes
        w_at = where.channel * sizes.group_inputs * sizes.taps
        for c in range(0, sizes.group_inputs, lanes):
            at = place(image, where.sample, first + c, i, j)
            for lane in range(min(lanes, sizes.group_inputs - c)):
                for t in range(sizes.taps):
                    acc = multiply_add(acc, values, at + lane + offsets[t], apart, packed, w_at)
                    w_at += vectors * LANES
        if relu:
            acc = rectify(acc)
        row = sizes.written[0] + where.i * sizes.written_step[0]
        column = sizes.written[1] + where.j * sizes.written_step[1]
        to = place(y.image, where.sample, where.channel, row, column)
        store_blocks(acc, y.values, to, sizes.written_step[1] * LANES, block_floats(y.image))

    @range_kernel
    def convolution_by_taps(filters, x, y, sizes, offsets, relu, first, last):
        """y, with ReLU if so asked, of samples first .. last-1. x's halo holds all that taps reach."""
        for s in range(first, last):
            for block in range(0, vectors_of(sizes.outputs), vectors):
                for i in range(sizes.rows):
                    for start in range(0, sizes.columns, pixels):
                        j = min(start, sizes.columns - pixels)  # the last tile of a row overlaps the one before
                        tile(filters, x, y, sizes, offsets, TilePlace(s, i, j, block * LANES), relu)

    return convolution_by_taps


def kernel_for(sizes: TapSizes, dtype: np.dtype) -> Any:
    """The kernel whose tile suits the convolution, of numbers of that type."""
    vectors = tile_vectors(sizes.group_outputs, dtype)
    return taps_kernel(tile_pixels(sizes.columns, vectors, dtype), vectors)
