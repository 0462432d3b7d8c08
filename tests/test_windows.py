"""Crops, flips and cutouts beside their plain definitions."""

import numpy as np
import pytest

from chainrule import Augmentation
from chainrule.augmentation.windows import windows
from chainrule.base.random import WINDOW, Draws

SHAPES = [(40, 1, 28, 28), (60, 3, 32, 32), (50, 3, 7, 12), (50, 2, 9, 1), (50, 4, 1, 6), (30, 1, 5, 5), (3, 1, 1, 1)]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def by_definition(x: np.ndarray, seed: int, epoch: int, first: int, augmentation: Augmentation) -> np.ndarray:
    """One picture after the other, one thing after the other; the words are those of samples `first` and following."""
    y, pad, side = [], augmentation.crop, augmentation.cutout
    height, width = x.shape[2:]
    for k, picture in enumerate(x):
        words = [int(word) for word in Draws(seed, WINDOW, epoch, first + k).bits(1, 5)[0]]
        ranges = 2 * pad + 1, 2 * pad + 1, height, width
        down, right, row, column = (word * n // 2**32 for word, n in zip(words[1:], ranges, strict=True))
        padded = np.pad(picture, ((0, 0), (pad, pad), (pad, pad)))
        seen = padded[:, down : down + height, right : right + width]
        if words[0] < augmentation.flip * 2**32:
            seen = seen[:, :, ::-1]
        if side:
            i, j = np.mgrid[:height, :width]
            top, left = row - side // 2, column - side // 2
            inside = (top <= i) & (i < top + side) & (left <= j) & (j < left + side)
            mean = np.floor(seen.mean(axis=(1, 2), keepdims=True) + 0.5)
            seen = np.where(inside, mean, seen)
        y.append(seen)
    return np.array(y, np.uint8)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("options", [{"crop": 2}, {"flip": True}, {"cutout": 3}, {"crop": 3, "flip": 0.7, "cutout": 4}])
def test_pictures_are_what_the_definition_says(shape: tuple[int, ...], options: dict) -> None:
    shorter, longer = sorted(shape[2:])
    limits = {"crop": shorter - 1, "flip": 1, "cutout": longer - 1}
    augmentation = Augmentation(**{name: min(value, limits[name]) for name, value in options.items()})
    x = noise(*shape)
    before = x.copy()
    y = augmentation(x, 2**33 + 5, 3, np.arange(len(x)) + 11)
    assert np.array_equal(y, by_definition(x, 2**33 + 5, 3, 11, augmentation))
    assert np.array_equal(x, before)
    assert not np.shares_memory(x, y)


def test_they_follow_what_is_moved_and_bent() -> None:
    x, bent = noise(20, 3, 16, 16), Augmentation(rotate=20, elastic=1)
    both = Augmentation(rotate=20, elastic=1, crop=2, flip=0.5, cutout=4)
    expected = by_definition(bent(x, 1, 2, np.arange(20)), 1, 2, 0, both)
    assert np.array_equal(both(x, 1, 2, np.arange(20)), expected)


@pytest.mark.parametrize("layout", ["read-only", "strided", "reversed", "Fortran's"])
def test_pictures_may_lie_in_any_way(layout: str) -> None:
    x, augmentation = noise(12, 3, 8, 9), Augmentation(crop=2, flip=0.5, cutout=3)
    expected = augmentation(x, 0, 0, np.arange(12))
    given = {"read-only": x, "strided": np.repeat(x, 2, axis=3)[..., ::2], "reversed": x[::-1].copy()[::-1]}
    given["Fortran's"] = np.asfortranarray(x)
    if layout == "read-only":
        x.flags.writeable = False
    assert np.array_equal(augmentation(given[layout], 0, 0, np.arange(12)), expected)


def test_all_windows_and_squares_are_as_likely() -> None:
    found = windows(0, 0, np.arange(20_000), (6, 8), crop=2, flip=0.25)
    assert found[:, 0].mean() == pytest.approx(0.25, abs=0.012)  # four standard deviations
    for column, n in zip(found.T[1:], (5, 5, 6, 8), strict=True):
        counts = np.bincount(column, minlength=n)
        assert len(counts) == n
        assert np.abs(counts - 20_000 / n).max() < 4 * np.sqrt(20_000 / n)
    for flip, share in ((1.0, 1.0), (0.0, 0.0)):
        assert (windows(0, 0, np.arange(1000), (6, 8), crop=2, flip=flip)[:, 0] == share).all()
