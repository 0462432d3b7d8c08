"""The weight gradient of a convolution, dense: for every oc, the sum of dL/dy times the patch of x that it saw.

    dL/dw[oc,ic,di,dj] = sum over s,i,j of dL/dy[s,oc,i,j] x[s,ic,S i + di - P, S j + dj - P]
    dL/db[oc]          = sum over s,i,j of dL/dy[s,oc,i,j]

Where x is in blocks of channels, the accumulators are rows of K vectors of ic, for two oc at once so that a vector of
x that was loaded serves twice. Where x is in planes (the network's input), they are vectors of oc. A range of samples
is added into a slot; slots are summed in order afterwards, so that threads do not matter.

A slot holds [oc][block of ic][di][dj][L] for blocks, [block of oc][ic][di][dj][L] for planes.
"""

from chainrule.engine.layout import place, row_floats
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, above, add, add_patch, add_scaled, fill, load, scatter, select, store


@kernel
def slot_floats(shape, lanes):
    """How much room a slot takes; `lanes` is x's."""
    k = shape.kernel_size * shape.kernel_size
    if lanes == 1:
        return -(-shape.out_channels // LANES) * LANES * shape.in_channels * k
    return shape.out_channels * -(-shape.in_channels // LANES) * LANES * k


def make_patch(rows, kernel_size):
    """Kernels that add to `rows` rows (di) of K accumulators: K rows where they fit the registers, else 1."""

    @kernel
    def patch_pair(gy, gy_image, x, x_image, slot, slot_at, between, shape, where):
        """For two output channels, their accumulators `between` floats apart."""
        sample, oc, ic, di = where
        acc0 = load(rows, kernel_size, slot, slot_at, kernel_size * LANES)
        acc1 = load(rows, kernel_size, slot, slot_at + between, kernel_size * LANES)
        row, step = row_floats(x_image), shape.stride * LANES
        apart = place(gy_image, sample, oc + 1, 0, 0) - place(gy_image, sample, oc, 0, 0)
        for i in range(shape.rows):
            at = place(x_image, sample, ic, i * shape.stride + di - shape.padding, -shape.padding)
            g = place(gy_image, sample, oc, i, 0)
            for _ in range(shape.columns):
                acc0 = add_scaled(acc0, gy[g], x, at, row)
                acc1 = add_scaled(acc1, gy[g + apart], x, at, row)
                at += step
                g += LANES
        store(acc0, slot, slot_at, kernel_size * LANES)
        store(acc1, slot, slot_at + between, kernel_size * LANES)

    @kernel
    def patch(gy, gy_image, x, x_image, slot, slot_at, shape, where):
        """For one output channel."""
        sample, oc, ic, di = where
        acc = load(rows, kernel_size, slot, slot_at, kernel_size * LANES)
        row, step = row_floats(x_image), shape.stride * LANES
        for i in range(shape.rows):
            at = place(x_image, sample, ic, i * shape.stride + di - shape.padding, -shape.padding)
            g = place(gy_image, sample, oc, i, 0)
            for _ in range(shape.columns):
                acc = add_scaled(acc, gy[g], x, at, row)
                at += step
                g += LANES
        store(acc, slot, slot_at, kernel_size * LANES)

    @range_kernel
    def weight_gradient(gy, gy_image, x, x_image, slot, shape, first, last):
        """Add dL/dw of samples first .. last-1 into the slot; x in blocks."""
        in_blocks = -(-shape.in_channels // LANES)
        size = kernel_size * kernel_size * LANES
        for sample in range(first, last):
            for block in range(in_blocks):
                for oc in range(0, shape.out_channels, 2):
                    at = (oc * in_blocks + block) * size
                    for di in range(0, kernel_size, rows):
                        where = (sample, oc, block * LANES, di)
                        here = at + di * kernel_size * LANES
                        if oc + 1 < shape.out_channels:
                            patch_pair(gy, gy_image, x, x_image, slot, here, in_blocks * size, shape, where)
                        else:
                            patch(gy, gy_image, x, x_image, slot, here, shape, where)

    @range_kernel
    def nchw_gradients(gradient, output, relu, x, x_image, gw, gb, shape, first, last):
        """The same, and dL/db, for x in planes, with vectors of oc; dL/dy counts where y is above 0, if `relu`.

        gradient = (dL/dy, its image), output = (y, its image).
        """
        zero, (gy, gy_image), (y, y_image) = fill(1, 1, 0.0), gradient, output
        row = row_floats(x_image)
        for sample in range(first, last):
            for c in range(0, shape.out_channels, LANES):
                for ic in range(shape.in_channels):
                    for di in range(0, kernel_size, rows):
                        at = (c // LANES * shape.in_channels + ic) * kernel_size * kernel_size * LANES
                        at += di * kernel_size * LANES
                        acc, bias = load(rows, kernel_size, gw, at, kernel_size * LANES), load(1, 1, gb, c, 0)
                        for i in range(shape.rows):
                            seen = place(x_image, sample, ic, i * shape.stride + di - shape.padding, -shape.padding)
                            g, v = place(gy_image, sample, c, i, 0), place(y_image, sample, c, i, 0)
                            for _ in range(shape.columns):
                                values = load(1, 1, gy, g, 0)
                                if relu:
                                    values = select(above(load(1, 1, y, v, 0), zero), values)
                                acc = add_patch(acc, x, seen, row, values)
                                bias = add(bias, values)
                                seen += shape.stride
                                g += LANES
                                v += LANES
                        store(acc, gw, at, kernel_size * LANES)
                        if ic == 0 and di == 0:
                            store(bias, gb, c, 0)

    return weight_gradient, nchw_gradients


@range_kernel
def bias_gradient(gy, gy_image, slot, first, last):
    """Add dL/db of samples first .. last-1 into the slot, (oc padded to L,)."""
    for sample in range(first, last):
        for c in range(0, gy_image.channels, LANES):
            acc = load(1, 1, slot, c, LANES)
            for i in range(gy_image.height):
                g = place(gy_image, sample, c, i, 0)
                for j in range(gy_image.width):
                    acc = add_scaled(acc, 1.0, gy, g + j * LANES, LANES)
            store(acc, slot, c, LANES)


@kernel
def reduce_weight_gradient(slots, count, apart, lanes, shape, gw, at):
    """dL/dw in the order (oc, ic, di, dj) into gw[at:]: the sum of `count` slots, `apart` floats apart."""
    taps = shape.kernel_size * shape.kernel_size
    filter_floats = shape.in_channels * taps
    rows, channels = (shape.out_channels, shape.in_channels) if lanes > 1 else (shape.in_channels, shape.out_channels)
    here = 0
    for outer in range(rows if lanes > 1 else -(-channels // LANES)):
        for inner in range(-(-channels // LANES) if lanes > 1 else rows):
            for d in range(taps):
                acc = load(1, 1, slots, here, 0)
                for slot in range(1, count):
                    acc = add(acc, load(1, 1, slots, here + slot * apart, 0))
                if lanes > 1:  # a vector of ic
                    to = outer * filter_floats + inner * LANES * taps + d
                    scatter(acc, min(LANES, channels - inner * LANES), gw, at + to, taps)
                else:  # a vector of oc
                    to = outer * LANES * filter_floats + inner * taps + d
                    scatter(acc, min(LANES, channels - outer * LANES), gw, at + to, filter_floats)
                here += LANES


@kernel
def reduce_bias_gradient(slots, count, apart, n, gb, at):
    """dL/db into gb[at:at+n]: the sum of the slots, in order."""
    for k in range(n):
        total = slots[k]
        for slot in range(1, count):
            total += slots[slot * apart + k]
        gb[at + k] = total
