import re
from typing import Any

import numpy as np
import pandas
import pytest

from chainrule import Adam, Linear, Network, Training, fit
from chainrule.base.errors import DataError, DataWarning
from chainrule.data import Dataset, as_dataset
from chainrule.losses import SquaredError

X, T = np.arange(12.0).reshape(6, 2) / 12, np.array([0, 1, 2, 0, 1, 2])


class Frame:
    """What a table or a column of pandas is to chainrule: something with `to_numpy`."""

    def __init__(self, values: Any, dtype: Any = object) -> None:
        self.values = np.array(values, dtype)

    def to_numpy(self) -> np.ndarray:
        return self.values


def refuses(message: str) -> "pytest.RaisesExc[DataError]":
    return pytest.raises(DataError, match=f"^{re.escape(message)}$")


def trained(data: Dataset, engine: str) -> np.ndarray:
    """The weights after two epochs of three batches."""
    network = Network([Linear(3)], data.x.shape[1:], seed=1)
    fit(network, data, Training(Adam(0.1), epochs=2, batch_size=2), engine=engine)
    return network.w


def test_arrays_are_not_copied() -> None:
    data = as_dataset(X, T, np.ones(6))
    assert data.x is X
    assert data.t.tolist() == T.tolist()
    assert data.classes is None


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize(
    "x",
    [
        X.tolist(),
        X.astype(">f8"),
        X.astype(">f4"),
        X.astype(np.longdouble),
        np.asfortranarray(X),
        np.repeat(X, 2, axis=1)[:, ::2],
        X[::-1][::-1],
        Frame(X, np.float64),
        Frame(X),
        np.ma.MaskedArray(X),
    ],
    ids=["list", ">f8", ">f4", "long", "columns", "strided", "backwards", "table", "objects", "unmasked"],
)
def test_however_numbers_are_held_training_is_the_same(x: Any, engine: str) -> None:
    np.testing.assert_array_equal(trained(as_dataset(x, T), engine), trained(Dataset(X.astype(np.float32), T), engine))


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("dtype", ["?", "i1", "u2", ">i2", "i4", "i8", "u8", "f2"])
def test_every_type_of_number_trains(dtype: str, engine: str) -> None:
    bits = np.array([[0, 1], [1, 0], [1, 1], [0, 0], [0, 1], [1, 1]])
    found = trained(as_dataset(bits.astype(dtype), T), engine)
    np.testing.assert_array_equal(found, trained(Dataset(bits.astype(np.float32), T), engine))


def test_axes_that_are_left_out() -> None:
    assert as_dataset(range(3), [0.0, 1.0, 2.0]).x.tolist() == [[0], [1], [2]]
    assert as_dataset(np.zeros((5, 8, 9), np.uint8), np.zeros(5)).x.shape == (5, 1, 8, 9)
    assert as_dataset(np.zeros((5, 3, 8, 9)), np.zeros(5)).x.shape == (5, 3, 8, 9)


@pytest.mark.parametrize(
    ("t", "numbers", "classes"),
    [
        ([3, 1], [3, 1], None),
        ([-1, 1], [0, 1], ("-1", "1")),
        (["b", "a"], [1, 0], ("a", "b")),
        ([True, False], [1, 0], ("False", "True")),
        (Frame(["b", "a"]), [1, 0], ("a", "b")),
        (Frame([True, False]), [1, 0], ("False", "True")),
        (Frame([2, 0]), [2, 0], None),
        (np.array([[4], [2]], np.uint8), [4, 2], None),
    ],
)
def test_classes(t: Any, numbers: list[int], classes: Any) -> None:
    data = as_dataset(np.zeros((2, 1)), t)
    assert data.t.dtype == np.int64
    assert data.t.tolist() == numbers
    assert data.classes == classes


def test_known_classes() -> None:
    data = as_dataset(np.zeros((2, 1)), [7, 9], classes=("5", "7", "9"))
    assert data.t.tolist() == [1, 2]
    assert data.class_count == 3
    with refuses("t: found label '8'; expected one of 2: 7, 9"):
        as_dataset(np.zeros((1, 1)), [8], classes=("7", "9"))


@pytest.mark.parametrize(
    "t", [[0.5, 1.0], [[0.5], [1.0]], [[1, 2], [3, 4]], Frame([0.5, 1]), np.array([1, 2], np.float16)]
)
def test_values(t: Any) -> None:
    data = as_dataset(np.zeros((2, 1)), t)
    assert data.t.dtype == np.float64
    assert data.classes is None
    assert data.t.shape in ((2,), (2, 2))


