"""The weight gradient of a convolution, dense: for every oc, the sum of dL/dy times the patch of x that it saw.

    dL/dw[oc,ic,di,dj] = sum over s,i,j of dL/dy[s,oc,i,j] x[s,ic,S i + di - P, S j + dj - P]
    dL/db[oc]          = sum over s,i,j of dL/dy[s,oc,i,j]

The definition: chainrule/layers/convolution.py. Where x is in NCHWc blocks, the accumulators are rows of K vectors of
ic, for two oc at once so that a vector of x that was loaded serves twice. Where x is in NCHW (the network's input),
they are vectors of oc. A range of samples is added into a slot; slots are summed in order afterwards, so that threads
do not matter.

A slot holds [oc][block of ic][di][dj][L] for NCHWc, [block of oc][ic][di][dj][L] for NCHW.
"""

from typing import Any, NamedTuple

from chainrule.engine.kernels.convolution.operands import ConvolutionSizes
from chainrule.engine.layout import place, row_floats, vectors_of
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, above, add, add_patch, add_scaled, load, padded, scatter, select, store, zeros


class PatchPlace(NamedTuple):
    """Which sample, and which part of the weights: of oc (or its block), ic (or its block), from filter row di on."""

    sample: int
    oc: int
    ic: int
    di: int
    at: int  # in the slot
    apart: int  # from there to those of oc + 1


def slot_floats(sizes: ConvolutionSizes, lanes: int) -> int:
    """The size of a slot; `lanes` is x's."""
    oc = sizes.out_channels
    ic = sizes.in_channels
    taps = sizes.kernel_size * sizes.kernel_size
    return (padded(oc) * ic if lanes == 1 else oc * padded(ic)) * taps


def make_nchwc_gradient(rows: int, kernel_size: int) -> Any:
    """The kernel for x in NCHWc blocks, with `rows` rows (di) of K accumulators at a time."""

    @kernel
    def add_pair(gy, x, slot, sizes, where):
        """Add the products of two output channels, over one sample."""
        g_values, x_values = gy.values, x.values
        acc0 = load(rows, kernel_size, slot, where.at, kernel_size * LANES)
        acc1 = load(rows, kernel_size, slot, where.at + where.apart, kernel_size * LANES)
        row, step = row_floats(x.image), sizes.stride * LANES
        apart = place(gy.image, where.sample, where.oc + 1, 0, 0) - place(gy.image, where.sample, where.oc, 0, 0)
        for i in range(sizes.rows):
            top = i * sizes.stride + where.di - sizes.padding
            at = place(x.image, where.sample, where.ic, top, -sizes.padding)
            g = place(gy.image, where.sample, where.oc, i, 0)
            for _ in range(sizes.columns):
                acc0 = add_scaled(acc0, g_values[g], x_values, at, row)
                acc1 = add_scaled(acc1, g_values[g + apart], x_values, at, row)
                at += step
                g += LANES
        store(acc0, slot, where.at, kernel_size * LANES)
        store(acc1, slot, where.at + where.apart, kernel_size * LANES)

    @kernel
    def add_one(gy, x, slot, sizes, where):
        """Add the products of one output channel, over one sample."""
        g_values, x_values = gy.values, x.values
        acc = load(rows, kernel_size, slot, where.at, kernel_size * LANES)
        row, step = row_floats(x.image), sizes.stride * LANES
        for i in range(sizes.rows):
            top = i * sizes.stride + where.di - sizes.padding
            at = place(x.image, where.sample, where.ic, top, -sizes.padding)
            g = place(gy.image, where.sample, where.oc, i, 0)
            for _ in range(sizes.columns):
                acc = add_scaled(acc, g_values[g], x_values, at, row)
                at += step
                g += LANES
        store(acc, slot, where.at, kernel_size * LANES)

    @range_kernel
    def nchwc_gradient(gy, x, slot, sizes, first, last):
        """Add dL/dw of samples first .. last-1 into the slot."""
        blocks = vectors_of(sizes.in_channels)
        size = kernel_size * kernel_size * LANES
        for sample in range(first, last):
            for block in range(blocks):
                for oc in range(0, sizes.out_channels, 2):
                    for di in range(0, kernel_size, rows):
                        at = (oc * blocks + block) * size + di * kernel_size * LANES
                        where = PatchPlace(sample, oc, block * LANES, di, at, blocks * size)
                        if oc + 1 < sizes.out_channels:
                            add_pair(gy, x, slot, sizes, where)
                        else:
                            add_one(gy, x, slot, sizes, where)

    return nchwc_gradient


