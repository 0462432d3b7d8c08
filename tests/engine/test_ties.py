"""Which element of a patch wins, and where a ReLU lets a gradient pass, in every kernel that pools or has a ReLU.

All 75 orderings of a 2x2 patch, ties included, and patches of NaN, infinities and zeros of both signs. What is right is
said here by hand: the first NaN, or else the first maximum; ReLU passes what is above 0, and NaN.
"""

from itertools import product
from typing import Any

import numpy as np
import pytest
from torture.kernels.convolutions import Convolved, direct_filters, pooled, slots, sums, winograd_filters
from torture.kernels.poolings import lists, packed_bits
from torture.kernels.rig import Rig, image_of, offsets

from chainrule.engine.kernels import elementwise
from chainrule.engine.kernels.convolution import direct, weights, winograd
from chainrule.engine.kernels.convolution.operands import ConvolutionSizes
from chainrule.engine.kernels.convolution.pooled import (
    PooledScratch,
    PooledSizes,
    direct_pooled_kernel,
    winograd_convolution_kernel,
    winograd_pooled_kernel,
)
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.kernels.pooling import max as largest
from chainrule.engine.kernels.pooling import sparse_input, sparse_weights
from chainrule.engine.kernels.pooling.patches import Pool, PoolMasks, argmax_words, pool_rows_kernel
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import PerWorker
from chainrule.engine.simd import LANES
from chainrule.layers.max_pooling import first_maxima, max_pooling, max_pooling_input_gradient

ONE = np.float32(1)
ORDERINGS = sorted({tuple(sorted(set(p)).index(v) for v in p) for p in product(range(4), repeat=4)})
SPECIAL = list(product([np.nan, -np.inf, -0.0, 0.0, 1.0, np.inf], repeat=4))
every_patch = pytest.mark.parametrize("patches", [ORDERINGS, SPECIAL], ids=["orderings", "special"])
with_and_without_relu = pytest.mark.parametrize("relu", [0, 1])


def picture_of(patches: list[tuple[float, ...]]) -> np.ndarray:
    """(1, 1, 2, 2 n): the patches side by side; orderings are of numbers below, at and above 0."""
    table = np.array(patches, np.float32) - (0 if patches is SPECIAL else 1)
    return table.reshape(1, -1, 2, 2).transpose(0, 2, 1, 3).reshape(1, 1, 2, -1)


