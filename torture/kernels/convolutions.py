"""The cases of convolutions, direct and by Winograd's algorithm, under a pool or not, and of their dense gradients."""

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution import direct, weights, winograd
from chainrule.engine.kernels.convolution.operands import ConvolutionSizes, Filters, GradientSlot
from chainrule.engine.kernels.convolution.pooled import (
    PooledScratch,
    PooledSizes,
    direct_pooled_kernel,
    winograd_convolution_kernel,
    winograd_pooled_kernel,
)
from chainrule.engine.kernels.pooling.patches import Pool, PoolMasks, argmax_words, pool_rows_kernel
from chainrule.engine.layout import View, image
from chainrule.engine.runtime.calls import PerSlot, PerWorker
from chainrule.engine.simd import LANES, padded
from chainrule.engine.stages.convolution import gradient_kernel
from chainrule.layers import convolution as definition
from chainrule.layers.max_pooling import max_pooling
from torture.kernels.rig import LARGEST, Rig, case, exactly, image_of

WINOGRAD_ERROR = 4e-6  # of the largest sum of magnitudes


class Convolved(NamedTuple):
    """A convolution with what it is computed from, and its y in float64 with the sums of its terms' magnitudes."""

    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    sizes: ConvolutionSizes
    expected: np.ndarray
    magnitude: np.ndarray

    @property
    def terms(self) -> int:
        return self.w[0].size + 1


def convolved(rig: Rig, kernel: int, stride: int, padding: int, oc_most: int = LARGEST, least: int = 1) -> Convolved:
    """Of random sizes; y is `least` pixels high and wide at least."""
    s, ic, oc, height, width = rig.sizes(9, LARGEST, oc_most, LARGEST, LARGEST)
    height, width = (max(n, kernel - 2 * padding + least - 1, 1) for n in (height, width))
    x, w, b = rig.normal(s, ic, height, width), rig.normal(oc, ic, kernel, kernel), rig.normal(oc)
    expected = definition.convolution(*exactly(x, w, b), stride=stride, padding=padding)
    magnitude = definition.convolution(*map(np.abs, exactly(x, w, b)), stride=stride, padding=padding)
    sizes = ConvolutionSizes(oc, ic, kernel, stride, padding, *expected.shape[2:])
    return Convolved(x, w, b, sizes, expected, magnitude)


def direct_filters(rig: Rig, of: Convolved) -> Filters:
    """Packed for a forward pass, from a w that others lie before."""
    sizes, w, bias = of.sizes, rig.given(np.concatenate([rig.normal(5), of.w.ravel()])), rig.zeros(padded(len(of.b)))
    packed = rig.room(direct.packed_floats(sizes.out_channels, sizes.in_channels, sizes.kernel_size))
    rig.run(direct.pack_weights, w, 5, packed, sizes, direct.tile_vectors(sizes.out_channels, packed.dtype), 0)
    bias[: len(of.b)] = of.b
    return Filters(packed, bias)


@case("convolution.direct:pack_weights", "convolution.direct:convolution")
def direct_convolution(rig: Rig) -> None:
    kernel, relu, y_halo = rig.any_of(1, 2, 3, 5, 7), rig.any_of(0, 1), rig.any_of(0, 1)
    padding = int(rig.random.integers(kernel))
    of = convolved(rig, kernel, rig.any_of(1, 1, 2, 3), padding)
    lanes = rig.any_of(LANES, 1)
    x = rig.picture(of.x, padding + rig.any_of(0, 1), lanes)
    y = rig.blank(len(of.x), image_of(of.expected.shape, y_halo))
    rig.run(direct.kernels_for(of.sizes, of.x.dtype)[1], direct_filters(rig, of), x, y, of.sizes, relu, count=len(of.x))
    expected = np.maximum(of.expected, 0) if relu else of.expected
    rig.close("y", rig.numbers(y, "y"), expected, of.magnitude, of.terms)


