import numpy as np
import pytest

from chainrule import Dataset, Scaling, scaling_of
from chainrule.base.errors import DataError, NetworkError, UsageError
from chainrule.data import chunks, mnist
from messages import exactly
from oracles import assert_agrees


def images(x: np.ndarray) -> Dataset:
    return Dataset(x, np.zeros(len(x), np.int64))


def test_of_the_digits() -> None:
    found = scaling_of(mnist("train"))
    assert (round(found.mean, 4), round(found.std, 4)) == (0.1307, 0.3081)


@pytest.mark.parametrize("columns", [False, True])
def test_all_pixels_together_get_mean_0_and_std_1(columns: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BYTES", 100)  # many parts
    x = np.random.default_rng(0).integers(0, 100, (50, 3, 4, 5), np.uint8)
    found = scaling_of(images(np.asfortranarray(x) if columns else x))
    values = found.table(np.dtype(np.float64))[x]
    assert_agrees(np.array([values.mean(), values.std()]), np.array([0.0, 1.0]), 1e-14)


def test_images_of_one_colour_are_not_stretched() -> None:
    assert scaling_of(images(np.full((3, 2), 255, np.uint8))) == Scaling(1.0, 1.0)


@pytest.mark.parametrize("x", [np.zeros((3, 2)), np.zeros((0, 2), np.uint8)])
def test_what_are_no_bytes(x: np.ndarray) -> None:
    with pytest.raises(DataError, match=exactly(f"x is {x.dtype} of shape {x.shape}; expected bytes (uint8)")):
        scaling_of(images(x))


def test_the_table_has_the_number_of_each_byte() -> None:
    table = Scaling(0.5, 0.25).table(np.dtype(np.float32))
    assert (table.shape, table.dtype, table[0], table[255]) == ((256,), np.float32, -2.0, 2.0)


def test_what_is_no_data_set() -> None:
    with pytest.raises(UsageError, match=exactly("data is 3; expected Dataset(x, t)")):
        scaling_of(3)  # type: ignore[arg-type]


def test_what_is_no_scaling() -> None:
    for mean, std in ((0, 0), (np.nan, 1), (0, np.inf)):
        with pytest.raises(NetworkError, match=r"scaling: (mean|std) is .*; expected a (finite )?number"):
            Scaling(mean, std)
