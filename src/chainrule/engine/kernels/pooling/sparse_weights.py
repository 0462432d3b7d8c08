"""The gradients in w and b of a convolution (stride 1) under a max-pool, by its argmax; the formulas are in `argmax`.

Each oc first gets a list of its live units, (g, place of the winner in x), so that its K x K accumulators stay in
registers. But where x is in planes the accumulators are vectors of oc, and g is masked by the argmax' bits: that
takes as long however many units live, but half as long as lists when many do.

Both add to slots laid out as in `convolution_weights`: [oc][block of ic][di][dj][L] for blocks,
[block of oc][ic][di][dj][L] for planes.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.pooling.patches import ALL_LANES, ONE, argmax_at, words
from chainrule.engine.kernels.pooling.sparse_input import Pooled, blocks, live_gradient
from chainrule.engine.layout import Image, block_floats, odd_lines, place, row_floats
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


class Lists(NamedTuple):
    """Room for each oc's list of the live units of a sample, for each worker. Numba takes it as an argument."""

    values: Any  # g
    places: Any  # the winner's place in x's sample; one below 0 ends a list
    ends: Any  # (oc,) where the next unit goes


def lists(gy: Image, workers: int) -> Lists:
    """Scratch for the weight gradient."""

    def room(n: int, kind: type) -> PerWorker:
        return PerWorker(aligned_zeros(workers * n, kind).reshape(workers, n))

    units = odd_lines(gy.channels * (gy.height * gy.width + 1))
    return Lists(room(units, np.float32), room(units, np.int32), room(gy.channels, np.int64))


@kernel
def list_units(gy, gy_image, argmax, x_image, shape, scratch, s):
    """Make the lists of a sample."""
    values, places, ends = scratch
    for oc in range(shape.out_channels):
        put(ends, oc, oc * (gy_image.height * gy_image.width + 1))
    word, apart = argmax_at(gy_image, shape.size, s, 0, 0, 0), block_floats(gy_image)
    for i in range(gy_image.height):
        for j in range(gy_image.width):
            g = place(gy_image, s, 0, i, j)
            for di in range(shape.size):
                for dj in range(shape.size):
                    wi, wj = i * shape.size + di, j * shape.size + dj
                    seen = np.int32(place(x_image, 0, 0, wi - shape.padding, wj - shape.padding))
                    for n in range(words(gy_image)):
                        bits = get(argmax, word)
                        word += 1
                        while bits:
                            oc = 64 * n + trailing_zeros(bits)
                            bits &= bits - ONE
                            end = get(ends, oc)
                            put(values, end, shape.scale * live_gradient(gy, g, apart, oc))
                            put(places, end, seen)
                            put(ends, oc, end + 1)
    for oc in range(shape.out_channels):
        put(places, get(ends, oc), np.int32(-1))


def make_weight_gradient(kernel_size: int) -> Any:
    @range_kernel
    def weight_gradient(gy, gy_image, argmax, x, x_image, gw, gb, shape, scratch, first, last):
        """x in blocks."""
        values, places, _ = scratch
        room, row = gy_image.height * gy_image.width + 1, row_floats(x_image)
        for s in range(first, last):
            list_units(gy, gy_image, argmax, x_image, shape, scratch, s)
            for block in range(blocks(shape.in_channels)):
                x_at = s * x_image.stride + block * block_floats(x_image)
                for oc in range(shape.out_channels):
                    to = (oc * blocks(shape.in_channels) + block) * kernel_size * kernel_size * LANES
                    acc, bias = load(kernel_size, kernel_size, gw, to, kernel_size * LANES), get(gb, oc)
                    k = oc * room
                    seen = get(places, k)
                    while seen >= 0:  # a counted loop would be unrolled, and its remainder mispredicted
                        acc = add_scaled(acc, get(values, k), x, x_at + seen, row)
                        bias += get(values, k)
                        k += 1
                        seen = get(places, k)
                    store(acc, gw, to, kernel_size * LANES)
                    if block == 0:
                        put(gb, oc, bias)

    return weight_gradient


def make_nchw_weight_gradient(kernel_size: int) -> Any:
    @range_kernel
    def nchw_weight_gradient(gy, gy_image, argmax, x, x_image, gw, gb, shape, scratch, first, last):
        """x in planes."""
        count = words(gy_image)
        for s in range(first, last):
            for c in range(0, shape.out_channels, LANES):
                for ic in range(shape.in_channels):
                    to = (c // LANES * shape.in_channels + ic) * kernel_size * kernel_size * LANES
                    acc, bias = load(kernel_size, kernel_size, gw, to, kernel_size * LANES), load(1, 1, gb, c, 0)
                    word = argmax_at(gy_image, shape.size, s, 0, 0, c)
                    for i in range(gy_image.height):
                        for j in range(gy_image.width):
                            g = scale(shape.scale, load(1, 1, gy, place(gy_image, s, c, i, j), 0))
                            wi, wj = i * shape.size - shape.padding, j * shape.size - shape.padding
                            for di in range(shape.size):
                                for dj in range(shape.size):
                                    bits = (get(argmax, word) >> np.uint64(c % 64)) & ALL_LANES
                                    word += count
                                    won, at = select(bits, g), place(x_image, s, ic, wi + di, wj + dj)
                                    acc = add_patch(acc, x, at, row_floats(x_image), won)
                                    bias = add(bias, won)
                    store(acc, gw, to, kernel_size * LANES)
                    if ic == 0:
                        store(bias, gb, c, 0)

    return nchw_weight_gradient


@cache
def weight_gradient_kernel(kernel_size: int, planes: bool) -> Any:
    """The compiled variant of `weight_gradient` for these sizes."""
    return make_nchw_weight_gradient(kernel_size) if planes else make_weight_gradient(kernel_size)


def weight_gradient(
    gy: np.ndarray,
    gy_image: Image,
    argmax: np.ndarray,
    x: np.ndarray,
    x_image: Image,
    gw: np.ndarray,
    gb: np.ndarray,
    shape: Pooled,
    scratch: Lists,
    first: int,
    last: int,
) -> None:
    """Add dL/dw of samples first .. last-1 to the slot gw, dL/db to the slot gb of (oc padded to L,)."""
    run = weight_gradient_kernel(shape.kernel_size, x_image.lanes == 1)
    run(gy, gy_image, argmax, x, x_image, gw, gb, shape, scratch, first, last)