def winograd_filters(rig: Rig, of: Convolved) -> tuple[Filters, winograd.Tiling, PerWorker]:
    tiling = winograd.tiling(of.sizes.in_channels, of.sizes.out_channels, of.sizes.columns)
    floats, w = winograd.scratch_floats(tiling), rig.given(np.concatenate([rig.normal(5), of.w.ravel()]))
    scratch = PerWorker(rig.room(rig.threads * floats).reshape(rig.threads, floats))
    packed, bias = rig.room(winograd.packed_floats(tiling)), rig.zeros(padded(len(of.b)))
    rig.run(winograd.pack_weights, w, 5, packed, tiling, 0, scratch)
    bias[: len(of.b)] = of.b
    return Filters(packed, bias), tiling, scratch


@case("convolution.winograd:pack_weights", "convolution.pooled:winograd_convolution")
def winograd_convolution(rig: Rig) -> None:
    rig.take(np.float32)  # it has no other
    padding = rig.any_of(0, 1, 2)
    of = convolved(rig, 3, 1, padding)
    filters, tiling, scratch = winograd_filters(rig, of)
    y = rig.blank(len(of.x), image_of(of.expected.shape, rig.any_of(0, 1)))
    kernel = winograd_convolution_kernel(winograd.rows_kernel(tiling.columns))
    rig.run(kernel, filters, rig.picture(of.x, padding), y, tiling, scratch, count=len(of.x))
    error = np.abs(rig.numbers(y, "y") - of.expected).max()
    rig.check(error <= WINOGRAD_ERROR * of.magnitude.max(), "y is not as defined")


