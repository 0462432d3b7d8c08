"""The elementwise kernels against the layers' definitions, between images with any halos."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

from chainrule.engine.kernels import activations, elementary, samples
from chainrule.engine.kernels import elementwise as kernels
from chainrule.engine.layout import Image, View, image
from chainrule.engine.runtime.denormals import denormals_flushed
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import LANES
from chainrule.engine.stages.activations import ApproximateGELUStage, GELUStage, SiLUStage, SoftplusStage
from chainrule.layers.dropout import dropout, dropout_input_gradient
from chainrule.layers.gelu import density, gelu, gelu_input_gradient, probability_below
from chainrule.layers.relu import relu, relu_input_gradient
from chainrule.layers.sigmoid import sigmoid, sigmoid_input_gradient
from chainrule.layers.silu import silu, silu_input_gradient
from chainrule.layers.softplus import softplus, softplus_input_gradient
from chainrule.layers.tanh import tanh, tanh_input_gradient
from chainrule.network.scaling import Scaling

SAMPLES, UNTOUCHED = 3, -7.0
SIZES = [(1, 1, 1), (5, 3, 4), (LANES, 2, 2), (LANES + 3, 5, 1), (2 * LANES, 1, 7), (10, 1, 1), (100, 1, 1)]
HALOS = [(0, 0), (1, 0), (0, 2), (1, 1)]


def inside(flat: np.ndarray, at: Image) -> np.ndarray:
    """The view (s, block, i, j, lane) of the pixels."""
    f, blocks = at.halo, -(-at.channels // at.lanes)
    shape = SAMPLES, blocks, at.height + 2 * f, at.width + 2 * f, at.lanes
    sample = flat.reshape(SAMPLES, at.stride)[:, : int(np.prod(shape[1:]))]
    return sample.reshape(shape)[:, :, f : f + at.height, f : f + at.width]


def blocked(values: np.ndarray, at: Image) -> np.ndarray:
    """(s, block, i, j, lane), zero in padded lanes, from (s, c, i, j)."""
    blocks = -(-at.channels // at.lanes)
    full = np.zeros((SAMPLES, blocks * at.lanes, at.height, at.width), values.dtype)
    full[:, : at.channels] = values
    return full.reshape(SAMPLES, blocks, at.lanes, at.height, at.width).transpose(0, 1, 3, 4, 2)


def put(values: np.ndarray, at: Image) -> np.ndarray:
    """The buffer that holds (s, c, i, j) as the image lies."""
    flat = aligned_zeros(SAMPLES * at.stride, values.dtype.type)
    inside(flat, at)[:] = blocked(values, at)
    return flat


def check(flat: np.ndarray, at: Image, expected: np.ndarray, tolerance: float = 0) -> None:
    """The buffer holds `expected`, zero in padded lanes, and is untouched elsewhere."""
    np.testing.assert_allclose(inside(flat, at), blocked(expected, at), rtol=tolerance, atol=0)
    rest = flat.copy()
    inside(rest, at)[:] = UNTOUCHED
    assert (rest == UNTOUCHED).all()


def room(at: Image) -> np.ndarray:
    flat = aligned_zeros(SAMPLES * at.stride)
    flat[:] = UNTOUCHED
    return flat


def images(size: tuple[int, int, int], halos: tuple[int, int]) -> tuple[Image, Image, Image]:
    """Of x, of y and of the gradients."""
    return image(*size, halo=halos[0]), image(*size, halo=halos[1]), image(*size)


def numbers(size: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    """(s, *size) of all signs and magnitudes, with zeros."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(SAMPLES, *size)) * 10.0 ** random.integers(-3, 2, (SAMPLES, *size))
    values.reshape(-1)[::5] = 0
    return values.astype(np.float32)


FORWARD = [
    (kernels.identity, np.copy, 0),
    (kernels.relu, relu, 0),
    (kernels.sigmoid, sigmoid, 4e-7),
    (kernels.tanh, lambda x: tanh(x.astype(np.float64)), 4e-7),
]
BACKWARD = [
    (kernels.of_two(kernels.logistic_gradient), sigmoid_input_gradient),
    (kernels.of_two(kernels.hyperbolic_tangent_gradient), tanh_input_gradient),
]
RELU_GRADIENTS = [kernels.of_two(f) for f in (kernels.rectified_gradient, kernels.rectified_gradient_at_zero)]