def winners_of(x: np.ndarray, relu: int) -> np.ndarray:
    """(4, s, c, i, j): whether element k wins its patch and lives, by hand."""
    s, c, h, w = x.shape
    patches = x.reshape(s, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(-1, 4)
    won = np.zeros(patches.shape, bool)
    for patch, row in zip(patches, won, strict=True):
        values = [value if value != value or not relu else max(float(value), 0.0) for value in patch]
        nans = [k for k, value in enumerate(values) if value != value]
        first = nans[0] if nans else values.index(max(values))
        row[first] = not relu or bool(nans) or values[first] > 0
    return won.reshape(s, c, h // 2, w // 2, 4).transpose(4, 0, 1, 2, 3)


def gradients_of(x: np.ndarray) -> np.ndarray:
    """A dL/dy for the pool of x, all different."""
    return np.arange(1, x.size // 4 + 1, dtype=np.float32).reshape(1, x.shape[1], 1, -1)


def spread(winners: np.ndarray, gy: np.ndarray) -> np.ndarray:
    """dL/dx: dL/dy where the winners are."""
    table = (winners * gy).transpose(1, 2, 3, 4, 0)
    s, c, h, w, _ = table.shape
    return table.reshape(s, c, h, w, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(s, c, 2 * h, 2 * w)


def numbers(view: View, samples: int = 1) -> np.ndarray:
    """(s, c, i, j); padded lanes may hold 0 times infinity."""
    return view.values[offsets(view.image, samples)]


def test_there_are_75_orderings() -> None:
    assert len(ORDERINGS) == 75


@every_patch
def test_the_definition(patches: list[tuple[float, ...]]) -> None:
    x = picture_of(patches)
    y, winners = max_pooling(x), winners_of(x, 0)
    np.testing.assert_array_equal(np.stack(list(first_maxima(x, y))), winners)
    np.testing.assert_array_equal(max_pooling_input_gradient(gradients_of(x), x, y), spread(winners, gradients_of(x)))


@every_patch
@with_and_without_relu
def test_a_pool_of_an_image(patches: list[tuple[float, ...]], relu: int) -> None:
    rig, x = Rig(0, np.float32), picture_of(patches)
    gy, winners = gradients_of(x), winners_of(x, relu)
    argmax, nothing = rig.room(argmax_words(image_of(gy.shape), 2, 1), np.uint64), rig.room(0, np.uint8)
    masks, pool = PoolMasks(argmax, View(nothing, image_of(gy.shape))), Pool(2, relu, ONE)
    y, gx = rig.blank(1, image_of(gy.shape)), rig.blank(1, image_of(x.shape))
    rig.run(largest.max_pooling_kernel(2), rig.picture(x), y, masks, pool)
    rig.run(largest.max_pooling_input_gradient, rig.picture(gy), argmax, gx, 2)
    np.testing.assert_array_equal(numbers(y), max_pooling(np.maximum(x, 0) if relu else x))
    np.testing.assert_array_equal(argmax, packed_bits(rig, winners))
    np.testing.assert_array_equal(numbers(gx), spread(winners, gy))
    assert not rig.end()


def as_convolved(x: np.ndarray) -> Convolved:
    """The convolution that leaves x as it is: of one pixel, by 1."""
    sizes = ConvolutionSizes(1, 1, 1, 1, 0, *x.shape[2:])
    return Convolved(x, np.ones((1, 1, 1, 1), np.float32), np.zeros(1, np.float32), sizes, x, x)


@every_patch
@with_and_without_relu
def test_a_pool_under_a_convolution(patches: list[tuple[float, ...]], relu: int) -> None:
    """Forward, and back by the sparse kernels: to x, and to w by what stands at the winners."""
    rig, x = Rig(0, np.float32), picture_of(patches)
    gy, winners, of = gradients_of(x), winners_of(x, relu), as_convolved(x)
    y, masks, pool, band = pooled(rig, of, 2, 2)
    sizes = PooledSizes(of.sizes, pool._replace(relu=relu))
    room = PooledScratch(band, PerWorker(rig.room(rig.threads).reshape(rig.threads, 1)))
    kernel = direct_pooled_kernel(direct.kernels_for(of.sizes, of.x.dtype)[0], pool_rows_kernel(2))
    rig.run(kernel, direct_filters(rig, of), rig.picture(x), y, masks, sizes, room)
    np.testing.assert_array_equal(numbers(y), max_pooling(np.maximum(x, 0) if relu else x))
    np.testing.assert_array_equal(masks.argmax, packed_bits(rig, winners))
    packed, gx = rig.room(sparse_input.packed_floats(sizes)), rig.blank(1, image_of(x.shape))
    rig.run(sparse_input.pack_weights_backward, rig.given(of.w), 0, packed, sizes)
    back = packed, rig.picture(gy), masks.argmax, gx, sizes
    rig.run(sparse_input.input_gradient_kernel(1, 2), *back, PerWorker(rig.room(rig.threads).reshape(-1, 1)))
    np.testing.assert_array_equal(rig.numbers(gx, "gx"), spread(winners, gy))
    places = np.arange(x.size, dtype=np.float32).reshape(x.shape) % 5
    for lanes in (LANES, 1):
        of_slots, slot = slots(rig, of.sizes, lanes)
        where = rig.picture(gy), masks.argmax, rig.picture(places, 0, lanes), slot, sizes, lists(rig, y.image)
        rig.run(sparse_weights.weight_gradient_kernel(1, lanes), *where)
        gw, gb = sums(rig, of, of_slots, lanes)
        assert gw.item() == (spread(winners, gy) * places).sum()
        assert gb.item() == spread(winners, gy).sum()
    assert not rig.end()


@with_and_without_relu
def test_a_pool_under_winograds_algorithm(relu: int) -> None:
    """Of what it computed itself, whose rounding breaks ties; where all filters are 0 none is broken."""
    rig = Rig(0, np.float32)
    w = rig.normal(20, 3, 3, 3)
    w[::2] = 0
    sizes, x, b = ConvolutionSizes(20, 3, 3, 1, 1, 9, 10), rig.normal(2, 3, 9, 10), rig.normal(20)
    of = Convolved(x, w, b, sizes, np.zeros((2, 20, 9, 10)), x)
    filters, tiling, scratch = winograd_filters(rig, of)
    rows, z = winograd.rows_kernel(tiling.columns), rig.blank(2, image_of(of.expected.shape))
    rig.run(winograd_convolution_kernel(rows), filters, rig.picture(x, 1), z, tiling, scratch, count=2)
    y, masks, pool, band = pooled(rig, of, 2, 4)
    how = PooledSizes(tiling, pool._replace(relu=relu)), PooledScratch(band, scratch)
    rig.run(winograd_pooled_kernel(rows, pool_rows_kernel(2)), filters, rig.picture(x, 1), y, masks, *how, count=2)
    found = numbers(z, 2)[:, :, :8]
    np.testing.assert_array_equal(numbers(y, 2), max_pooling(np.maximum(found, 0) if relu else found))
    np.testing.assert_array_equal(masks.argmax, packed_bits(rig, winners_of(found, relu)))


X = np.array([0.0, -0.0, 1e-40, -1e-40, 1e-30, -1e-30, np.inf, -np.inf, np.nan], np.float32).reshape(1, 1, 1, -1)
Y = np.array([0, 0, 0, 0, 1e-30, 0, np.inf, 0, np.nan], np.float32)  # subnormals count as 0 where kernels run
PASSES = np.array([0, 0, 0, 0, 1, 0, 1, 0, 1])
AT_ZERO = np.array([1, 1, 1, 1, 1, 0, 1, 0, 1])  # with a derivative of 1 at 0


def test_relu_alone_and_in_a_convolution() -> None:
    rig, of = Rig(0, np.float32), as_convolved(X)
    fused, alone = (rig.blank(1, image_of(X.shape)) for _ in range(2))
    rig.run(direct.kernels_for(of.sizes, of.x.dtype)[1], direct_filters(rig, of), rig.picture(X), fused, of.sizes, 1)
    rig.run(elementwise.relu, rig.picture(X), alone)
    np.testing.assert_array_equal(numbers(fused)[0, 0, 0], Y)
    np.testing.assert_array_equal(numbers(alone)[0, 0, 0], Y)


@pytest.mark.parametrize(
    ("function", "expected"),
    [(elementwise.rectified_gradient, PASSES), (elementwise.rectified_gradient_at_zero, AT_ZERO)],
)
def test_the_gradient_of_a_relu_alone(function: Any, expected: np.ndarray) -> None:
    rig, gx = Rig(0, np.float32), Rig(0, np.float32).blank(1, image_of(X.shape))
    rig.run(elementwise.of_two(function), rig.picture(np.full_like(X, 3)), rig.picture(X), gx)
    np.testing.assert_array_equal(numbers(gx)[0, 0, 0], 3 * expected)


def test_the_gradient_of_a_fused_relu() -> None:
    """From y: copied, or on its way to the weights."""
    rig, y, gy = Rig(0, np.float32), Y.reshape(X.shape), np.full_like(X, 3)
    gz = rig.blank(1, image_of(X.shape))
    rig.run(copy_gradient, rig.picture(gy), rig.picture(y), gz, 1, ONE)
    np.testing.assert_array_equal(numbers(gz)[0, 0, 0], 3 * PASSES)
    of = as_convolved(np.arange(9, dtype=np.float32).reshape(X.shape))
    of_slots, slot = slots(rig, of.sizes, 1)
    kernel = weights.make_nchw_gradient(1, 1)
    rig.run(kernel, rig.picture(gy), rig.picture(y), rig.picture(of.x, 0, 1), slot, of.sizes, 1)
    gw, gb = sums(rig, of, of_slots, 1)
    assert gw.item() == (3 * PASSES * np.arange(9)).sum()
    assert gb.item() == (3 * PASSES).sum()
