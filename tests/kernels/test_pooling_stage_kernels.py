"""The kernels of poolings that stand alone against their definitions, between images with any halos."""

import numpy as np
import pytest

from chainrule.engine.kernels.pooling.average import average_pooling, average_pooling_input_gradient
from chainrule.engine.kernels.pooling.max import max_pooling_input_gradient, max_pooling_kernel
from chainrule.engine.kernels.pooling.patches import NO_ARGMAX, NO_KEEP, Pool, PoolMasks, argmax_words
from chainrule.engine.layout import Image, View, image
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.stages.value import Value
from chainrule.layers import average_pooling as average
from chainrule.layers import max_pooling as largest

SAMPLES = 3
CASES = [  # channels, height, width, size, halo of x, halo of y
    (1, 2, 2, 2, 0, 0),
    (5, 7, 6, 2, 1, 0),
    (16, 4, 9, 3, 0, 2),
    (33, 8, 9, 4, 2, 1),
    (70, 5, 4, 2, 1, 1),
    (130, 3, 3, 1, 0, 0),
]


def values_of(channels: int, height: int, width: int, halo: int = 0) -> Value:
    """Room for an image and its gradient."""
    plain, at = image(channels, height, width), image(channels, height, width, halo)
    return Value(View(aligned_zeros(SAMPLES * at.stride), at), View(aligned_zeros(SAMPLES * plain.stride), plain))


def room(case: tuple[int, ...]) -> tuple[Value, Value]:
    """x and y of a case."""
    channels, height, width, size, x_halo, y_halo = case
    return values_of(channels, height, width, x_halo), values_of(channels, height // size, width // size, y_halo)


def shape(at: Image) -> tuple[int, int, int, int]:
    return SAMPLES, at.channels, at.height, at.width


def check_only_pixels(values: Value, gradient: bool = False) -> None:
    """Padded lanes, the halo and what is between the samples are 0."""
    at = values.image
    twin = values_of(at.channels, at.height, at.width, at.halo)
    twin.put(values.canonical(SAMPLES, gradient), gradient)
    ours, expected = (v.gradient if gradient else v.view for v in (values, twin))
    np.testing.assert_array_equal(ours.values, expected.values)


def special(rng: np.random.Generator, at: Image) -> np.ndarray:
    """Few different numbers, so that there are ties, some of them NaN or infinite."""
    values = rng.integers(-2, 3, shape(at)).astype(np.float32)
    rare = rng.random(values.shape)
    values[rare < 0.05], values[rare > 0.97] = np.nan, np.inf
    return values


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("special_gradient", [False, True])
def test_max_pooling(case: tuple[int, ...], special_gradient: bool) -> None:
    size, (x, y), rng = case[3], room(case), np.random.default_rng(0)
    values = special(rng, x.image)
    gy = special(rng, y.image) if special_gradient else rng.standard_normal(shape(y.image)).astype(np.float32)
    x.put(values)
    y.put(gy, gradient=True)
    argmax = np.full(argmax_words(y.gradient.image, size, SAMPLES), 2**64 - 1, np.uint64)
    for first, last in ((1, 3), (0, 1)):
        pool, masks = Pool(size, 0, np.float32(1)), PoolMasks(argmax, View(NO_KEEP, y.gradient.image))
        max_pooling_kernel(size)(x.view, y.view, masks, pool, first, last)
        max_pooling_input_gradient(y.gradient, argmax, x.gradient, size, first, last)
    expected = largest.max_pooling(values, size, size)
    with np.errstate(invalid="ignore"):
        expected_gx = largest.max_pooling_input_gradient(gy, values, expected, size, stride=size)
    np.testing.assert_array_equal(y.canonical(SAMPLES), expected)
    np.testing.assert_array_equal(x.canonical(SAMPLES, gradient=True), expected_gx)
    check_only_pixels(y)
    check_only_pixels(x, gradient=True)


def test_max_pooling_without_an_argmax_mask() -> None:
    x, y = room(CASES[1])
    values = np.random.default_rng(0).standard_normal(shape(x.image)).astype(np.float32)
    x.put(values)
    masks = PoolMasks(NO_ARGMAX, View(NO_KEEP, y.gradient.image))
    max_pooling_kernel(2)(x.view, y.view, masks, Pool(2, 0, np.float32(1)), 0, SAMPLES)
    np.testing.assert_array_equal(y.canonical(SAMPLES), largest.max_pooling(values))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_average_pooling(case: tuple[int, ...]) -> None:
    size, (x, y), rng = case[3], room(case), np.random.default_rng(0)
    values, gy = (rng.standard_normal(shape(v.image)).astype(np.float32) for v in (x, y))
    values[0, 0, 0, 0] = np.nan
    x.put(values)
    y.put(gy, gradient=True)
    for first, last in ((1, 3), (0, 1)):
        average_pooling(x.view, y.view, size, first, last)
        average_pooling_input_gradient(y.gradient, x.gradient, size, first, last)
    expected = average.average_pooling(values.astype(float), size, size)
    expected_gx = average.average_pooling_input_gradient(gy.astype(float), values.shape, size, size)
    np.testing.assert_allclose(y.canonical(SAMPLES), expected, rtol=1e-6, atol=2e-6)
    np.testing.assert_allclose(x.canonical(SAMPLES, gradient=True), expected_gx, rtol=2e-7)
    check_only_pixels(y)
    check_only_pixels(x, gradient=True)