def make_nchw_gradient(rows: int, kernel_size: int) -> Any:
    """The kernel for x in NCHW, with `rows` rows (di) of K accumulators at a time, vectors of oc."""

    @kernel
    def add_block(gy, y, x, slot, sizes, relu, where):
        """Add the products of a block of output channels with one channel of x, over one sample."""
        g_values, y_values, x_values = gy.values, y.values, x.values
        zero, row = zeros(1, 1, g_values), row_floats(x.image)
        acc = load(rows, kernel_size, slot.w, where.at, kernel_size * LANES)
        bias = load(1, 1, slot.b, where.oc, 0)
        for i in range(sizes.rows):
            top = i * sizes.stride + where.di - sizes.padding
            at = place(x.image, where.sample, where.ic, top, -sizes.padding)
            g = place(gy.image, where.sample, where.oc, i, 0)
            v = place(y.image, where.sample, where.oc, i, 0)
            for _ in range(sizes.columns):
                gz = load(1, 1, g_values, g, 0)
                if relu:
                    gz = select(above(load(1, 1, y_values, v, 0), zero), gz)
                acc = add_patch(acc, x_values, at, row, gz)
                bias = add(bias, gz)
                at += sizes.stride
                g += LANES
                v += LANES
        store(acc, slot.w, where.at, kernel_size * LANES)
        if where.ic == 0 and where.di == 0:
            store(bias, slot.b, where.oc, 0)

    @range_kernel
    def nchw_gradient(gy, y, x, slot, sizes, relu, first, last):
        """Add dL/dw and dL/db of samples first .. last-1 into the slot; dL/dy counts where y is above 0, if `relu`."""
        for sample in range(first, last):
            for oc in range(0, sizes.out_channels, LANES):
                for ic in range(sizes.in_channels):
                    for di in range(0, kernel_size, rows):
                        at = ((oc // LANES * sizes.in_channels + ic) * kernel_size + di) * kernel_size * LANES
                        add_block(gy, y, x, slot, sizes, relu, PatchPlace(sample, oc, ic, di, at, 0))

    return nchw_gradient


@range_kernel
def bias_gradient(gy, slot, first, last):
    """Add dL/db of samples first .. last-1 into the slot, (oc padded to L,)."""
    values, image = gy.values, gy.image
    for sample in range(first, last):
        for c in range(0, image.channels, LANES):
            acc = load(1, 1, slot, c, LANES)
            for i in range(image.height):
                g = place(image, sample, c, i, 0)
                for j in range(image.width):
                    acc = add_scaled(acc, 1.0, values, g + j * LANES, LANES)
            store(acc, slot, c, LANES)


@kernel
def slot_total(slots, at, count, apart):
    """The sum of one vector over `count` slots, `apart` floats apart, in order."""
    acc = load(1, 1, slots, at, 0)
    for slot in range(1, count):
        acc = add(acc, load(1, 1, slots, at + slot * apart, 0))
    return acc


@kernel
def reduce_weight_gradient(slots, gw, at, sizes, lanes, count, apart):
    """dL/dw in the order (oc, ic, di, dj) into gw[at:]: the sum of `count` slots, `apart` floats apart."""
    taps = sizes.kernel_size * sizes.kernel_size
    filter_floats = sizes.in_channels * taps
    here = 0
    if lanes > 1:
        for oc in range(sizes.out_channels):
            for ic in range(0, sizes.in_channels, LANES):
                for d in range(taps):
                    to = at + oc * filter_floats + ic * taps + d
                    scatter(slot_total(slots, here, count, apart), min(LANES, sizes.in_channels - ic), gw, to, taps)
                    here += LANES
    else:
        for oc in range(0, sizes.out_channels, LANES):
            for d in range(filter_floats):
                to = at + oc * filter_floats + d
                total = slot_total(slots, here, count, apart)
                scatter(total, min(LANES, sizes.out_channels - oc), gw, to, filter_floats)
                here += LANES


@kernel
def reduce_bias_gradient(slots, gb, at, n, count, apart):
    """dL/db into gb[at:at+n]: the sum of the slots, in order."""
    for k in range(n):
        total = slots[k]
        for slot in range(1, count):
            total += slots[slot * apart + k]
        gb[at + k] = total
