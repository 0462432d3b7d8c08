"""The pooling kernel against the definitions: max-pool of ReLU, dropout; and its argmax."""

from typing import NamedTuple

import numpy as np
import pytest

from chainrule.engine.kernels.pooling.patches import Pool, PoolMasks, PoolRows, argmax_words, pool_rows_kernel
from chainrule.engine.layout import Image, View, image
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import padded
from chainrule.layers.dropout import dropout
from chainrule.layers.max_pooling import first_maxima, max_pooling
from chainrule.layers.relu import relu

NO_KEEP, NO_ARGMAX = np.zeros(0, np.uint8), np.zeros(0, np.uint64)
CASES = [  # channels, height, width, size
    (1, 2, 2, 2),
    (3, 5, 7, 2),
    (16, 4, 6, 2),
    (33, 6, 4, 2),
    (64, 24, 24, 2),
    (70, 4, 5, 2),
    (130, 3, 4, 2),
    (20, 7, 6, 3),
    (17, 9, 8, 4),
    (5, 3, 3, 1),
]


def offsets(x: Image, samples: int) -> np.ndarray:
    """(s, c, i, j): where each element stands."""
    s, c, i, j = np.meshgrid(*map(np.arange, (samples, x.channels, x.height, x.width)), indexing="ij")
    row = (x.width + 2 * x.halo) * x.lanes
    block = (x.height + 2 * x.halo) * row
    return s * x.stride + c // x.lanes * block + (i + x.halo) * row + (j + x.halo) * x.lanes + c % x.lanes


def laid_out(values: np.ndarray, x: Image) -> np.ndarray:
    """(s, c, i, j) in the engine's layout."""
    flat = aligned_zeros(len(values) * x.stride, values.dtype.type)
    flat[offsets(x, len(values))] = values
    return flat


def unpacked(argmax: np.ndarray, samples: int, y: Image, size: int) -> np.ndarray:
    """(k, s, c, i, j) bool, one channel for each bit."""
    words = argmax.reshape(samples, y.height, y.width, size * size, -1)
    bits = np.unpackbits(words.view(np.uint8), axis=-1, bitorder="little")
    return bits.transpose(3, 0, 4, 1, 2).astype(bool)


class Pooled(NamedTuple):
    y: np.ndarray
    argmax: np.ndarray


def definition(x: np.ndarray, size: int, with_relu: bool, keep: np.ndarray | None, p: float) -> Pooled:
    x = relu(x) if with_relu else x
    y = max_pooling(x, size, size)
    live = np.ones_like(y, bool) if keep is None else keep
    live = live & ~(y <= 0) if with_relu else live
    argmax = np.stack(list(first_maxima(x, y, size, size))) & live
    return Pooled(y if keep is None else dropout(y, keep, p), argmax)


