"""The weight gradient of a convolution through windows of any size, stride and dilation, in groups.

    dL/dw[oc,ic,di,dj] = sum over s,i,j of dL/dy[s,oc,i,j] x[s,ic,S i + D di - P, S j + D dj - P]

The definition: chainrule/layers/convolution.py. A register tile holds, where x is in NCHWc blocks, some oc times some
neighbouring taps of a vector of ic; where it is in NCHW, the taps of a filter's row for a vector of oc. It takes in all
pixels of a sample, and is added into a slot; slots are summed in order afterwards, so that threads do not matter.

A slot holds [oc, padded][block of ic][di][dj][L] for NCHWc, [block of oc][ic][di][dj][L] for NCHW.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution.weights import slot_total
from chainrule.engine.layout import place, vectors_of
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, load, multiply_add, padded, scatter, store, vectors_in_registers


class WindowSizes(NamedTuple):
    """The sizes of a convolution; of windows, along (i, j)."""

    outputs: int
    group_outputs: int
    group_inputs: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[int, ...]  # before x
    rows: int  # of y
    columns: int


def slot_floats(sizes: WindowSizes, lanes: int) -> int:
    """The size of a slot; `lanes` is x's."""
    taps = sizes.size[0] * sizes.size[1]
    return padded(sizes.outputs) * taps * (sizes.group_inputs if lanes == 1 else padded(sizes.group_inputs))


def tile_shape(sizes: WindowSizes, lanes: int, dtype: np.dtype) -> tuple[int, int]:
    """Rows and columns of the register tile: (oc, taps) for NCHWc, (taps, 1) for NCHW."""
    room, across = vectors_in_registers(dtype) - 2, sizes.size[1]
    if lanes == 1:
        return max(n for n in range(1, room) if across % n == 0), 1
    few = min(8, room // 2 + 1)  # one row of them, and what it is multiplied by, fit
    taps = max(n for n in range(1, few) if across % n == 0) if sizes.dilation[1] == 1 else 1
    return max(n for n in (1, 2, 4, 8, 16) if n * taps + taps <= room), taps


@cache
def gradient_kernel(rows: int, columns: int, lanes: int) -> Any:
    """The kernel of that tile."""
    return _nchw_gradient(rows) if lanes == 1 else _nchwc_gradient(rows, columns)


def _nchwc_gradient(filters: int, taps: int) -> Any:
    @range_kernel
    def tap_gradient_nchwc(gy, x, slot, sizes, first, last):
        """Add dL/dw of samples first .. last-1 into the slot."""
        g_values, x_values = gy.values, x.values
        blocks = vectors_of(sizes.group_inputs)
        window = sizes.size[0] * sizes.size[1] * LANES
        step = sizes.stride[1] * LANES
        for s in range(first, last):
            for oc in range(0, sizes.outputs, filters):
                channel = oc // sizes.group_outputs * sizes.group_inputs
                for k in range(blocks * sizes.size[0] * (sizes.size[1] // taps)):
                    block, rest = divmod(k, sizes.size[0] * (sizes.size[1] // taps))
                    di, dj = divmod(rest, sizes.size[1] // taps)
                    dj *= taps
                    to = (oc * blocks + block) * window + (di * sizes.size[1] + dj) * LANES
                    acc = load(filters, taps, slot, to, blocks * window)
                    for i in range(sizes.rows):
                        row = i * sizes.stride[0] + di * sizes.dilation[0] - sizes.padding[0]
                        column = dj * sizes.dilation[1] - sizes.padding[1]
                        at = place(x.image, s, channel + block * LANES, row, column)
                        g = place(gy.image, s, oc, i, 0)
                        for _ in range(sizes.columns):
                            acc = multiply_add(acc, g_values, g, 1, x_values, at)
                            at += step
                            g += LANES
                    store(acc, slot, to, blocks * window)

    return tap_gradient_nchwc


def _nchw_gradient(taps: int) -> Any:
    @range_kernel
    def tap_gradient_nchw(gy, x, slot, sizes, first, last):
        """Add dL/dw of samples first .. last-1 into the slot."""
        g_values, x_values = gy.values, x.values
        chunks = sizes.size[1] // taps
        for s in range(first, last):
            for oc in range(0, sizes.outputs, LANES):
                for k in range(sizes.group_inputs * sizes.size[0] * chunks):
                    ic, rest = divmod(k, sizes.size[0] * chunks)
                    di, dj = divmod(rest, chunks)
                    to = (oc // LANES * sizes.group_inputs * sizes.size[0] * chunks + k) * taps * LANES
                    acc = load(taps, 1, slot, to, LANES)
                    for i in range(sizes.rows):
                        row = i * sizes.stride[0] + di * sizes.dilation[0] - sizes.padding[0]
                        at = place(x.image, s, ic, row, dj * taps * sizes.dilation[1] - sizes.padding[1])
                        g = place(gy.image, s, oc, i, 0)
                        for _ in range(sizes.columns):
                            acc = multiply_add(acc, x_values, at, sizes.dilation[1], g_values, g)
                            at += sizes.stride[1]
                            g += LANES
                    store(acc, slot, to, LANES)

    return tap_gradient_nchw


@kernel
def reduce_tap_gradient(slots, gw, at, sizes, lanes, count, apart):
    """dL/dw in the order (oc, ic, di, dj) into gw[at:]: the sum of `count` slots, `apart` floats apart."""
    taps = sizes.size[0] * sizes.size[1]
    window = sizes.group_inputs * taps
    here = 0
    if lanes > 1:
        for oc in range(sizes.outputs):
            for ic in range(0, sizes.group_inputs, LANES):
                for t in range(taps):
                    total = slot_total(slots, here, count, apart)
                    scatter(total, min(LANES, sizes.group_inputs - ic), gw, at + oc * window + ic * taps + t, taps)
                    here += LANES
    else:
        for oc in range(0, sizes.outputs, LANES):
            for k in range(window):
                total = slot_total(slots, here, count, apart)
                scatter(total, min(LANES, sizes.outputs - oc), gw, at + oc * window + k, window)
                here += LANES
