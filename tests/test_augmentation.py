from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from chainrule import Augmentation
from chainrule.augmentation.moving import bumps, uniform_words
from chainrule.augmentation.resampling import resample
from chainrule.base.errors import DataError, UsageError
from chainrule.base.random import AUGMENT, Draws
from chainrule.data import mnist
from messages import exactly

DIGITS = mnist("train").x[:40]
EVERYTHING = Augmentation(shift=2, rotate=15, elastic=1)
COLOUR = Augmentation(crop=2, flip=0.5, cutout=5, mixup=0.4)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def augmented(augmentation: Augmentation, x: np.ndarray, seed: int = 3, epoch: int = 1) -> np.ndarray:
    return augmentation(x, seed, epoch, np.arange(len(x)))


@pytest.mark.parametrize("shape", [(5, 1, 28, 28), (3, 3, 9, 20), (2, 2, 7, 4), (0, 1, 28, 28), (1, 1, 3, 40)])
def test_shape_and_type_stay_and_x_is_left_alone(shape: tuple[int, ...]) -> None:
    x = noise(*shape)
    before = x.copy()
    y = augmented(EVERYTHING, x)
    assert (y.shape, y.dtype) == (shape, np.uint8)
    assert np.array_equal(x, before)


def test_nothing_to_do_changes_nothing() -> None:
    x = noise(4, 3, 8, 9)
    y = augmented(Augmentation(smoothness=2), x)
    assert np.array_equal(y, x)
    assert not np.shares_memory(y, x)


@pytest.mark.parametrize(
    "augmentation", [EVERYTHING, Augmentation(crop=5, cutout=9), replace(COLOUR, shift=1)], ids=str
)
def test_the_seed_the_epoch_and_the_sample_decide_and_nothing_else(augmentation: Augmentation) -> None:
    whole = augmentation(DIGITS, 3, 1, np.arange(40))
    order = np.random.default_rng(0).permutation(40)
    for rows in (order[:1], order[:17], order[17:], order):
        assert np.array_equal(augmentation(DIGITS[rows], 3, 1, rows), whole[rows])
    for seed, epoch, first in ((4, 1, 0), (3 + 2**32, 1, 0), (3, 2, 0), (3, 1, 1)):
        other = augmentation(DIGITS, seed, epoch, np.arange(40) + first)
        assert sum(np.array_equal(a, b) for a, b in zip(other, whole, strict=True)) <= 1


def test_the_words_stand_where_they_are_said_to() -> None:
    words = uniform_words(2**40 + 3, 9, np.array([11, 2**31]), 6)
    for position, of_sample in zip((11, 2**31), words, strict=True):
        bits = Draws(seed=2**40 + 3, layer=AUGMENT, step=9, offset=position).bits(1, 6)[0]
        assert np.array_equal((of_sample + 1) * 2.0**31, bits)


def test_a_shift_moves_by_whole_pixels_and_repeats_the_edge() -> None:
    x = noise(400, 2, 6, 7)
    y = augmented(Augmentation(shift=2), x)
    padded = np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)), mode="edge")
    moves = [(di, dj) for di in range(5) for dj in range(5)]
    found = [
        [move for move in moves if np.array_equal(padded[s, :, move[0] : move[0] + 6, move[1] : move[1] + 7], y[s])]
        for s in range(len(x))
    ]
    assert {len(of_sample) for of_sample in found} == {1}
    counts = np.bincount([5 * di + dj for ((di, dj),) in found], minlength=25)
    assert counts.min() > 4  # 16 on average, whose standard deviation is 4


def test_a_rotation_turns_around_the_centre() -> None:
    x = np.zeros((300, 1, 13, 13), np.uint8)
    x[:, 0, 6, 6], x[:, 0, 6, 10] = 200, 255  # the centre, and a spot right of it
    y = augmented(Augmentation(rotate=90), x)
    assert (y[:, 0, 6, 6] == 200).all()
    spot = y[:, 0].astype(float)
    spot[:, 5:8, 5:8] = 0
    i, j = (((spot * axis).sum(axis=(1, 2)) / spot.sum(axis=(1, 2))) for axis in np.mgrid[-6:7, -6:7])
    assert np.abs(np.hypot(i, j) - 4).max() < 0.5
    angle = np.rad2deg(np.arctan2(i, j))
    assert np.abs(angle).max() < 95
    assert angle.min() < -80
    assert angle.max() > 80
    assert abs(angle.mean()) < 12  # its standard deviation is 3


