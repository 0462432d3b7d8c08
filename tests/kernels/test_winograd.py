from typing import NamedTuple

import numpy as np
import pytest

from chainrule.engine.kernels.convolution import winograd
from chainrule.engine.kernels.convolution.operands import Band, Filters
from chainrule.engine.layout import Image, View, image
from chainrule.engine.runtime.jit import kernel
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import LANES, join, load, padded, split, store
from chainrule.layers.convolution import convolution, convolution_input_gradient

UNTOUCHED = -12345.0


class Case(NamedTuple):
    in_channels: int
    out_channels: int
    height: int
    width: int
    halo: int


def drawn_cases(n: int) -> list[Case]:
    rng = np.random.default_rng(3)
    low, high = (1, 1, 3, 3, 0), (41, 71, 31, 31, 3)
    return [Case(*map(int, rng.integers(low, high))) for _ in range(n)]


CASES = [
    Case(32, 64, 26, 26, 0),
    Case(1, 1, 3, 3, 0),
    Case(1, 70, 3, 30, 1),
    Case(40, 1, 30, 3, 1),
    Case(17, 33, 7, 29, 0),
    Case(16, 48, 8, 8, 1),
    Case(3, 80, 5, 6, 2),
    Case(5, 7, 4, 66, 1),
    Case(2, 16, 3, 110, 1),
    *drawn_cases(60),
]


