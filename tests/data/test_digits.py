import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.base.errors import DataError
from chainrule.data import mnist, prepare_digit
from chainrule.data.digits import see_digit, see_digits


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """(200, 28, 28) uint8: the first of MNIST's test digits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        return np.array(mnist("test").x[:200, 0])


def difference(prepared: np.ndarray, original: np.ndarray) -> float:
    """The mean absolute difference of two images' pixels, of 255."""
    assert prepared.shape == (1, 28, 28)
    assert prepared.dtype == np.uint8
    return float(np.abs(prepared[0].astype(float) - original).mean())


def on_paper(digit: np.ndarray, paper: int = 255, ink: int = 0) -> np.ndarray:
    """The digit five times larger, dark on light, in a corner of a page."""
    page = np.full((200, 240), float(paper))
    page[3:143, 80:220] += (ink - paper) * np.kron(digit / 255, np.ones((5, 5)))
    return page.round().astype(np.uint8)


def test_mnist_comes_out_as_it_went_in(digits: np.ndarray) -> None:
    differences = np.array([difference(prepare_digit(digit), digit) for digit in digits])
    assert np.median(differences) == 0
    assert (differences < 0.5).mean() > 0.98  # the rest moved by one pixel: their centre lies between two


def test_drawn_large_dark_and_in_a_corner_is_the_same(digits: np.ndarray) -> None:
    differences = np.array([difference(prepare_digit(on_paper(digit)), digit) for digit in digits])
    assert np.median(differences) < 0.5
    assert (differences < 1).mean() > 0.95  # the rest moved by one pixel: their centre lies between two


def test_grey_ink_on_grey_paper(digits: np.ndarray) -> None:
    differences = [difference(prepare_digit(on_paper(digit, 200, 80)), digit) for digit in digits[:60]]
    assert np.median(differences) < 1


@pytest.mark.parametrize("noise", [2, 8])
@pytest.mark.parametrize("shadow", [0.0, 0.15])
def test_a_noisy_photograph_with_a_shadow(noise: int, shadow: float, digits: np.ndarray) -> None:
    light = np.linspace(1, 1 - shadow, 240)
    grain = np.random.default_rng(0).normal(0, noise, (200, 240))
    pages = [(on_paper(digit, 200, 50) * light + grain).clip(0, 255).astype(np.uint8) for digit in digits[:60]]
    differences = [difference(prepare_digit(page), digit) for page, digit in zip(pages, digits, strict=False)]
    assert np.median(differences) < 8  # a digit moved by one pixel differs by about 20


@settings(deadline=None)
@given(
    top=st.integers(0, 60),
    left=st.integers(0, 60),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    light=st.booleans(),
)
def test_a_bar_anywhere_is_fitted_and_centred(top: int, left: int, height: int, width: int, light: bool) -> None:
    page = np.zeros((101, 101), np.uint8)
    page[1 + top : 1 + top + height, 1 + left : 1 + left + width] = 255
    image = prepare_digit(255 - page if light else page)[0]
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert max(len(rows), len(columns)) == 20
    assert min(len(rows), len(columns)) == max(1, round(20 * min(height, width) / max(height, width)))
    assert image.max() == 255
    assert abs(rows.mean() - 14) <= 0.5
    assert abs(columns.mean() - 14) <= 0.5


