import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.base.errors import DataError, UsageError
from chainrule.data import Dataset


def numbered(n: int) -> Dataset:
    """n samples whose parts all tell the sample's number."""
    i = np.arange(n)
    return Dataset(np.stack([i, i], axis=1), i * 10, i / 100)


def same(data: Dataset, numbers: list[int]) -> bool:
    expected = numbered(100).take(np.array(numbers, dtype=np.int64))
    weight, expected_weight = data.sample_weight, expected.sample_weight
    return (
        np.array_equal(data.x, expected.x)
        and np.array_equal(data.t, expected.t)
        and weight is not None
        and expected_weight is not None
        and np.array_equal(weight, expected_weight)
    )


def refuses(message: str) -> "pytest.RaisesExc[DataError]":
    return pytest.raises(DataError, match=f"^{re.escape(message)}$")


def test_a_slice_gives_views() -> None:
    data = numbered(10)
    part = data.take(slice(2, 5))
    assert same(part, [2, 3, 4])
    assert np.shares_memory(part.x, data.x)


def test_indices_give_copies_in_their_order() -> None:
    data = numbered(10)
    part = data.take(np.array([7, 1, 1]))
    assert same(part, [7, 1, 1])
    assert not np.shares_memory(part.x, data.x)


def test_an_index_outside_is_named() -> None:
    with pytest.raises(DataError, match="cannot take these samples of 3: index 3 is out of bounds"):
        numbered(3).take(np.array([0, 3]))


def test_head() -> None:
    data = numbered(3)
    assert data.head(None) is data
    assert same(data.head(2), [0, 1])
    assert len(data.head(0)) == 0
    assert len(data.head(3)) == 3


@pytest.mark.parametrize("n", [4, -1])
def test_head_refuses_what_is_not_there(n: int) -> None:
    with refuses(f"cannot take the first {n} samples; expected 0 to 3"):
        numbered(3).head(n)


@settings(deadline=None)
@given(n=st.integers(2, 100), fraction=st.floats(0.01, 0.99))
def test_split_puts_every_sample_in_one_part(n: int, fraction: float) -> None:
    last = round(fraction * n)
    if last in (0, n):
        with pytest.raises(DataError):
            numbered(n).split(fraction)
        return
    training, validation = numbered(n).split(fraction)
    assert same(training, list(range(n - last)))
    assert same(validation, list(range(n - last, n)))


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 2.0, float("nan")])
def test_split_refuses_a_fraction_outside(fraction: float) -> None:
    with pytest.raises(UsageError, match=f"the validation fraction is {fraction}; expected a number between 0 and 1"):
        numbered(4).split(fraction)


def test_split_refuses_an_empty_part() -> None:
    with refuses("the validation fraction is 0.1 of 4 samples; expected some in either part"):
        numbered(4).split(0.1)


def test_lengths_must_agree() -> None:
    with refuses("3 images but 2 labels; expected as many"):
        Dataset(np.zeros((3, 1, 4, 4), np.uint8), np.zeros(2, np.int64))
    with refuses("1 inputs but 2 true values; expected as many"):
        Dataset(np.zeros(1), np.zeros(2))
    with refuses("sample_weight has shape (1,); expected (2,)"):
        Dataset(np.zeros(2), np.zeros(2), np.zeros(1))
    with refuses("x is float64 of shape (); expected an array of samples"):
        Dataset(np.zeros(()), np.zeros(2))


def test_finite_data_pass() -> None:
    Dataset(np.zeros((2, 3)), np.array([0, 1]), np.array([0.0, 2.0])).check_finite()
    Dataset(np.zeros((0, 3), np.float32), np.zeros(0)).check_finite()


def test_the_first_bad_sample_is_named() -> None:
    x, t = np.zeros((4, 2), np.float32), np.zeros(4)
    bad_x, bad_t = x.copy(), t.copy()
    bad_x[2, 1] = np.nan
    bad_x[3, 0] = np.inf
    bad_t[1] = -np.inf
    with refuses("x[2] holds nan; expected finite numbers"):
        Dataset(bad_x, t).check_finite()
    with refuses("t[1] holds -inf; expected finite numbers"):
        Dataset(x, bad_t).check_finite()
    with refuses("sample_weight[3] holds -1.0; expected no negative weight"):
        Dataset(x, t, np.array([1.0, 0.0, 2.0, -1.0])).check_finite()
    with refuses("t holds <U1; expected numbers"):
        Dataset(x, np.array(["a", "b", "c", "d"])).check_finite()


def test_the_first_bad_sample_of_large_data_is_named() -> None:
    x = np.zeros((3000, 1000), np.float32)
    x[2345, 6] = np.nan
    with refuses("x[2345] holds nan; expected finite numbers"):
        Dataset(x, np.zeros(3000)).check_finite()


def test_parts_have_the_names_of_the_whole() -> None:
    data = Dataset(np.zeros((4, 1)), np.array([0, 1, 2, 0]), classes=("a", "b", "c"))
    training, validation = data.split(0.5)
    for part in (data.take(slice(2)), data.head(1), training, validation):
        assert part.classes == ("a", "b", "c")
        assert part.class_count == 3


def test_classes_without_names_are_counted_by_their_numbers() -> None:
    assert Dataset(np.zeros((2, 1)), np.array([0, 4])).class_count == 5
    for t in (np.zeros(2), np.zeros((2, 1), np.int64), np.zeros(0, np.int64)):
        with refuses(f"the true values are {t.dtype} of shape {t.shape}; expected class numbers (n,)"):
            _ = Dataset(np.zeros((len(t), 1)), t).class_count