def blocked(x: np.ndarray, layout: Image) -> np.ndarray:
    """A buffer of that layout, of images (s, c, i, j)."""
    samples, channels, height, width = x.shape
    blocks, f = -(-channels // LANES), layout.halo
    image_of_blocks = np.zeros((samples, blocks * LANES, height + 2 * f, width + 2 * f), np.float32)
    image_of_blocks[:, :channels, f : f + height, f : f + width] = x
    buffer = aligned_zeros(samples * layout.stride)
    parts = image_of_blocks.reshape(samples, blocks, LANES, *image_of_blocks.shape[2:]).transpose(0, 1, 3, 4, 2)
    buffer.reshape(samples, -1)[:, : parts[0].size] = parts.reshape(samples, -1)
    return buffer


def images(buffer: np.ndarray, layout: Image, samples: int) -> np.ndarray:
    """The images (s, c, i, j) of a buffer, with their halos and their padded channels."""
    rows, columns = layout.height + 2 * layout.halo, layout.width + 2 * layout.halo
    blocks = -(-layout.channels // LANES)
    parts = buffer.reshape(samples, -1)[:, : blocks * rows * columns * LANES]
    return (
        parts.reshape(samples, blocks, rows, columns, LANES)
        .transpose(0, 1, 4, 2, 3)
        .reshape(samples, -1, rows, columns)
    )


def packed(w: np.ndarray, shape: winograd.Tiling, transposed: bool, scratch: np.ndarray) -> np.ndarray:
    at = 5
    flat = np.concatenate([np.full(at, np.nan, np.float32), w.astype(np.float32).ravel()])
    u = aligned_zeros(winograd.packed_floats(shape))
    u[:] = np.nan
    winograd.pack_weights(flat, at, u, shape, int(transposed), scratch)
    return u


def run(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, halo: int, transposed: bool = False, y_halo: int = 1
) -> tuple[np.ndarray, Image]:
    """Every row of y, with its halo and padded channels, in a buffer that was `UNTOUCHED`; and its layout."""
    samples, in_channels, height, width = x.shape
    x_image = image(in_channels, height, width, halo)
    y_image = image(len(b), height + 2 * halo - 2, width + 2 * halo - 2, y_halo)
    shape = winograd.tiling(in_channels, len(b), y_image.width)
    rows = winograd.rows_kernel(shape.columns)
    scratch = aligned_zeros(winograd.scratch_floats(shape))
    scratch[:] = np.nan
    u = packed(w, shape, transposed, scratch)
    bias = aligned_zeros(padded(len(b)))
    bias[: len(b)] = b
    buffer, y = blocked(x, x_image), aligned_zeros(samples * y_image.stride)
    y[:] = UNTOUCHED
    before = buffer.copy()
    for s in range(samples):
        for row in range(0, y_image.height, 4):
            count = min(4, y_image.height - row)
            band = Band(s, row, count, s, row)
            rows(Filters(u, bias), View(buffer, x_image), View(y, y_image), shape, band, scratch)
    np.testing.assert_array_equal(buffer, before)
    return images(y, y_image, samples), y_image


def inside(y: np.ndarray, y_image: Image) -> np.ndarray:
    f = y_image.halo
    return y[:, : y_image.channels, f : f + y_image.height, f : f + y_image.width]


def drawn(case: Case, samples: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, w, b of the case: float64 numbers that float32 has."""
    rng = np.random.default_rng(case)
    ic, oc, height, width, halo = case
    height, width = max(height, 3 - 2 * halo), max(width, 3 - 2 * halo)
    arrays = rng.normal(size=(samples, ic, height, width)), rng.normal(size=(oc, ic, 3, 3)), rng.normal(size=oc)
    return tuple(a.astype(np.float32).astype(np.float64) for a in arrays)  # pyright: ignore[reportReturnType]


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    assert found.shape == expected.shape
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_the_convolution_and_writes_nothing_else(case):
    x, w, b = drawn(case)
    y, y_image = run(x, w, b, case.halo)
    expected = convolution(x, w, b, padding=case.halo)
    found = inside(y, y_image)
    assert relative_error(found, expected) < 2e-6
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()
    padding = y[:, case.out_channels :, 1:-1, 1:-1]
    np.testing.assert_array_equal(padding, np.zeros_like(padding))
    for edge in (y[:, :, 0], y[:, :, -1], y[:, :, :, 0], y[:, :, :, -1]):
        np.testing.assert_array_equal(edge, np.full_like(edge, UNTOUCHED))


@pytest.mark.parametrize("case", CASES[::3], ids=str)
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_it_is_the_input_gradient(case, padding):
    height, width = case.height, case.width
    gy_height, gy_width = height + 2 * padding - 2, width + 2 * padding - 2
    gy, w, _ = drawn(Case(case.out_channels, case.in_channels, gy_height, gy_width, 1), samples=1)
    w = w.swapaxes(0, 1)
    found = inside(*run(gy, w, np.zeros(case.in_channels), 2 - padding, transposed=True))
    x_shape = (1, case.in_channels, height, width)
    assert relative_error(found, convolution_input_gradient(gy, x_shape, w, padding=padding)) < 2e-6


def test_a_band_of_rows_is_the_same_rows():
    case = Case(20, 40, 13, 18, 1)
    x, w, b = drawn(case)
    whole = inside(*run(x, w, b, 1))
    x_image, band_image = image(20, 13, 18, 1), image(40, 6, 18)
    shape = winograd.tiling(20, 40, 18)
    rows = winograd.rows_kernel(shape.columns)
    scratch = aligned_zeros(winograd.scratch_floats(shape))
    u, bias, buffer = packed(w, shape, False, scratch), aligned_zeros(padded(40)), blocked(x, x_image)
    bias[:40] = b
    for s, row, count in [(0, 0, 4), (1, 0, 4), (1, 4, 3), (0, 8, 1), (1, 12, 1)]:
        band = aligned_zeros(band_image.stride)
        band[:] = UNTOUCHED
        views = View(buffer, x_image), View(band, band_image)
        rows(Filters(u, bias), *views, shape, Band(s, row, count, 0, 1), scratch)
        found = images(band, band_image, 1)[0, :40]
        np.testing.assert_array_equal(found[:, 1 : 1 + count], whole[s, :, row : row + count])
        others = np.delete(found, range(1, 1 + count), axis=1)
        np.testing.assert_array_equal(others, np.full_like(others, UNTOUCHED))


@pytest.mark.parametrize("size", [5, 8, 11])
def test_nan_reaches_every_output_that_reads_it_and_no_other_tile(size):
    case = Case(3, 5, size, size, 1)
    x, w, b = drawn(case)
    clean = inside(*run(x, w, b, 1))
    for i, j in np.ndindex(size, size):
        sick = x.copy()
        sick[1, 2, i, j] = np.nan
        found = inside(*run(sick, w, b, 1))
        affected = np.isnan(convolution(sick, w, b, padding=1))
        assert np.isnan(found[affected]).all()
        tiles = np.zeros_like(affected)
        for at in np.argwhere(affected):
            s, oc, row, column = at[0], at[1], at[2] // 4 * 4, at[3] // 4 * 4
            tiles[s, oc, row : row + 4, column : column + 4] = True
        np.testing.assert_array_equal(found[~tiles], clean[~tiles])


def test_nan_behind_the_image_is_not_read():
    """The buffer around a sample may hold anything."""
    x_image, y_image = image(LANES, 5, 6), image(LANES, 3, 4)
    shape = winograd.tiling(LANES, LANES, 4)
    rows = winograd.rows_kernel(shape.columns)
    x, w, b = drawn(Case(LANES, LANES, 5, 6, 0), samples=3)
    buffer = blocked(x, x_image)
    buffer.reshape(3, -1)[:, 5 * 6 * LANES :] = np.nan
    buffer.reshape(3, -1)[[0, 2]] = np.nan
    scratch, y, bias = (
        aligned_zeros(winograd.scratch_floats(shape)),
        aligned_zeros(3 * y_image.stride),
        aligned_zeros(LANES),
    )
    bias[:] = b
    u = packed(w, shape, False, scratch)
    rows(Filters(u, bias), View(buffer, x_image), View(y, y_image), shape, Band(1, 0, 3, 1, 0), scratch)
    assert relative_error(images(y, y_image, 3)[1:2], convolution(x[1:2], w, b)) < 2e-6


def test_nan_in_weights_and_bias_reaches_its_channel():
    x, w, b = drawn(Case(4, 6, 9, 9, 1))
    for k in range(9):
        sick = w.copy()
        sick[2, 1].flat[k] = np.nan
        y = inside(*run(x, sick, b, 1))
        assert np.isnan(y[:, 2]).all()
        assert not np.isnan(np.delete(y, 2, axis=1)).any()
    y = inside(*run(x, w, np.where(np.arange(6) == 3, np.nan, b), 1))
    assert np.isnan(y[:, 3]).all()
    assert not np.isnan(np.delete(y, 3, axis=1)).any()


@pytest.mark.parametrize(
    ("in_channels", "measured"), [(1, 6.9e-7), (8, 8.5e-7), (32, 1.3e-6), (64, 1.7e-6), (256, 3.2e-6)]
)
def test_float32_error_is_what_the_docstring_says(in_channels, measured):
    x, w, _ = drawn(Case(in_channels, 32, 26, 26, 0))
    found = inside(*run(x, w, np.zeros(32), 0))
    assert 0.7 * measured < relative_error(found, convolution(x, w, np.zeros(32))) < 1.3 * measured


def test_split_and_join_turn_a_row_of_vectors_into_a_column():
    x, y = aligned_zeros(3 * LANES), aligned_zeros(6 * LANES)
    x[:] = np.arange(3 * LANES)
    column_of_row(x, y)
    np.testing.assert_array_equal(y.reshape(3, 2, LANES)[:, 0], x.reshape(3, LANES))
    np.testing.assert_array_equal(y.reshape(3, 2, LANES)[:, 1], 0)


@kernel
def column_of_row(x, y):
    store(join(split(load(1, 3, x, 0, 0))), y, 0, 2 * LANES)