@pytest.mark.parametrize(("kernel", "definition", "tolerance"), FORWARD)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("halos", HALOS, ids=str)
def test_forward(
    kernel: Callable[..., None],
    definition: Callable[[np.ndarray], np.ndarray],
    tolerance: float,
    size: tuple[int, int, int],
    halos: tuple[int, int],
) -> None:
    xi, yi, _ = images(size, halos)
    x, y = numbers(size), room(yi)
    flat = put(x, xi)
    kernel(View(flat, xi), View(y, yi), 1, SAMPLES)
    assert (y[: yi.stride] == UNTOUCHED).all()
    kernel(View(flat, xi), View(y, yi), 0, 1)
    check(y, yi, definition(x), tolerance)
    np.testing.assert_array_equal(flat, put(x, xi))


@pytest.mark.parametrize("at_zero", [0, 1])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("halos", HALOS, ids=str)
def test_relu_input_gradient(size: tuple[int, int, int], halos: tuple[int, int], at_zero: int) -> None:
    xi, _, gi = images(size, halos)
    x, gy, gx = numbers(size), numbers(size, seed=1), room(gi)
    RELU_GRADIENTS[at_zero](View(put(gy, gi), gi), View(put(x, xi), xi), View(gx, gi), 0, SAMPLES)
    check(gx, gi, relu_input_gradient(gy, x, at_zero))


@pytest.mark.parametrize(("kernel", "definition"), BACKWARD)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("halos", HALOS, ids=str)
def test_input_gradient_from_y(
    kernel: Callable[..., None],
    definition: Callable[[np.ndarray, np.ndarray], np.ndarray],
    size: tuple[int, int, int],
    halos: tuple[int, int],
) -> None:
    _, yi, gi = images(size, halos)
    y, gy, gx = sigmoid(numbers(size)), numbers(size, seed=1), room(gi)
    kernel(View(put(gy, gi), gi), View(put(y, yi), yi), View(gx, gi), 0, SAMPLES)
    check(gx, gi, definition(gy, y))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("halos", HALOS, ids=str)
def test_dropout(size: tuple[int, int, int], halos: tuple[int, int]) -> None:
    xi, yi, gi = images(size, halos)
    x, y, gx, p = numbers(size), room(yi), room(gi), 0.3
    keep = np.random.default_rng(0).random(x.shape) >= p
    mask, scale = put(keep.astype(np.uint8), gi), np.float32(1 / (1 - p))
    kernels.dropout(View(put(x, xi), xi), View(mask, gi), View(y, yi), scale, 0, SAMPLES)
    check(y, yi, dropout(x, keep, p))
    kernels.dropout(View(put(x, gi), gi), View(mask, gi), View(gx, gi), scale, 0, SAMPLES)
    check(gx, gi, dropout_input_gradient(x, keep, p))


def test_nchw_and_special_values() -> None:
    at = image(1, 1, 6, lanes=1)
    x = np.tile(np.array([np.nan, np.inf, -np.inf, 0, 1e-40, 1e9], np.float32), (SAMPLES, 1, 1, 1))
    for kernel, expected in [
        (kernels.relu, [np.nan, np.inf, 0, 0, 1e-40, 1e9]),
        (kernels.sigmoid, [np.nan, 1, 0, 0.5, 0.5, 1]),
        (kernels.tanh, [np.nan, 1, -1, 0, 1e-40, 1]),
    ]:
        y = room(at)
        kernel(View(put(x, at), at), View(y, at), 0, SAMPLES)
        np.testing.assert_array_equal(y[:6], np.array(expected, np.float32))
    gy, gx = np.tile(np.array([1, 1, 1, 1, np.nan, np.inf], np.float32), (SAMPLES, 1, 1, 1)), room(at)
    RELU_GRADIENTS[0](View(put(gy, at), at), View(put(-np.abs(x), at), at), View(gx, at), 0, SAMPLES)
    np.testing.assert_array_equal(gx[:6], np.array([1, 0, 0, 0, np.nan, np.nan], np.float32))


TINY = 2.0**-126  # the least normal number
LEAST = -87.33654475  # log of that
LEAST_DOUBLE = -708.3964185322641  # log of the least normal float64


def of_numbers(kernel: Callable[..., None], x: np.ndarray, flushed: bool = False) -> np.ndarray:
    """y of x (n,); `flushed`: as in an engine's threads, subnormals being 0."""
    at = image(len(x), 1, 1)
    y, flat = (aligned_zeros(at.stride, x.dtype.type) for _ in range(2))
    flat[: len(x)] = x
    with denormals_flushed() if flushed else nullcontext():
        kernel(View(flat, at), View(y, at), 0, 1)
    return y[: len(x)]


