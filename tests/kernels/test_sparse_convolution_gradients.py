"""The sparse gradients of a convolution under a max-pool against the definitions' dense ones in float64."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest

from chainrule.engine.kernels.convolution.operands import ConvolutionSizes, GradientSlot
from chainrule.engine.kernels.convolution.pooled import PooledSizes
from chainrule.engine.kernels.convolution.weights import reduce_bias_gradient, reduce_weight_gradient, slot_floats
from chainrule.engine.kernels.pooling.patches import Pool, argmax_words
from chainrule.engine.kernels.pooling.sparse_input import (
    input_gradient_kernel,
    pack_weights_backward,
    packed_floats,
    scratch_floats,
)
from chainrule.engine.kernels.pooling.sparse_weights import UnitLists, unit_lists, weight_gradient_kernel
from chainrule.engine.layout import Image, View, image
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import LANES, padded
from chainrule.layers.convolution import (
    convolution_bias_gradient,
    convolution_input_gradient,
    convolution_weight_gradient,
)
from chainrule.layers.max_pooling import first_maxima, max_pooling, max_pooling_input_gradient
from chainrule.layers.relu import relu, relu_input_gradient

F32 = np.dtype(np.float32)
EPSILON = float(np.finfo(np.float32).eps)
SCALE = np.float32(1 / (1 - 0.25))
CASES = [  # ic, oc, height, width of x, kernel size, padding, pool's size
    (1, 1, 4, 4, 3, 0, 2),
    (32, 64, 12, 12, 3, 0, 2),
    (17, 30, 9, 10, 3, 0, 2),
    (16, 70, 8, 8, 3, 1, 2),
    (5, 130, 7, 9, 3, 1, 2),
    (20, 33, 6, 6, 1, 0, 2),
    (18, 20, 7, 6, 2, 1, 2),
    (19, 18, 9, 8, 4, 0, 2),
    (3, 20, 11, 9, 5, 2, 2),
    (18, 21, 11, 13, 3, 0, 3),
    (33, 12, 12, 12, 3, 1, 4),
    (17, 16, 6, 6, 3, 0, 1),
]


class Case(NamedTuple):
    """A stage and a batch of it: as in the definitions, and as the engine holds them."""

    sizes: PooledSizes
    w: np.ndarray
    x: np.ndarray
    gy: np.ndarray  # (s, oc, i, j)
    gz: np.ndarray  # dL/dz, z = convolution(w; x) + b: dense, float64
    gy_view: View
    argmax: np.ndarray

    @property
    def shape(self) -> ConvolutionSizes:
        return self.sizes.convolution

    def input_gradient(self, *arguments: Any) -> None:
        input_gradient_kernel(self.shape.kernel_size, self.sizes.pool.size)(*arguments)


def offsets(x: Image, samples: int) -> np.ndarray:
    """(s, c, i, j): where each element stands."""
    s, c, i, j = np.meshgrid(*map(np.arange, (samples, x.channels, x.height, x.width)), indexing="ij")
    row = (x.width + 2 * x.halo) * x.lanes
    block = (x.height + 2 * x.halo) * row
    return s * x.stride + c // x.lanes * block + (i + x.halo) * row + (j + x.halo) * x.lanes + c % x.lanes


def laid_out(values: np.ndarray, x: Image) -> np.ndarray:
    flat = aligned_zeros(len(values) * x.stride)
    flat[offsets(x, len(values))] = values
    return flat


def packed_bits(argmax: np.ndarray) -> np.ndarray:
    """The words of (k, s, c, i, j) bool."""
    argmax = argmax.transpose(1, 3, 4, 0, 2)
    argmax = np.pad(argmax, [(0, 0)] * 4 + [(0, -argmax.shape[-1] % 64)])
    words = np.packbits(argmax, axis=-1, bitorder="little").reshape(-1).view(np.uint64)
    flat = aligned_zeros(len(words), np.uint64)
    flat[:] = words
    return flat


def make_case(case: tuple[int, ...], keep: float = 0.5, samples: int = 3, seed: int = 0) -> Case:
    ic, oc, height, width, kernel, padding, size = case
    rng = np.random.default_rng(seed)
    rows, columns = (n + 2 * padding - kernel + 1 for n in (height, width))
    z = rng.integers(-3, 4, (samples, oc, rows, columns)).astype(float)  # ties, zeros
    y = max_pooling(relu(z), size, size)
    kept = rng.random(y.shape) < keep
    gy, x, w = (
        rng.standard_normal(shape).astype(np.float32)
        for shape in (y.shape, (samples, ic, height, width), (oc, ic, kernel, kernel))
    )
    pooled = gy.astype(float) * kept * SCALE
    gz = relu_input_gradient(max_pooling_input_gradient(pooled, relu(z), y, size, stride=size), z)
    argmax = np.stack(list(first_maxima(relu(z), y, size, size))) & kept & (y > 0)
    gy_image = image(oc, y.shape[2], y.shape[3], seed % 2)
    words = packed_bits(argmax)
    assert len(words) == argmax_words(gy_image, size, samples)
    sizes = PooledSizes(ConvolutionSizes(oc, ic, kernel, 1, padding, rows, columns), Pool(size, 1, SCALE))
    return Case(sizes, w, x, gy, gz, View(laid_out(gy, gy_image), gy_image), words)


def close(ours: np.ndarray, definition: Any, *arguments: np.ndarray) -> None:
    """Within the rounding of float32 of the definition in float64."""
    expected = definition(*(a.astype(float) for a in arguments))
    bound = 32 * EPSILON * definition(*(np.abs(a.astype(float)) for a in arguments))
    assert (np.abs(ours - expected) <= bound).all()


def by_input(case: Case, ranges: list[tuple[int, int]], halo: int = 0) -> np.ndarray:
    samples, ic, height, width = case.x.shape
    gx_image = image(ic, height, width, halo)
    packed = aligned_zeros(packed_floats(case.sizes))
    packed[:] = np.nan
    pack_weights_backward(np.concatenate([[7], case.w.reshape(-1)]).astype(np.float32), 1, packed, case.sizes)
    gx, scratch = aligned_zeros(samples * gx_image.stride), aligned_zeros(scratch_floats(gx_image, case.sizes))
    gx[:] = scratch[:] = 7
    for first, last in ranges:
        case.input_gradient(packed, case.gy_view, case.argmax, View(gx, gx_image), case.sizes, scratch, first, last)
    lanes = offsets(gx_image._replace(channels=padded(ic)), samples)
    assert not np.nan_to_num(gx[lanes[:, ic:]]).any()
    outside = np.ones(gx.size, bool)
    outside[lanes] = False
    assert (gx[outside] == 7).all()
    return gx[offsets(gx_image, samples)]


def room(gy_image: Image) -> UnitLists:
    """One worker's lists."""
    return UnitLists(*(part.array[0] for part in unit_lists(gy_image, 1, F32)))