def sampled_by_torch(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    """x (s, c, i, j) at the places (s, 2, i, j), by straight lines, in float64."""
    size = np.array(x.shape[2:]).reshape(1, 2, 1, 1)
    grid = torch.tensor(2 * at / (size - 1) - 1).permute(0, 2, 3, 1).flip(-1)
    y = F.grid_sample(torch.tensor(x, dtype=torch.float64), grid, padding_mode="border", align_corners=True)
    return y.numpy()


def test_pixels_are_taken_from_where_the_formula_says() -> None:
    rng = np.random.default_rng(1)
    x, angle = noise(6, 3, 11, 14), rng.uniform(-1, 1, 6)
    turns = np.stack([np.cos(angle), np.sin(angle), rng.uniform(-3, 3, 6), rng.uniform(-3, 3, 6)], axis=1)
    rows, columns, numbers = rng.normal(size=(11, 4)), rng.normal(size=(5, 14)), rng.normal(size=(6, 2, 4, 5))
    i, j = np.mgrid[:11, :14] - np.reshape([5, 6.5], (2, 1, 1))
    cos, sin, down, right = turns.T[:, :, np.newaxis, np.newaxis]
    at = np.stack([cos * i + sin * j + 5 - down, cos * j - sin * i + 6.5 - right], axis=1)
    at += np.einsum("ia,skab,bj->skij", rows, numbers, columns)
    y = np.empty_like(x)
    turns, numbers, rows, columns = (a.astype(np.float32) for a in (turns, numbers, rows, columns))
    resample(x, turns, numbers, rows=rows, columns=columns, y=y)
    assert np.abs(y - sampled_by_torch(x, at)).max() < 0.51


def test_elastic_displacements_are_as_large_and_as_smooth_as_asked() -> None:
    """Of a slope, on which a displacement shows in the grey level: where it is not near an edge."""
    slope = np.tile(np.arange(0, 240, 4, dtype=np.uint8), (300, 1, 60, 1))
    moved = (augmented(Augmentation(elastic=2, smoothness=5), slope).astype(float) - slope)[:, 0, :, 15:45] / 4
    assert moved.std() == pytest.approx(2, rel=0.05)
    assert np.abs(moved.std(axis=(0, 2)) - 2).max() < 0.3
    for distance, expected in ((5, np.exp(-1 / 4)), (10, np.exp(-1))):  # of noise smoothed by a Gaussian
        found = (moved[:, :, distance:] * moved[:, :, :-distance]).mean() / 4
        assert found == pytest.approx(expected, abs=0.06)


def test_every_pixel_is_displaced_as_much() -> None:
    for size, smoothness in ((28, 4.0), (5, 1.0), (3, 50.0)):
        weights = bumps(size, smoothness)
        assert np.allclose((weights.astype(float) ** 2).sum(axis=1), 1, atol=1e-6)


def test_from_text_and_back() -> None:
    assert Augmentation.parse("shift=2,rotate=10,elastic=1.5") == Augmentation(2, 10, 1.5)
    assert Augmentation.parse(" smoothness = 3 , shift=1 ") == Augmentation(shift=1, smoothness=3)
    assert Augmentation.parse("flip,crop=4, cutout = 8,mixup=0.2") == Augmentation(
        flip=0.5, crop=4, cutout=8, mixup=0.2
    )
    assert Augmentation(flip=True) == Augmentation(flip=0.5)
    assert Augmentation(flip=False, shift=2.0) == Augmentation(shift=2)  # type: ignore[arg-type]
    for augmentation in (EVERYTHING, Augmentation(), Augmentation(smoothness=2, rotate=0.5), COLOUR):
        assert Augmentation.of(augmentation.describe()) == augmentation
        assert not augmentation.describe() or Augmentation.parse(str(augmentation)) == augmentation
    assert str(EVERYTHING) == "shift=2,rotate=15,elastic=1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "augmentation: found ''; expected as in shift=2,rotate=10,elastic=1"),
        ("shift", "augmentation: found 'shift'; expected as in shift=2,rotate=10,elastic=1"),
        ("shift=x", "augmentation: found 'shift=x'; expected as in shift=2,rotate=10,elastic=1"),
        ("shift=2,shift=3", "augmentation: shift is given twice; expected once"),
        (
            "zoom=2",
            "augmentation: there is no 'zoom'; expected one of: shift, rotate, elastic, smoothness, "
            "crop, flip, cutout, mixup",
        ),
        ("shift=1.5", "augmentation: shift is 1.5; expected whole pixels"),
        ("shift=-1", "augmentation: shift is -1; expected a number from 0"),
        ("rotate=nan", "augmentation: rotate is nan; expected a number from 0"),
        ("rotate=181", "augmentation: rotate is 181; expected at most 180 degrees"),
        ("smoothness=0.5", "augmentation: smoothness is 0.5; expected at least 1 pixel"),
        ("crop=1.5", "augmentation: crop is 1.5; expected whole pixels"),
        ("cutout=-2", "augmentation: cutout is -2; expected a number from 0"),
        ("cutout", "augmentation: found 'cutout'; expected as in shift=2,rotate=10,elastic=1"),
        ("flip=", "augmentation: found 'flip='; expected as in shift=2,rotate=10,elastic=1"),
        ("flip=1.1", "augmentation: flip is 1.1; expected a probability, at most 1"),
        ("flip,flip=1", "augmentation: flip is given twice; expected once"),
        ("mixup=inf", "augmentation: mixup is inf; expected a number from 0"),
    ],
)
def test_what_is_no_augmentation(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=exactly(message)):
        Augmentation.parse(text)


def test_what_are_no_pictures() -> None:
    x: Any
    for x in (np.zeros((2, 1, 4, 4)), np.zeros((2, 16), np.uint8)):
        message = f"augmentation: samples are {x.dtype} of shape {x.shape[1:]}; expected images (c, i, j) of uint8"
        with pytest.raises(DataError, match=exactly(message)):
            augmented(EVERYTHING, x)
    for augmentation, what in (
        (Augmentation(shift=4), "shift is 4"),
        (Augmentation(elastic=1e300), "elastic is 1e\\+300"),
        (Augmentation(crop=4), "crop is 4"),
        (Augmentation(cutout=9), "cutout is 9"),
    ):
        with pytest.raises(UsageError, match=f"{what}; expected less than the images' 4 x 9"):
            augmented(augmentation, noise(1, 1, 4, 9))