@settings(deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_any_picture_is_a_digit_or_one_line(height: int, width: int, seed: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    if np.ptp(grey) < 20:
        with pytest.raises(DataError, match="the image is blank"):
            prepare_digit(grey)
        return
    try:
        image = prepare_digit(grey)
    except DataError as error:
        message = str(error)
    else:
        message = "the image is a digit"
        assert image.shape == (1, 28, 28)
        assert image.max() == 255
    assert message.startswith("the image is ")


def row_of(digits: list[np.ndarray], gap: int = 20, height: int = 90) -> np.ndarray:
    """The digits side by side, their boxes cut out and `gap` apart, dark on light."""
    page = np.full((height, 30), 235, np.uint8)
    for digit in digits:
        rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
        large = np.kron(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], np.ones((3, 3)))
        cell = np.full((height, large.shape[1] + gap), 235, np.uint8)
        top = (height - len(large)) // 2
        cell[top : top + len(large), : large.shape[1]] = 235 - large * 0.8
        page = np.concatenate([page, cell], axis=1)
    return np.pad(page, ((0, 0), (0, 30)), constant_values=235)


def test_digits_that_stand_apart_are_read_from_left_to_right(digits: np.ndarray) -> None:
    for k in (0, 3, 10, 35):
        some = [digits[j] for j in (k, k + 2, k + 1)]
        seen = see_digits(row_of(some))
        assert len(seen) == 3
        assert not any(each.doubts for each in seen)
        for each, digit in zip(seen, some, strict=True):
            assert difference(each.x, digit) < 1
    assert len(see_digits(row_of([digits[0]]))) == 1


def test_digits_in_two_rows_are_doubtful(digits: np.ndarray) -> None:
    above, below = row_of([digits[0], digits[2]]), row_of([digits[3], digits[4]])
    width = min(above.shape[1], below.shape[1])
    seen = see_digits(np.concatenate([above[:, :width], below[:, :width]]))
    assert {doubt for each in seen for doubt in each.doubts} >= {"its digits stand in more than one row"}


def test_a_point_between_digits_is_said_to_be_left_out(digits: np.ndarray) -> None:
    page = row_of([digits[0], digits[3]], gap=40)
    assert not any(each.doubts for each in see_digits(page))
    columns = np.flatnonzero((page < 200).any(axis=0))
    middle = int(columns[np.diff(columns).argmax()]) + 20
    page[66:74, middle - 4 : middle + 4] = 20
    assert {each.doubts for each in see_digits(page)} == {("a mark beside its digits is left out",)}


@pytest.mark.parametrize("gap", [6, 14, 25])
def test_more_than_one_digit_is_said(gap: int, digits: np.ndarray) -> None:
    more = "it shows more than one digit (--many reads each of several)"
    assert more in see_digit(row_of([digits[0], digits[2]], gap)).doubts
    assert see_digit(row_of([digits[0]])).doubts == ()


def test_a_small_digit_in_a_corner_is_no_part_of_it(digits: np.ndarray) -> None:
    page = np.full((200, 200), 235, np.uint8)
    page[60:144, 60:144] -= (np.kron(digits[0], np.ones((3, 3))) * 0.8).astype(np.uint8)
    alone = prepare_digit(page)
    page[5:33, 168:196] -= (digits[2] * 0.8).astype(np.uint8)
    assert np.array_equal(prepare_digit(page), alone)


def test_what_touches_the_border_or_hardly_shows_is_doubtful() -> None:
    page = np.full((100, 100), 200, np.uint8)
    page[:60, 50:58] = 30
    assert "it touches the picture's border" in see_digit(page).doubts
    page = np.random.default_rng(0).normal(200, 4, (100, 100)).clip(0, 255).astype(np.uint8)
    page[20:80, 50:58] -= 18
    assert "its ink is hardly darker or lighter than the paper" in see_digit(page).doubts


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_page(level: int) -> None:
    page = np.full((50, 50), level, np.uint8)
    page[20, 20] = abs(level - 5)
    low, high = sorted([level, abs(level - 5)])
    with pytest.raises(
        DataError,
        match=f"blank: its grey levels go from {low} to {high}; expected ink",
    ):
        prepare_digit(page)


@pytest.mark.parametrize("wrong", [np.zeros((2, 2)), np.zeros((1, 2, 2), np.uint8), np.zeros((0, 5), np.uint8)])
def test_what_is_no_picture(wrong: np.ndarray) -> None:
    message = f"the image is {wrong.dtype} of shape {wrong.shape}; expected uint8 (height, width)"
    with pytest.raises(DataError, match=re.escape(message)):
        prepare_digit(wrong)
