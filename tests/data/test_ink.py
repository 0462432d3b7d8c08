import numpy as np
import pytest

from chainrule.data import mnist
from chainrule.data.ink import looks_prepared, polarity


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """(300, 1, 28, 28) uint8."""
    return np.asarray(mnist("test").x[:300])


def shirts(n: int) -> np.ndarray:
    """(n, 1, 28, 28): light shapes from the top of the picture to its bottom, as clothes are."""
    x = np.zeros((n, 1, 28, 28), np.uint8)
    x[:, :, :, 8:20] = np.random.default_rng(0).integers(100, 256, (n, 1, 28, 12), np.uint8)
    return x


@pytest.mark.parametrize("scale", [1 / 255, 1, 257.0])
def test_light_ink_and_dark_ink_in_any_range(scale: float, digits: np.ndarray) -> None:
    assert polarity(digits * scale) == "light"
    assert polarity((255 - digits) * scale - 3) == "dark"
    assert polarity(np.repeat(255 - digits, 3, axis=1)) == "dark"
    assert {polarity(digit * scale) for digit in digits[:, 0]} == {"light"}
    assert {polarity(255 - digit) for digit in digits[:, 0]} == {"dark"}


def test_the_majority_decides(digits: np.ndarray) -> None:
    assert polarity(np.concatenate([digits, 255 - digits[:100]])) == "light"
    assert polarity(np.concatenate([digits, 255 - digits])) is None


def test_what_is_no_drawing() -> None:
    assert polarity(np.random.default_rng(0).integers(0, 256, (9, 3, 32, 32))) is None
    assert polarity(np.zeros((9, 1, 28, 28))) is None
    assert polarity(np.zeros((0, 1, 28, 28))) is None
    assert polarity(np.tile(np.arange(64.0), (64, 1))) is None  # from dark to light


def test_digits_prepared_as_mnist_s_were(digits: np.ndarray) -> None:
    assert looks_prepared(digits)
    assert looks_prepared(digits / 127.5 - 1)
    blotted = np.concatenate([digits[:290], shirts(10)])
    assert looks_prepared(blotted)


def test_digits_prepared_otherwise(digits: np.ndarray) -> None:
    assert not looks_prepared(255 - digits)
    assert not looks_prepared(np.roll(digits, 2, axis=2))
    assert not looks_prepared(digits[:, :, 3:25, 3:25].repeat(2, 2).repeat(2, 3)[:, :, 8:36, 8:36])
    assert not looks_prepared(shirts(50))
    assert not looks_prepared(digits[:0])
    assert not looks_prepared(digits[:, :, 1:])