def add_weights(case: Case, x: View, *others: Any) -> None:
    """By the kernel that takes such an x."""
    slot, lists, first, last = others
    kernel = weight_gradient_kernel(case.shape.kernel_size, x.image.lanes)
    kernel(case.gy_view, case.argmax, x, slot, case.sizes, lists, first, last)


def by_weight(case: Case, ranges: list[tuple[int, int]], lanes: int = LANES) -> tuple[np.ndarray, np.ndarray]:
    """(dL/dw, dL/db), each range of samples being cut into two calls where it can."""
    _, ic, height, width = case.x.shape
    x_image = image(ic, height, width, case.shape.padding, lanes=lanes)
    apart, oc = slot_floats(case.shape, lanes), case.shape.out_channels
    slots, biases = aligned_zeros(len(ranges) * apart), aligned_zeros(len(ranges) * padded(oc))
    x, scratch = laid_out(case.x, x_image), room(case.gy_view.image)
    for k, (first, last) in enumerate(ranges):
        gw, gb = slots[k * apart : (k + 1) * apart], biases[k * padded(oc) : (k + 1) * padded(oc)]
        for part in ((first, (first + last) // 2), ((first + last) // 2, last)):
            add_weights(case, View(x, x_image), GradientSlot(gw, gb), scratch, *part)
    gw, gb = np.zeros(case.w.size, np.float32), np.zeros(oc, np.float32)
    reduce_weight_gradient(slots, gw, 0, case.shape, lanes, len(ranges), apart)
    reduce_bias_gradient(biases, gb, 0, oc, len(ranges), padded(oc))
    return gw.reshape(case.w.shape), gb


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("sizes", CASES)
def test_input_gradient(sizes: tuple[int, ...], seed: int) -> None:
    case = make_case(sizes, seed=seed)
    gx = by_input(case, [(0, 3)], halo=seed)

    def definition(gz: np.ndarray, w: np.ndarray) -> np.ndarray:
        return convolution_input_gradient(gz, case.x.shape, w, padding=case.shape.padding)

    close(gx, definition, case.gz, case.w)
    np.testing.assert_array_equal(gx, by_input(case, [(2, 3), (0, 1), (1, 2)], halo=2))


@pytest.mark.parametrize("lanes", [LANES, 1])
@pytest.mark.parametrize("sizes", CASES)
def test_weight_and_bias_gradient(sizes: tuple[int, ...], lanes: int) -> None:
    case = make_case(sizes, samples=5, seed=lanes)
    gw, gb = by_weight(case, [(0, 5)], lanes)

    def definition(gz: np.ndarray, x: np.ndarray) -> np.ndarray:
        return convolution_weight_gradient(gz, x, case.shape.kernel_size, padding=case.shape.padding)

    close(gw, definition, case.gz, case.x)
    close(gb, convolution_bias_gradient, case.gz)
    close(by_weight(case, [(0, 3), (3, 5)], lanes)[0], definition, case.gz, case.x)


@pytest.mark.parametrize("lanes", [LANES, 1])
def test_a_slot_does_not_depend_on_how_its_samples_are_split(lanes: int) -> None:
    case = make_case(CASES[2], samples=6)
    x_image = image(case.shape.in_channels, case.x.shape[2], case.x.shape[3], 0, lanes=lanes)
    x, scratch = laid_out(case.x, x_image), room(case.gy_view.image)
    results = []
    for cuts in ([0, 6], [0, 1, 2, 3, 4, 5, 6], [0, 4, 6]):
        gw, gb = aligned_zeros(slot_floats(case.shape, lanes)), aligned_zeros(padded(case.shape.out_channels))
        for first, last in pairwise(cuts):
            add_weights(case, View(x, x_image), GradientSlot(gw, gb), scratch, first, last)
        results.append((gw, gb))
    for gw, gb in results[1:]:
        np.testing.assert_array_equal(gw, results[0][0])
        np.testing.assert_array_equal(gb, results[0][1])


@pytest.mark.parametrize("keep", [0.0, 1.0])
def test_none_live_and_all_live(keep: float) -> None:
    case = make_case(CASES[1], keep)
    close(by_input(case, [(0, 3)]), lambda g, w: convolution_input_gradient(g, case.x.shape, w), case.gz, case.w)
    close(by_weight(case, [(0, 3)])[0], lambda g, x: convolution_weight_gradient(g, x, 3), case.gz, case.x)


def test_dead_units_are_not_read_and_nan_propagates() -> None:
    case = make_case(CASES[2])
    live = np.zeros(case.gy.shape, bool)
    size = case.sizes.pool.size
    for di in range(size):
        for dj in range(size):
            rows, columns = case.gy.shape[2] * size, case.gy.shape[3] * size
            live |= case.gz[:, :, di:rows:size, dj:columns:size] != 0
    gy = np.where(live, case.gy, np.nan)
    same = case._replace(gy_view=case.gy_view._replace(values=laid_out(gy, case.gy_view.image)))
    np.testing.assert_array_equal(by_input(same, [(0, 3)]), by_input(case, [(0, 3)]))
    for lanes in (LANES, 1):
        for a, b in zip(by_weight(same, [(0, 3)], lanes), by_weight(case, [(0, 3)], lanes), strict=True):
            np.testing.assert_array_equal(a, b)
    s, c, i, j = np.argwhere(live)[3]
    gy = case.gy.copy()
    gy[s, c, i, j] = np.nan
    ill = case._replace(gy_view=case.gy_view._replace(values=laid_out(gy, case.gy_view.image)))
    found = np.isnan(by_input(ill, [(0, 3)]))
    assert found.sum() == 9 * case.shape.in_channels
    for lanes in (LANES, 1):
        gw, gb = by_weight(ill, [(0, 3)], lanes)
        assert np.isnan(gw[c]).all()
        assert np.isnan(gb[c])
        assert np.isnan(gw).sum() == gw[c].size