def pooled(rig: Rig, of: Convolved, size: int, rows: int) -> tuple[View, PoolMasks, Pool, View]:
    """y, its masks and the band of rows of a pool over the convolution, with ReLU and without dropout."""
    at = image(len(of.b), of.sizes.rows // size, of.sizes.columns // size, rig.any_of(0, 1))
    plain = image(at.channels, at.height, at.width)
    argmax = rig.room(argmax_words(at, size, len(of.x)), np.uint64)
    masks = PoolMasks(argmax, View(rig.room(0, np.uint8), plain))
    band = image(len(of.b), rows, of.sizes.columns)
    scratch = rig.room(rig.threads * band.stride).reshape(rig.threads, band.stride)
    return rig.blank(len(of.x), at), masks, Pool(size, 1, rig.number(1)), View(PerWorker(scratch), band)


def check_pooled(rig: Rig, of: Convolved, y: View, size: int, error: np.ndarray) -> None:
    """A maximum is as exact as the numbers that it is one of."""
    expected, most = max_pooling(np.maximum(of.expected, 0), size, size), max_pooling(error, size, size)
    rig.check((np.abs(rig.numbers(y, "y") - expected) <= most).all(), "y is not as defined")


@case("convolution.pooled:direct_pooled")
def direct_and_pool(rig: Rig) -> None:
    kernel, size, padding = rig.any_of(1, 3, 5), rig.any_of(1, 2, 3, 4), rig.any_of(0, 1)
    of = convolved(rig, kernel, 1, min(padding, kernel - 1), least=size)
    x = rig.picture(of.x, of.sizes.padding, rig.any_of(LANES, 1))
    y, masks, pool, band = pooled(rig, of, size, size)
    run = direct_pooled_kernel(direct.kernels_for(of.sizes, of.x.dtype)[0], pool_rows_kernel(size))
    room = PooledScratch(band, PerWorker(rig.room(rig.threads).reshape(rig.threads, 1)))
    rig.run(run, direct_filters(rig, of), x, y, masks, PooledSizes(of.sizes, pool), room, count=len(of.x))
    check_pooled(rig, of, y, size, (of.terms + 2) * rig.epsilon / 2 * of.magnitude)


@case("convolution.pooled:winograd_pooled")
def winograd_and_pool(rig: Rig) -> None:
    rig.take(np.float32)
    size, padding = rig.any_of(1, 2, 3, 4), rig.any_of(0, 1)
    of = convolved(rig, 3, 1, padding, least=size)
    filters, tiling, transforms = winograd_filters(rig, of)
    y, masks, pool, band = pooled(rig, of, size, int(np.lcm(4, size)))
    run = winograd_pooled_kernel(winograd.rows_kernel(tiling.columns), pool_rows_kernel(size))
    room = PooledScratch(band, transforms)
    rig.run(run, filters, rig.picture(of.x, padding), y, masks, PooledSizes(tiling, pool), room, count=len(of.x))
    check_pooled(rig, of, y, size, np.full_like(of.magnitude, WINOGRAD_ERROR * of.magnitude.max()))


def slots(rig: Rig, sizes: ConvolutionSizes, lanes: int) -> tuple[Any, GradientSlot]:
    """Two slots of zeros: their floats, and the first of them as a kernel sees it."""
    floats, biases = weights.slot_floats(sizes, lanes), padded(sizes.out_channels)
    of_w, of_b = rig.zeros(2 * floats), rig.zeros(2 * biases)
    slot = GradientSlot(PerSlot(of_w.reshape(2, floats)), PerSlot(of_b.reshape(2, biases)))
    return (of_w, floats, of_b, biases), slot


def sums(rig: Rig, of: Convolved, of_slots: Any, lanes: int) -> tuple[np.ndarray, np.ndarray]:
    """dL/dw and dL/db of the slots."""
    of_w, floats, of_b, biases = of_slots
    gw, gb = rig.room(of.w.size + 3), rig.room(len(of.b) + 1)
    rig.run(weights.reduce_weight_gradient, of_w, gw, 3, of.sizes, lanes, 2, floats)
    rig.run(weights.reduce_bias_gradient, of_b, gb, 1, len(of.b), 2, biases)
    rig.check(np.isnan(gw[:3]).all() and np.isnan(gb[:1]).all(), "the gradient of other weights is written")
    return gw[3:].reshape(of.w.shape), gb[1:]


@case(
    "convolution.weights:nchwc_gradient",
    "convolution.weights:bias_gradient",
    "convolution.weights:reduce_weight_gradient",
    "convolution.weights:reduce_bias_gradient",
)
def nchwc_gradient(rig: Rig) -> None:
    of = gradient_problem(rig)
    gy, x = rig.normal(*of.expected.shape), rig.picture(of.x, of.sizes.padding)
    view, (of_slots, slot) = rig.picture(gy, rig.any_of(0, 1)), slots(rig, of.sizes, LANES)
    kernel = gradient_kernel(of.sizes.kernel_size, LANES, gy.dtype)
    rig.run(kernel, view, x, slot.w, of.sizes, count=len(gy), block=len(gy))
    rig.run(weights.bias_gradient, view, slot.b, count=len(gy), block=len(gy))
    check_gradients(rig, of, gy, *sums(rig, of, of_slots, LANES))


@case("convolution.weights:nchw_gradient")
def nchw_gradient(rig: Rig) -> None:
    of, relu = gradient_problem(rig), rig.any_of(0, 1)
    gy, y = rig.normal(*of.expected.shape), np.maximum(rig.rare(*of.expected.shape, live=0.6), 0)
    views = rig.picture(gy, rig.any_of(0, 1)), rig.picture(y), rig.picture(of.x, of.sizes.padding, 1)
    of_slots, slot = slots(rig, of.sizes, 1)
    rig.run(
        gradient_kernel(of.sizes.kernel_size, 1, gy.dtype), *views, slot, of.sizes, relu, count=len(gy), block=len(gy)
    )
    check_gradients(rig, of, np.where((y > 0) | (relu == 0), gy, 0), *sums(rig, of, of_slots, 1))


def gradient_problem(rig: Rig) -> Convolved:
    kernel = rig.any_of(1, 2, 3, 4, 5)
    return convolved(rig, kernel, rig.any_of(1, 1, 2, 3), int(rig.random.integers(kernel)))


def check_gradients(
    rig: Rig, of: Convolved, gy: np.ndarray, gw: np.ndarray, gb: np.ndarray, *, more_terms: int = 0
) -> None:
    how, k = {"stride": of.sizes.stride, "padding": of.sizes.padding}, of.sizes.kernel_size
    exact, x = exactly(gy, of.x)
    expected = definition.convolution_weight_gradient(exact, x, k, **how)
    magnitude = definition.convolution_weight_gradient(np.abs(exact), np.abs(x), k, **how)
    terms = gy[:, 0].size + more_terms
    rig.close("gw", gw, expected, magnitude, terms)
    rig.close("gb", gb, exact.sum((0, 2, 3)), np.abs(exact).sum((0, 2, 3)), terms)
