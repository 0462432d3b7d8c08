"""The gradients in w and b of a convolution (stride 1) under a max-pool; the formulas are in `sparse_input`.

Each oc first gets a list of its live units, (g, place of the patch's maximum in x), so that its K x K accumulators stay
in registers. But where x is in NCHW the accumulators are vectors of oc, and g is selected by the bits of the argmax
mask: that takes as long however many units live, but half as long as lists when many do.

The definitions: chainrule/layers/convolution.py and max_pooling.py. Both kernels add to slots laid out as in
`convolution.weights`: [oc][block of ic][di][dj][L] for NCHWc, [block of oc][ic][di][dj][L] for NCHW.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.pooling.patches import ALL_LANES, ONE, argmax_at, mask_words
from chainrule.engine.kernels.pooling.sparse_input import live_gradient
from chainrule.engine.layout import Image, block_floats, odd_lines, place, row_floats, vectors_of
from chainrule.engine.runtime.calls import PerWorker
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import (
    LANES,
    add,
    add_patch,
    add_scaled,
    get,
    load,
    put,
    scale,
    select,
    store,
    trailing_zeros,
)


class UnitLists(NamedTuple):
    """Room for each oc's list of the live units of a sample, for each worker."""

    values: Any  # g
    places: Any  # the maximum's place in x's sample; one below 0 ends a list
    ends: Any  # (oc,) where the next unit goes


def unit_lists(gy: Image, workers: int, dtype: np.dtype) -> UnitLists:
    """Scratch for the weight gradient, of that type."""

    def room(n: int, kind: type) -> PerWorker:
        return PerWorker(aligned_zeros(workers * n, kind).reshape(workers, n))

    units = odd_lines(gy.channels * (gy.height * gy.width + 1))
    return UnitLists(room(units, dtype.type), room(units, np.int32), room(gy.channels, np.int64))


@kernel
def append_units(bits, oc, gy, pixel, lists, seen, factor):
    """Append the units whose bits are set, of channels from oc on; pixel = where dL/dy stands, its blocks' distance."""
    values, places, ends = lists
    at, apart = pixel
    while bits:
        channel = oc + trailing_zeros(bits)
        bits &= bits - ONE
        end = get(ends, channel)
        put(values, end, factor * live_gradient(gy, at, apart, channel))
        put(places, end, seen)
        put(ends, channel, end + 1)


@kernel
def list_units(gy, argmax, x_image, lists, sizes, s):
    """Make the lists of a sample."""
    g_values, image, words = gy.values, gy.image, mask_words(gy.image)
    size, padding = sizes.pool.size, sizes.convolution.padding
    for oc in range(image.channels):
        put(lists.ends, oc, oc * (image.height * image.width + 1))
    word, apart = argmax_at(image, size, s, 0, 0, 0), block_floats(image)
    for i in range(image.height):
        for j in range(image.width):
            pixel = (place(image, s, 0, i, j), apart)
            for di in range(size):
                for dj in range(size):
                    seen = np.int32(place(x_image, 0, 0, i * size + di - padding, j * size + dj - padding))
                    for n in range(words):
                        bits = get(argmax, word)
                        append_units(bits, 64 * n, g_values, pixel, lists, seen, sizes.pool.scale)
                        word += 1
    for oc in range(image.channels):
        put(lists.places, get(lists.ends, oc), np.int32(-1))


def make_nchwc_gradient(kernel_size: int) -> Any:
    """The kernel for x in NCHWc blocks."""

    @range_kernel
    def nchwc_gradient(gy, argmax, x, slot, sizes, lists, first, last):
        """Add dL/dw and dL/db of samples first .. last-1 to the slot."""
        values, places, _ = lists
        x_values, gw, gb = x.values, slot.w, slot.b
        room = gy.image.height * gy.image.width + 1
        row = row_floats(x.image)
        blocks = vectors_of(x.image.channels)
        for s in range(first, last):
            list_units(gy, argmax, x.image, lists, sizes, s)
            for block in range(blocks):
                x_at = s * x.image.stride + block * block_floats(x.image)
                for oc in range(gy.image.channels):
                    to = (oc * blocks + block) * kernel_size * kernel_size * LANES
                    acc, bias = load(kernel_size, kernel_size, gw, to, kernel_size * LANES), get(gb, oc)
                    k = oc * room
                    seen = get(places, k)
                    while seen >= 0:  # a counted loop would be unrolled, and its remainder mispredicted
                        acc = add_scaled(acc, get(values, k), x_values, x_at + seen, row)
                        bias += get(values, k)
                        k += 1
                        seen = get(places, k)
                    store(acc, gw, to, kernel_size * LANES)
                    if block == 0:
                        put(gb, oc, bias)

    return nchwc_gradient


def make_nchw_gradient(kernel_size: int) -> Any:
    """The kernel for x in NCHW."""

    @kernel
    def add_block(gy, argmax, x, slot, sizes, where):
        """Add the products of a block of output channels with one channel of x, over one sample."""
        s, oc, ic = where
        g_values = gy.values
        x_values = x.values
        image = gy.image
        row = row_floats(x.image)
        size = sizes.pool.size
        padding = sizes.convolution.padding
        words = mask_words(gy.image)
        to = (oc // LANES * x.image.channels + ic) * kernel_size * kernel_size * LANES
        acc = load(kernel_size, kernel_size, slot.w, to, kernel_size * LANES)
        bias = load(1, 1, slot.b, oc, 0)
        word = argmax_at(image, size, s, 0, 0, oc)
        for i in range(image.height):
            for j in range(image.width):
                g = scale(sizes.pool.scale, load(1, 1, g_values, place(image, s, oc, i, j), 0))
                for di in range(size):
                    for dj in range(size):
                        live = select((get(argmax, word) >> np.uint64(oc % 64)) & ALL_LANES, g)
                        at = place(x.image, s, ic, i * size + di - padding, j * size + dj - padding)
                        acc = add_patch(acc, x_values, at, row, live)
                        bias = add(bias, live)
                        word += words
        store(acc, slot.w, to, kernel_size * LANES)
        if ic == 0:
            store(bias, slot.b, oc, 0)

    @range_kernel
    def nchw_gradient(gy, argmax, x, slot, sizes, lists, first, last):
        """Add dL/dw and dL/db of samples first .. last-1 to the slot."""
        for s in range(first, last):
            for oc in range(0, gy.image.channels, LANES):
                for ic in range(x.image.channels):
                    add_block(gy, argmax, x, slot, sizes, (s, oc, ic))

    return nchw_gradient


@cache
def weight_gradient_kernel(kernel_size: int, lanes: int) -> Any:
    """The kernel for filters of K x K; `lanes` is x's."""
    return make_nchw_gradient(kernel_size) if lanes == 1 else make_nchwc_gradient(kernel_size)
