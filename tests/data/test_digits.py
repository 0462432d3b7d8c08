import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.base.errors import DataError
from chainrule.data import mnist, prepare_digit


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
    differences = [difference(prepare_digit(on_paper(digit, 200, 80)), digit) for digit in digits]
    assert np.median(differences) < 1


@pytest.mark.parametrize("noise", [2, 8])
@pytest.mark.parametrize("shadow", [0.0, 0.15])
def test_a_noisy_photograph_with_a_shadow(noise: int, shadow: float, digits: np.ndarray) -> None:
    light = np.linspace(1, 1 - shadow, 240)
    grain = np.random.default_rng(0).normal(0, noise, (200, 240))
    pages = [(on_paper(digit, 200, 50) * light + grain).clip(0, 255).astype(np.uint8) for digit in digits]
    differences = [difference(prepare_digit(page), digit) for page, digit in zip(pages, digits, strict=True)]
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