def pooled(
    x: np.ndarray,
    size: int,
    with_relu: bool,
    keep: np.ndarray | None = None,
    p: float = 0.0,
    band: int = 0,
    halo: int = 0,
) -> Pooled:
    """By the kernel: all rows at once, or `band` at a time from a small buffer."""
    samples, channels, height, width = x.shape
    y_image = image(channels, height // size, width // size, halo)
    y = aligned_zeros(samples * y_image.stride)
    argmax = aligned_zeros(argmax_words(y_image, size, samples), np.uint64)
    argmax[:] = 2**64 - 1
    keep_image = image(channels, height // size, width // size)  # no halo, even where y has one
    kept = NO_KEEP if keep is None else laid_out(keep.astype(np.uint8), keep_image)
    pool = Pool(size, int(with_relu), np.float32(1 / (1 - p)))
    step = band or y_image.height
    for s in range(samples):
        for row in range(0, y_image.height, step):
            count = min(step, y_image.height - row)
            if band:
                x_image = image(channels, band * size, width)
                flat = laid_out(
                    x[s : s + 1, :, row * size : (row + count) * size], x_image._replace(height=count * size)
                )
                x_image, rows = x_image._replace(height=count * size), PoolRows(0, 0, s, row, count)
            else:
                x_image = image(channels, height, width, 1)
                flat, rows = laid_out(x, x_image), PoolRows(s, row * size, s, row, count)
            masks = PoolMasks(argmax, View(kept, keep_image))
            pool_rows_kernel(size)(View(flat, x_image), View(y, y_image), masks, pool, rows)
    where = offsets(y_image, samples)
    outside = np.ones(y.size, bool)
    outside[where] = False
    assert not y[outside].any()
    return Pooled(y[where], unpacked(argmax, samples, y_image, size))


def check(ours: Pooled, expected: Pooled) -> None:
    channels = expected.y.shape[1]
    np.testing.assert_array_equal(ours.y, expected.y)
    np.testing.assert_array_equal(ours.argmax[:, :, :channels], expected.argmax)
    assert not ours.argmax[:, :, channels:].any()


def images(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Few values, so that there are ties, zeros and patches without a positive element."""
    return (np.random.default_rng(seed).integers(-6, 4, shape) / 4).astype(np.float32)


@pytest.mark.parametrize("with_relu", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_pooling(case: tuple[int, ...], with_relu: bool) -> None:
    *shape, size = case
    x = images((2, *shape))
    check(pooled(x, size, with_relu), definition(x, size, with_relu, None, 0.0))


@pytest.mark.parametrize("band", [0, 1, 2])
@pytest.mark.parametrize("case", CASES)
def test_dropout_and_bands(case: tuple[int, ...], band: int) -> None:
    *shape, size = case
    x = images((3, *shape), seed=1)
    keep = np.random.default_rng(2).random(max_pooling(x, size, size).shape) < 0.6
    ours = pooled(x, size, True, keep, 0.4, band, halo=band)
    check(ours, definition(x, size, True, keep, 0.4))


@pytest.mark.parametrize("with_relu", [True, False])
def test_special_values(with_relu: bool) -> None:
    x = images((4, 19, 6, 6))
    at = np.random.default_rng(3).random(x.shape)
    x[at < 0.1] = np.nan
    x[at > 0.9] = np.inf
    x[:, 3] = -np.inf
    x[:, 4] = -0.0
    x[:, 5, ::2] = 0.0
    check(pooled(x, 2, with_relu), definition(x, 2, with_relu, None, 0.0))


def test_the_argmax_mask_is_optional() -> None:
    x = images((1, 5, 4, 4))
    x_image, y_image = image(5, 4, 4), image(5, 2, 2)
    y = aligned_zeros(y_image.stride)
    rows, pool = PoolRows(0, 0, 0, 0, 2), Pool(2, 1, np.float32(1))
    masks = PoolMasks(NO_ARGMAX, View(NO_KEEP, y_image))
    pool_rows_kernel(2)(View(laid_out(x, x_image), x_image), View(y, y_image), masks, pool, rows)
    np.testing.assert_array_equal(y[offsets(y_image, 1)], max_pooling(relu(x)))


def test_other_rows_and_samples_stay() -> None:
    x = images((1, padded(1) + 1, 4, 4), seed=4)
    x_image, y_image = image(x.shape[1], 4, 4), image(x.shape[1], 3, 2)
    y = aligned_zeros(3 * y_image.stride)
    y[:] = 7
    argmax = aligned_zeros(argmax_words(y_image, 2, 3), np.uint64)
    argmax[:] = 7
    rows, pool = PoolRows(0, 2, 1, 1, 1), Pool(2, 1, np.float32(1))
    masks = PoolMasks(argmax, View(NO_KEEP, y_image))
    pool_rows_kernel(2)(View(laid_out(x, x_image), x_image), View(y, y_image), masks, pool, rows)
    written = y[offsets(y_image, 3)] != 7
    assert written[1, :, 1].all()
    assert written.sum() == written[1, :, 1].sum()
    touched = (argmax != 7).reshape(3, 3, -1)
    assert touched[1, 1].all()
    assert touched.sum() == touched[1, 1].sum()
    np.testing.assert_array_equal(y[offsets(y_image, 3)][1, :, 1], max_pooling(relu(x))[0, :, 1])