def numbers_to(end: float, kind: np.finfo) -> np.ndarray:
    """(n,) from 0 to `end`: of all magnitudes, evenly spread, and those next to -2 and to the end."""
    few, size = np.arange(9000), kind.dtype.type(abs(end))
    parts = [np.geomspace(1e-30, size, 50000), np.linspace(0, 20, 50000), 2 + few * 2 * kind.eps]
    near_end = size - few * np.spacing(size)
    return np.copysign(np.concatenate([*parts, near_end]), end).astype(kind.dtype)


exponential = kernels.of_one(elementary.exponential)
ACCURATE = [
    (exponential, np.exp, ["least"]),
    (kernels.sigmoid, lambda x: 1 / (1 + np.exp(-x)), ["least", 87.0]),
    (kernels.tanh, np.tanh, [-87.0, 87.0]),
]

SINGLE = [
    (kernels.of_one(activations.gaussian), lambda x: x * probability_below(x), [-13.0, 87.0]),
    (kernels.of_one(activations.approximate_gaussian), lambda x: x * probability_below(x, True), [-10.0, 87.0]),
    (kernels.of_one(activations.weighted), silu, [-91.0, 87.0]),
    (kernels.of_one(activations.smooth), softplus, [LEAST, 87.0]),
    (kernels.of_one(activations.exponential_less_1), np.expm1, [-100.0]),
]
"""Of float32 alone."""
KINDS = [(np.float32, np.float64, LEAST), (np.float64, np.longdouble, LEAST_DOUBLE)]
TRIED = [(*kind, *curve) for kind in KINDS for curve in ACCURATE] + [(*KINDS[0], *curve) for curve in SINGLE]