def test_a_regression_on_a_list() -> None:
    data = as_dataset([[0], [1], [2], [3]], [1.0, 3.0, 5.0, 7.0])
    network = Network([Linear(1)], 1, SquaredError())
    fit(network, data, Training(Adam(0.1), epochs=300, batch_size=None), engine="reference")
    np.testing.assert_allclose(network.w, [2, 1], atol=0.01)


@pytest.mark.parametrize(
    ("x", "t", "message"),
    [
        ([[1], [2, 3]], T, "x is no array: "),
        (3.0, T, "x is float; expected an array of samples"),
        (Frame([["male", 1]]), [0], "x holds objects (int, str); expected numbers"),
        (Frame([[None]]), [0], "x holds objects (NoneType); expected numbers"),
        ([["a"]], [0], "x holds <U1; expected numbers"),
        (np.zeros((1, 1), complex), [0], "x holds complex128; expected numbers"),
        (np.zeros((1, 1), "M8[s]"), [0], "x holds datetime64[s]; expected numbers"),
        (np.zeros((1, 1, 1, 1, 1)), [0], "x has shape (1, 1, 1, 1, 1); expected (n, features), or images"),
        (np.ma.MaskedArray(X, X > 0.5), T, "x has masked values; expected none missing"),
        (np.zeros((2, 1)), Frame(["a", None]), "t holds objects (NoneType, str); expected numbers or text"),
        (np.zeros((1, 1)), [["a", "b"]], "t: holds text of shape (1, 2); expected one name a sample"),
        (np.zeros((1, 1)), [1j], "t: holds complex128; expected numbers or text"),
        (X, T[1:], "6 inputs but 5 true values; expected as many"),
    ],
)
def test_what_is_no_data(x: Any, t: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        as_dataset(x, t)


def test_the_names_of_pandas_are_kept() -> None:
    frame = pandas.DataFrame({"length": [1.0, 2, 3], "width": [4, 5, 6], "kind": ["a", "b", "a"]})
    data = as_dataset(frame[["width", "length"]], frame["kind"])
    assert (data.columns, data.target) == (("width", "length"), "kind")
    assert data.x.tolist() == [[4, 1], [5, 2], [6, 3]]
    one = as_dataset(frame["length"], frame[["width"]])
    assert (one.columns, one.target) == (("length",), "width")
    unnamed = as_dataset(pandas.DataFrame(X), pandas.Series(T))
    assert (unnamed.columns, unnamed.target) == (None, None)


def test_an_index_among_the_features_is_said() -> None:
    frame = pandas.DataFrame({"Unnamed: 0": [0, 1, 2], "a": [1.5, 2, 3]})
    with pytest.warns(DataWarning, match="x: column 'Unnamed: 0' only counts the rows; leave it out"):
        assert as_dataset(frame, [0, 1, 0]).x.shape == (3, 2)


def test_whole_reals_that_look_like_classes_are_classes_and_it_is_said() -> None:
    t = [0.0, 1, 2, 1, 0, 2, 1, 2, 0, 0]
    with pytest.warns(
        DataWarning, match=r"t, 3 different whole numbers, is taken as classes \(as values: --regression"
    ):
        data = as_dataset(np.zeros((10, 1)), t)
    assert (data.t.dtype, data.t.tolist(), data.classes) == (np.int64, t, None)
    with pytest.warns(DataWarning, match="is taken as classes"):
        assert as_dataset(np.zeros((10, 1)), np.array(t) + 3).classes == ("3", "4", "5")


def test_whole_reals_that_do_not_are_values() -> None:
    for t in (np.arange(1.0, 301), np.arange(300.0) % 7 * 1e5):
        assert as_dataset(np.zeros((300, 1)), t).t.dtype == np.float64
    with pytest.warns(
        DataWarning, match=r"30 different whole numbers, is taken as values \(as classes: --classification"
    ):
        assert as_dataset(np.zeros((300, 1)), np.arange(300.0) % 30).t.dtype == np.float64


def test_the_user_decides() -> None:
    t = np.arange(12.0) % 3
    assert as_dataset(np.zeros((12, 1)), t, regression=True).t.dtype == np.float64
    assert as_dataset(np.zeros((12, 1)), t.astype(int), regression=True).t.dtype == np.float64
    assert as_dataset(np.zeros((12, 1)), t / 2, regression=False).classes == ("0", "0.5", "1")
