"""The cases of poolings, and of the sparse gradients of a convolution under one."""

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution.pooled import PooledSizes
from chainrule.engine.kernels.pooling import average, sliding, sparse_input, sparse_weights
from chainrule.engine.kernels.pooling.max import max_pooling_input_gradient, max_pooling_kernel
from chainrule.engine.kernels.pooling.patches import Pool, PoolMasks, argmax_words
from chainrule.engine.kernels.pooling.sliding import PatchSizes
from chainrule.engine.kernels.pooling.sparse_weights import UnitLists
from chainrule.engine.layout import Image, View
from chainrule.engine.runtime.calls import PerWorker
from chainrule.engine.simd import LANES
from chainrule.layers import average_pooling as mean
from chainrule.layers import convolution as definition
from chainrule.layers import max_pooling as largest
from chainrule.layers.dropout import dropout
from chainrule.layers.relu import relu
from chainrule.layers.windows import windows
from torture.kernels.convolutions import check_gradients, convolved, slots, sums
from torture.kernels.rig import LARGEST, Rig, case, exactly, image_of


class Pooled(NamedTuple):
    """A pool and its patches: x and y are images (s, c, h, w)."""

    size: int
    x: np.ndarray
    y_shape: tuple[int, ...]


def problem(rig: Rig) -> Pooled:
    """Few different numbers, so that there are ties, zeros and patches without a positive one."""
    s, c, h, w = rig.sizes(9, 2 * LARGEST, LARGEST, LARGEST)
    size = rig.any_of(1, 2, 3, 4)
    x = (rig.random.integers(-6, 4, (s, c, max(h, size), max(w, size))) / 4).astype(rig.number)
    return Pooled(size, x, (s, c, x.shape[2] // size, x.shape[3] // size))


def packed_bits(rig: Rig, winners: np.ndarray) -> np.ndarray:
    """The argmax mask, in words, of (k, s, c, i, j) bool."""
    table = winners.transpose(1, 3, 4, 0, 2)
    table = np.pad(table, [(0, 0)] * 4 + [(0, -table.shape[-1] % 64)])
    return rig.given(np.packbits(table, axis=-1, bitorder="little").reshape(-1).view(np.uint64))


@case("pooling.max:max_pooling")
def max_pooling(rig: Rig) -> None:
    p, with_relu, drop = problem(rig), rig.any_of(0, 1), 0.4
    at = image_of(p.y_shape, rig.any_of(0, 1))
    keep, argmax = rig.random.random(p.y_shape) < 0.6, rig.room(argmax_words(at, p.size, len(p.x)), np.uint64)
    kept, scale = (rig.picture(keep.astype(np.uint8)), rig.number(1 / (1 - drop))) if with_relu else (None, None)
    masks = PoolMasks(argmax, kept or View(rig.room(0, np.uint8), image_of(p.y_shape)))
    y, pool = rig.blank(len(p.x), at), Pool(p.size, with_relu, scale or rig.number(1))
    rig.run(max_pooling_kernel(p.size), rig.picture(p.x, rig.any_of(0, 1)), y, masks, pool, count=len(p.x))
    x = relu(p.x) if with_relu else p.x
    expected = largest.max_pooling(x, p.size, p.size)
    live = keep & (expected > 0) if with_relu else np.ones(p.y_shape, bool)
    winners = np.stack(list(largest.first_maxima(x, expected, p.size, p.size))) & live
    rig.same("y", rig.numbers(y, "y"), dropout(expected, keep, drop) if with_relu else expected)
    rig.same("the argmax mask", argmax, packed_bits(rig, winners))


@case("pooling.max:max_pooling_input_gradient")
def max_pooling_gradient(rig: Rig) -> None:
    p = problem(rig)
    y, gy = largest.max_pooling(p.x, p.size, p.size), rig.normal(*p.y_shape)
    winners = packed_bits(rig, np.stack(list(largest.first_maxima(p.x, y, p.size, p.size))))
    gx = rig.zeroed(p.x.shape)
    rig.run(max_pooling_input_gradient, rig.picture(gy, rig.any_of(0, 1)), winners, gx, p.size, count=len(gy))
    expected = largest.max_pooling_input_gradient(gy, p.x, y, p.size, stride=p.size)
    rig.same("gx", rig.numbers(gx, "gx"), expected)


@case("pooling.average:average_pooling", "pooling.average:average_pooling_input_gradient")
def average_pooling(rig: Rig) -> None:
    p = problem(rig)
    x, gy = rig.normal(*p.x.shape), rig.normal(*p.y_shape)
    y, gx = rig.blank(len(x), image_of(p.y_shape, rig.any_of(0, 1))), rig.zeroed(x.shape)
    rig.run(average.average_pooling, rig.picture(x, rig.any_of(0, 1)), y, p.size, count=len(x))
    rig.run(average.average_pooling_input_gradient, rig.picture(gy), gx, p.size, count=len(x))
    exact, g = exactly(x, gy)
    magnitude = mean.average_pooling(abs(exact), p.size, p.size)
    rig.close("y", rig.numbers(y, "y"), mean.average_pooling(exact, p.size, p.size), magnitude, p.size**2 + 2)
    expected = mean.average_pooling_input_gradient(g, x.shape, p.size, p.size)
    rig.close("gx", rig.numbers(gx, "gx"), expected, abs(expected), 2)


class Sparse(NamedTuple):
    """A convolution under a pool: what `convolutions` calls it, dL/dy and dL/dz, z before the pool, of which only the
    live units' is not 0; and what kernels are given."""

    of: Any
    sizes: PooledSizes
    gz: np.ndarray
    gy: View
    argmax: np.ndarray


def sparse(rig: Rig) -> Sparse:
    """Any winners, each kept or not."""
    kernel, size, scale = rig.any_of(1, 2, 3, 4, 5), rig.any_of(1, 2, 3, 4), rig.number(1 / (1 - 0.25))
    of = convolved(rig, kernel, 1, int(rig.random.integers(kernel)), 2 * LARGEST, least=size)
    s, oc, rows, columns = of.expected.shape
    gy = rig.normal(s, oc, rows // size, columns // size)
    kept = rig.random.random(gy.shape)
    winner = rig.random.integers(0, size * size, gy.shape)
    winners = np.stack([(winner == k) & (kept < 0.4) for k in range(size * size)])
    gz = np.zeros(of.expected.shape, of.expected.dtype)
    for k, won in enumerate(winners):
        i, j = divmod(k, size)
        gz[:, :, i : rows // size * size : size, j : columns // size * size : size] = won * exactly(scale * gy)[0]
    sizes = PooledSizes(of.sizes, Pool(size, 1, scale))
    return Sparse(of, sizes, gz, rig.picture(gy, rig.any_of(0, 1)), packed_bits(rig, winners))


@case("pooling.sparse_input:pack_weights_backward", "pooling.sparse_input:input_gradient")
def sparse_input_gradient(rig: Rig) -> None:
    p = sparse(rig)
    of, (kernel, padding) = p.of, (p.of.sizes.kernel_size, p.of.sizes.padding)
    packed, w = rig.room(sparse_input.packed_floats(p.sizes)), rig.given(np.concatenate([rig.normal(5), of.w.ravel()]))
    rig.run(sparse_input.pack_weights_backward, w, 5, packed, p.sizes)
    gx = rig.blank(len(of.x), image_of(of.x.shape, rig.any_of(0, 1)))
    floats = max(1, sparse_input.scratch_floats(gx.image, p.sizes))
    scratch = PerWorker(rig.room(rig.threads * floats).reshape(rig.threads, floats))
    run = sparse_input.input_gradient_kernel(kernel, p.sizes.pool.size)
    rig.run(run, packed, p.gy, p.argmax, gx, p.sizes, scratch, count=len(of.x))
    (w,) = exactly(of.w)
    expected = definition.convolution_input_gradient(p.gz, of.x.shape, w, padding=padding)
    magnitude = definition.convolution_input_gradient(abs(p.gz), of.x.shape, abs(w), padding=padding)
    rig.close("gx", rig.numbers(gx, "gx"), expected, magnitude, len(of.w) * kernel**2 + 3)


def lists(rig: Rig, gy: Image) -> UnitLists:
    """Room for each worker's."""
    units = gy.channels * (gy.height * gy.width + 1)
    sizes = (units, rig.number), (units, np.int32), (gy.channels, np.int64)
    return UnitLists(*(PerWorker(rig.room(rig.threads * n, kind).reshape(rig.threads, n)) for n, kind in sizes))


def sparse_weight_gradient(rig: Rig, lanes: int) -> None:
    p = sparse(rig)
    x, (of_slots, slot) = rig.picture(p.of.x, p.of.sizes.padding, lanes), slots(rig, p.of.sizes, lanes)
    run, n = sparse_weights.weight_gradient_kernel(p.of.sizes.kernel_size, lanes), len(p.of.x)
    rig.run(run, p.gy, p.argmax, x, slot, p.sizes, lists(rig, p.gy.image), count=n, block=n)
    check_gradients(rig, p.of, p.gz, *sums(rig, p.of, of_slots, lanes), more_terms=3)


@case("pooling.sparse_weights:nchwc_gradient")
def nchwc_weights(rig: Rig) -> None:
    sparse_weight_gradient(rig, LANES)


@case("pooling.sparse_weights:nchw_gradient")
def nchw_weights(rig: Rig) -> None:
    sparse_weight_gradient(rig, 1)


class Slid(NamedTuple):
    """A pool of any patches: x, y's shape, the layer's options, and the kernels' sizes."""

    x: np.ndarray
    y_shape: tuple[int, ...]
    how: dict[str, Any]
    sizes: PatchSizes


def sliding_problem(rig: Rig) -> Slid:
    s, c, h, w = rig.sizes(9, 40, LARGEST, LARGEST)
    size, stride = ((rig.any_of(1, 2, 3, 4), rig.any_of(1, 2, 3, 5)) for _ in range(2))
    padding = rig.any_of("same", 0, tuple(n // 2 for n in size))
    pixels = max(h, size[0]), max(w, size[1])
    at = windows(pixels, size, stride=stride, padding=padding)
    x = (rig.random.integers(-6, 4, (s, c, *pixels)) / 4).astype(rig.number)
    sizes = PatchSizes(size, stride, (at.padding[0][0], at.padding[1][0]), rig.any_of(0, 1))
    return Slid(x, (s, c, *at.counts), {"size": size, "stride": stride, "padding": padding}, sizes)


@case("pooling.sliding:sliding_max", "pooling.sliding:sliding_max_input_gradient")
def sliding_max_pooling(rig: Rig) -> None:
    p = sliding_problem(rig)
    x, y = rig.picture(p.x, rig.any_of(0, 1)), rig.blank(len(p.x), image_of(p.y_shape, rig.any_of(0, 1)))
    rig.run(sliding.sliding_max, x, y, p.sizes, count=len(p.x))
    expected = largest.max_pooling(p.x, **p.how)
    rig.same("y", rig.numbers(y, "y"), expected)
    gy, gx = rig.normal(*p.y_shape), rig.blank(len(p.x), image_of(p.x.shape, rig.any_of(0, 1)))
    views = rig.picture(gy, rig.any_of(0, 1)), x, rig.picture(expected), gx
    rig.run(sliding.sliding_max_input_gradient, *views, p.sizes, count=len(p.x))
    exact, magnitude = (
        largest.max_pooling_input_gradient(each, p.x, expected, **p.how) for each in (*exactly(gy), *exactly(abs(gy)))
    )
    rig.close("gx", rig.numbers(gx, "gx"), exact, magnitude, 16)


@case("pooling.sliding:sliding_average", "pooling.sliding:sliding_average_input_gradient")
def sliding_average_pooling(rig: Rig) -> None:
    p = sliding_problem(rig)
    how = p.how | {"count_include_pad": bool(p.sizes.counted)}
    x, gy = rig.normal(*p.x.shape), rig.normal(*p.y_shape)
    y = rig.blank(len(x), image_of(p.y_shape, rig.any_of(0, 1)))
    rig.run(sliding.sliding_average, rig.picture(x, rig.any_of(0, 1)), y, p.sizes, count=len(x))
    exact, magnitude = (mean.average_pooling(each, **how) for each in (*exactly(x), *exactly(abs(x))))
    rig.close("y", rig.numbers(y, "y"), exact, magnitude, 18)
    gx = rig.blank(len(x), image_of(x.shape, rig.any_of(0, 1)))
    rig.run(sliding.sliding_average_input_gradient, rig.picture(gy), gx, p.sizes, count=len(x))
    exact, magnitude = (
        mean.average_pooling_input_gradient(each, x.shape, **how) for each in (*exactly(gy), *exactly(abs(gy)))
    )
    rig.close("gx", rig.numbers(gx, "gx"), exact, magnitude, 18)
