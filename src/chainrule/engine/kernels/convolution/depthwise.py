"""Depthwise convolution, a filter for each channel, by taps (`taps`): a lane of a vector is a channel.

    y[c, a + A i, b + B j] = sum over taps t of w[c,t] x[c, the pixel at (R i + u, C j + v), plus t] + b[c]
    dL/dw[c,di,dj]         = sum over s,i,j of dL/dy[s,c,i,j] x[s,c,S i + D di - P, S j + D dj - P]

The definition: chainrule/layers/convolution.py. Each vector of x is read once for each tap, from L1, and the weights of
a tap once for all pixels of a register tile.
"""

from functools import cache
from typing import Any

import numpy as np

from chainrule.engine.kernels.convolution.weights import slot_total
from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, load, padded, rectify, repeat, scatter, store, vectors_in_registers
from chainrule.engine.simd.lanewise import add_weighted

PIXELS = 12  # in a register tile, at most


@kernel
def pack_channels(w, at, packed, taps, channels, window):
    """w[at:] (c, window) into [block][tap][L], zero where channels end; taps: where each stands in a window of w."""
    to = 0
    for c in range(0, channels, LANES):
        for t in range(len(taps)):
            for lane in range(LANES):
                packed[to + lane] = w[at + (c + lane) * window + taps[t]] if c + lane < channels else 0.0
            to += LANES


@cache
def depthwise_kernel(pixels: int) -> Any:
    """The kernel of a register tile of so many pixels of a row."""

    @range_kernel
    def depthwise(filters, x, y, sizes, offsets, relu, first, last):
        """y, with ReLU if so asked, of samples first .. last-1. x's halo holds all that taps reach."""
        values, packed, apart = x.values, filters.packed, sizes.read_step[1] * LANES
        for s in range(first, last):
            for c in range(0, sizes.outputs, LANES):
                for i in range(sizes.rows):
                    row = i * sizes.read_step[0] + sizes.read[0]
                    to_row = sizes.written[0] + i * sizes.written_step[0]
                    for start in range(0, sizes.columns, pixels):
                        j = min(start, sizes.columns - pixels)  # the last tile of a row overlaps the one before
                        at = place(x.image, s, c, row, j * sizes.read_step[1] + sizes.read[1])
                        acc = repeat(pixels, 1, filters.b, c)
                        for t in range(sizes.taps):
                            w_at = c * sizes.taps + t * LANES
                            acc = add_weighted(acc, packed, w_at, values, at + offsets[t], apart, 0)
                        if relu:
                            acc = rectify(acc)
                        to = place(y.image, s, c, to_row, sizes.written[1] + j * sizes.written_step[1])
                        store(acc, y.values, to, sizes.written_step[1] * LANES)

    return depthwise


def tile_pixels(columns: int, dtype: np.dtype) -> int:
    """Pixels of a register tile: few enough for the registers, so many that a row is cut with little overlap."""
    most = min(PIXELS, vectors_in_registers(dtype) - 3, columns)
    return min(range(1, most + 1), key=lambda n: -(-columns // n) * (n + 2))


def tile_taps(size: tuple[int, ...], dtype: np.dtype) -> tuple[int, int]:
    """The taps of a weight gradient's register tile, (rows, columns): all that the registers hold."""
    down, across = size
    room = max(vectors_in_registers(dtype) - 4, 1)
    columns = max(n for n in range(1, room + 1) if across % n == 0)
    return (max(n for n in range(1, room // columns + 1) if down % n == 0) if columns == across else 1), columns


@cache
def weight_gradient_kernel(rows: int, columns: int) -> Any:
    """The kernel of that many taps."""

    @range_kernel
    def depthwise_gradient(gy, x, slot, sizes, first, last):
        """Add dL/dw of samples first .. last-1 into the slot, [block][di][dj][L]."""
        g_values, x_values = gy.values, x.values
        step = sizes.stride[1] * LANES
        across = sizes.dilation[1] * LANES
        down = place(x.image, 0, 0, sizes.dilation[0], 0) - place(x.image, 0, 0, 0, 0)
        for s in range(first, last):
            for c in range(0, sizes.outputs, LANES):
                for di in range(0, sizes.size[0], rows):
                    for dj in range(0, sizes.size[1], columns):
                        to = c * sizes.size[0] * sizes.size[1] + (di * sizes.size[1] + dj) * LANES
                        acc = load(rows, columns, slot, to, sizes.size[1] * LANES)
                        for i in range(sizes.rows):
                            row = i * sizes.stride[0] + di * sizes.dilation[0] - sizes.padding[0]
                            at = place(x.image, s, c, row, dj * sizes.dilation[1] - sizes.padding[1])
                            g = place(gy.image, s, c, i, 0)
                            for _ in range(sizes.columns):
                                acc = add_weighted(acc, g_values, g, x_values, at, down, across)
                                at += step
                                g += LANES
                        store(acc, slot, to, sizes.size[1] * LANES)

    return depthwise_gradient


@kernel
def reduce_depthwise_gradient(slots, gw, at, channels, taps, count, apart):
    """dL/dw (c, di, dj) into gw[at:]: the sum of `count` slots, `apart` floats apart."""
    here = 0
    for c in range(0, channels, LANES):
        for t in range(taps):
            total = slot_total(slots, here, count, apart)
            scatter(total, min(LANES, channels - c), gw, at + c * taps + t, taps)
            here += LANES


def packed_floats(channels: int, taps: int) -> int:
    """The size of the packed weights, and of a slot."""
    return padded(channels) * taps