def ulps_of(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """|found - expected| in units in the last place of found's type, where expected is a normal number of it."""
    kind = np.finfo(found.dtype)
    found, expected = (each[np.abs(expected) >= kind.tiny] for each in (found, expected))
    return np.abs(found - expected) / np.exp2(np.floor(np.log2(np.abs(expected))) - kind.nmant)


@pytest.mark.parametrize("flushed", [False, True])
@pytest.mark.parametrize(("dtype", "more_exact", "least", "kernel", "exact", "ends"), TRIED)
def test_curves_are_within_2_ulp(dtype: Any, more_exact: Any, least: float, kernel: Any, exact: Any, ends: list[Any],
                                 flushed: bool) -> None:  # fmt: skip
    """Of normal numbers, where the result is one: of float32 all of these are tried by `make torture`."""
    kind = np.finfo(dtype)
    x = np.concatenate([numbers_to(least if end == "least" else end, kind) for end in ends])
    ulps = ulps_of(of_numbers(kernel, x, flushed), exact(x.astype(more_exact)))
    assert len(ulps) > 100000
    assert ulps.max() <= 2


def normal_below(x: np.ndarray) -> np.ndarray:
    """P(x) of longdoubles: near 0 by its power series, far from it by Laplace's continued fraction."""
    a = np.abs(x)
    density = np.exp(-a * a / 2) / np.sqrt(8 * np.arctan(np.longdouble(1)))
    term, series, fraction = a, np.zeros_like(a), np.zeros_like(a)
    for k in range(1, 60):
        series, term = series + term, term * np.minimum(a, 2) ** 2 / (2 * k + 1)
    for k in range(200, 0, -1):
        fraction = k / (np.maximum(a, 2) + fraction)
    tail = np.where(a < 2, 0.5 - density * series, density / (np.maximum(a, 2) + fraction))
    return np.where(x < 0, tail, 1 - tail)


DOUBLE = [  # and the units in the last place that it may be off
    (kernels.of_one(activations.gaussian), lambda x: x * normal_below(x), [-37.5, 87.0], 5),
    (kernels.of_one(activations.weighted), silu, [-714.0, 87.0], 3),
    (kernels.of_one(activations.smooth), softplus, [LEAST_DOUBLE, 700.0], 2),
    (kernels.of_one(activations.exponential_less_1), np.expm1, [-750.0], 2),
]


@pytest.mark.parametrize("flushed", [False, True])
@pytest.mark.parametrize(("kernel", "exact", "ends", "most"), DOUBLE)
def test_other_curves_of_float64(kernel: Any, exact: Any, ends: list[float], most: float, flushed: bool) -> None:
    x = np.concatenate([numbers_to(end, np.finfo(np.float64)) for end in ends])
    ulps = ulps_of(of_numbers(kernel, x, flushed), exact(x.astype(np.longdouble)))
    assert len(ulps) > 100000
    assert ulps.max() <= most


def test_the_approximation_of_gelu_in_float64() -> None:
    """What rounding its score changes, P has lost: |2u| units in the last place, some times."""
    x = np.concatenate([numbers_to(end, np.finfo(np.float64)) for end in (-21.0, 87.0)])
    expected = x * probability_below(x.astype(np.longdouble), True)
    off = np.abs(of_numbers(kernels.of_one(activations.approximate_gaussian), x) - expected)
    assert (off <= 1e-15 * np.maximum(np.abs(x), 1)).all()
    score = 1.6 * np.abs(x) * (1 + 0.045 * x * x)
    assert (off <= 2.0**-53 * (5 + 4 * score) * np.abs(expected)).all()


GRADIENTS = [
    (activations.gaussian_gradient, lambda gy, x: gy * (normal_below(x) + x * density(x))),
    (activations.approximate_gaussian_gradient, lambda gy, x: gelu_input_gradient(gy, x, True)),
    (activations.weighted_gradient, silu_input_gradient),
    (activations.smooth_gradient, softplus_input_gradient),
]


@pytest.mark.parametrize(("derivative", "definition"), GRADIENTS)
def test_derivatives_of_float64(derivative: Any, definition: Callable[..., np.ndarray]) -> None:
    x = np.concatenate([numbers_to(end, np.finfo(np.float64)) for end in (-800.0, 800.0)])
    gy, at = np.cos(x), image(len(x), 1, 1)
    given, known, gx = (aligned_zeros(at.stride, np.float64) for _ in range(3))
    given[: len(x)], known[: len(x)] = gy, x
    kernels.of_two(derivative)(View(given, at), View(known, at), View(gx, at), 0, 1)
    expected = definition(gy.astype(np.longdouble), x.astype(np.longdouble))
    np.testing.assert_allclose(gx[: len(x)], expected.astype(np.float64), rtol=2e-15, atol=2e-15)


ENDS = np.array([0.0, -0.0, 1e-40, -1e-40, 50.0, -50.0, 1e30, -1e30, np.inf, -np.inf, np.nan])
OF_X: list[tuple[Any, Callable[..., np.ndarray], Callable[..., np.ndarray]]] = [
    (GELUStage, gelu, gelu_input_gradient),
    (ApproximateGELUStage, lambda x: gelu(x, True), lambda gy, x: gelu_input_gradient(gy, x, True)),
    (SiLUStage, silu, silu_input_gradient),
    (SoftplusStage, softplus, softplus_input_gradient),
]


@pytest.mark.parametrize(("stage", "definition", "gradient"), OF_X)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_at_the_ends_of_the_number_line_they_are_as_defined(
    dtype: type, stage: Any, definition: Callable[..., np.ndarray], gradient: Callable[..., np.ndarray]
) -> None:
    x = ENDS.astype(dtype)
    at = image(len(x), 1, 1)
    y, given, ones = aligned_zeros(at.stride, dtype), aligned_zeros(at.stride, dtype), np.ones(at.stride, dtype)
    given[: len(x)] = x
    kernels.of_one(stage.function)(View(given, at), View(y, at), 0, 1)
    with np.errstate(invalid="ignore", over="ignore"):
        right, right_gx = definition(x), gradient(ones[: len(x)], x)
    found = y[: len(x)].copy()
    kernels.of_two(stage.derivative)(View(ones, at), View(given, at), View(y, at), 0, 1)
    eps = 4 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(found, right, rtol=eps, atol=1e-300)
    np.testing.assert_allclose(y[: len(x)], right_gx, rtol=eps, atol=1e-300)
    number = ~np.isnan(right)
    np.testing.assert_array_equal(np.signbit(found)[number], np.signbit(right)[number])


SPECIAL = np.array([0.0, -0.0, 1e-40, -1e-40, np.inf, -np.inf, np.nan, -np.nan, 3e38, -3e38], np.float32)
SPECIAL_VALUES: list[tuple[Any, list[float], list[float]]] = [  # of a kernel: with subnormals as they are, and flushed
    (kernels.relu, [0, 0, 1e-40, 0, np.inf, 0, np.nan, np.nan, 3e38, 0], [0, 0, 0, 0]),
    (kernels.sigmoid, [0.5, 0.5, 0.5, 0.5, 1, 0, np.nan, np.nan, 1, 0], [0.5, 0.5, 0.5, 0.5]),
    (kernels.tanh, [0, -0.0, 1e-40, -1e-40, 1, -1, np.nan, np.nan, 1, -1], [0, -0.0, 0, -0.0]),
]


@pytest.mark.parametrize(("kernel", "expected", "flushed"), SPECIAL_VALUES)
def test_zeros_subnormals_infinities_and_nan(
    kernel: Callable[..., None], expected: list[float], flushed: list[float]
) -> None:
    def check(found: np.ndarray, right: list[float]) -> None:
        np.testing.assert_array_equal(found, np.array(right, np.float32).astype(found.dtype))
        number = ~np.isnan(found)  # the sign of a NaN says nothing
        np.testing.assert_array_equal(np.signbit(found)[number], np.signbit(np.array(right))[number])

    check(of_numbers(kernel, SPECIAL), expected)
    check(of_numbers(kernel, SPECIAL[:4], flushed=True), flushed)
    double = SPECIAL.astype(np.float64)
    check(of_numbers(kernel, double), expected)
    double[2:4] = [1e-310, -1e-310]
    check(of_numbers(kernel, double[:4], flushed=True), flushed)


def test_exponentials_of_float64_below_the_normal_numbers_are_zero() -> None:
    x = np.array([-708.3964, -708.3965, -745.0, -1e4, -1e308, -np.inf, np.nan])
    for flushed in (False, True):
        np.testing.assert_array_equal(of_numbers(exponential, x, flushed)[1:], [0, 0, 0, 0, 0, np.nan])
        assert of_numbers(exponential, x, flushed)[0] >= np.finfo(np.float64).tiny


def test_exponentials_below_the_normal_numbers_are_zero() -> None:
    x = np.array([-87.33654, -87.33655, -87.5, -1e4, -3e38, -np.inf, np.nan], np.float32)
    for flushed in (False, True):
        np.testing.assert_array_equal(of_numbers(exponential, x, flushed)[1:], [0, 0, 0, 0, 0, np.nan])
        assert of_numbers(exponential, x, flushed)[0] >= TINY
        assert of_numbers(kernels.sigmoid, x, flushed)[0] >= TINY


ROWS = np.array([2, 0, 2])  # of the data, that are the samples
INPUTS = [image(1, 4, 5, halo=1, lanes=1), image(3, 4, 5, lanes=1), image(LANES + 2, 4, 5, halo=1), image(7, 1, 1)]


@pytest.mark.parametrize("at", INPUTS, ids=str)
def test_bytes_are_scaled(at: Image) -> None:
    x = np.random.default_rng(0).integers(0, 256, (SAMPLES, at.channels, at.height, at.width)).astype(np.uint8)
    table, out = Scaling(0.1307, 0.3081).table(np.dtype(np.float64)), room(at)
    zero, step = np.float32(table[0]), np.float32(table[1] - table[0])
    inside(out, at)[:] = 0
    samples.take_samples(x.reshape(-1), ROWS, View(out, at), zero, step, 1, SAMPLES)
    samples.take_samples(x.reshape(-1), ROWS, View(out, at), zero, step, 0, 1)
    check(out, at, (zero + step * x[ROWS].astype(np.float32)).astype(np.float32))


@pytest.mark.parametrize("at", INPUTS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_other_numbers_are_taken_as_they_are(at: Image, dtype: type) -> None:
    x, out = np.random.default_rng(0).normal(size=(SAMPLES, at.channels, at.height, at.width)).astype(dtype), room(at)
    inside(out, at)[:] = 0
    samples.take_samples(x.reshape(-1), ROWS, View(out, at), np.float32(0), np.float32(1), 0, 2)
    samples.take_samples(x.reshape(-1), ROWS, View(out, at), np.float32(0), np.float32(1), 2, SAMPLES)
    check(out, at, x[ROWS].astype(np.float32))


@pytest.mark.parametrize("row", [-1, SAMPLES])
def test_a_row_outside_of_the_data_is_an_error(row: int) -> None:
    at, x = image(7, 1, 1), np.zeros(7 * SAMPLES, np.float32)
    with pytest.raises(IndexError, match="outside of its data"):
        samples.take_samples(x, np.array([row]), View(room(at), at), np.float32(0), np.float32(1), 0, 1)


def test_add_up_a_range_in_order() -> None:
    values, total = np.array([1e16, 1.0, -1e16, 3.0]), np.full(1, np.nan)
    kernels.add_up(values, total, 0, 4)
    assert total[0] == ((1e16 + 1.0) - 1e16) + 3.0
    kernels.add_up(values, total, 1, 1)
    assert total[0] == 0
