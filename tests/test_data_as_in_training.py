"""A network reads data as those that it was trained on: tables of pandas, signals, pixels scaled already, data sets."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas
import pytest

from chainrule import DataError, DataWarning
from chainrule.data import Dataset
from chainrule.data.schema import Classes, Schema
from chainrule.network.reading import Reading, doubt_inputs
from chainrule.network.scaling import Scaling
from messages import exactly

RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(30, 3))
PAGES = RNG.integers(0, 256, (8, 1, 2, 2), np.uint8)
PAGES[:, 0, 0] = 0, 255
SCALED = Scaling(0.5, 0.25)  # black is -2, white 2
DOUBLE = np.dtype(np.float64)


def reading(trained: np.ndarray, scaling: Scaling = SCALED, shape: tuple[int, ...] = (), **named: Any) -> Reading:
    """That of a network which was fitted to these inputs."""
    return Reading(Schema.of(Dataset(trained, np.arange(len(trained)) % 2, **named)), scaling, DOUBLE, shape)


def test_columns_of_a_table_of_pandas_are_found_by_their_names() -> None:
    frame = pandas.DataFrame({"who": ["ann"] * 30, "c": TABLE[:, 2], "a": TABLE[:, 0], "b": TABLE[:, 1]})
    by_name = reading(TABLE, columns=("a", "b", "c"))
    assert np.array_equal(by_name.samples(frame), TABLE)
    with pytest.raises(DataError, match="there is no column 'b': the columns are a, c; expected a, b, c"):
        by_name.samples(frame[["a", "c"]])


def test_without_names_in_training_the_order_of_a_table_counts() -> None:
    frame = pandas.DataFrame(TABLE, columns=["c", "a", "b"])
    assert np.array_equal(reading(TABLE).samples(frame), TABLE)
    numbered = reading(TABLE, columns=("0", "1", "2"))
    assert np.array_equal(numbered.samples(pandas.DataFrame(TABLE)[[2, 0, 1]]), TABLE)


def test_names_of_columns_may_be_given() -> None:
    by_name = reading(TABLE, columns=("a", "b", "c"))
    assert np.array_equal(by_name.samples(TABLE[:, [2, 0, 1]], ("c", "a", "b")), TABLE)
    assert np.array_equal(by_name.samples(TABLE.tolist()), TABLE)
    with pytest.raises(DataError, match=exactly("x holds <U1; expected numbers")):
        by_name.samples([["a"] * 3])


def test_what_is_not_known_of_the_training_is_not_matched() -> None:
    bare = Reading(None, Scaling(), DOUBLE)
    assert bare.samples(TABLE) is TABLE
    assert bare.doubtful(1e9 * TABLE) == {}


def test_signals_are_the_trainings_rows() -> None:
    signals = RNG.normal(size=(30, 2, 6))
    found = reading(signals, shape=(2, 6)).samples(signals)
    assert np.array_equal(found, signals.reshape(30, 12))
    with pytest.raises(DataError, match=r"x has shape \(30, 6, 2\); expected \(samples, 12\), as in training"):
        reading(signals, shape=(2, 6)).samples(signals.reshape(30, 6, 2))


@pytest.mark.parametrize("off", [0.0, 3e-5, -1e-6])
def test_pixels_that_are_scaled_already_stay_so(off: float) -> None:
    x = SCALED.table(DOUBLE)[PAGES]
    x[x == -2] += off  # as rounding leaves it
    read = reading(PAGES, SCALED)
    assert read.matched(x) is x
    assert read.samples(x) is x
    assert read.doubtful(x) == {}


@pytest.mark.parametrize("off", [5e-5, 0.5, -1e-3])
def test_pixels_that_do_not_begin_at_black_are_not_scaled(off: float) -> None:
    x = SCALED.table(DOUBLE)[PAGES]
    x[x == -2] += off
    with pytest.raises(DataError, match=r"x goes from -\d\.?\d* to 2; expected pixels from 0 to 255, as in training"):
        reading(PAGES, SCALED).samples(x)


@pytest.mark.parametrize("x", [PAGES / 255, PAGES.astype(np.float32), PAGES.astype(int), PAGES / 127.5 - 1], ids=str)
@pytest.mark.parametrize("scaling", [Scaling(), Scaling(0.0, 0.5), SCALED], ids=str)
def test_pixels_in_another_range_are_bytes_again(x: np.ndarray, scaling: Scaling) -> None:
    """Also numbers from 0 on, where a scaling leaves black at 0: what they are is what the training's were."""
    found = reading(PAGES, scaling).samples(x)
    assert found.dtype == np.uint8
    assert np.array_equal(found, PAGES)


def test_whole_numbers_are_never_scaled_already() -> None:
    x = np.rint(SCALED.table(DOUBLE)[PAGES]).astype(int)
    with pytest.raises(DataError, match="x goes from -2 to 2; expected pixels from 0 to 255"):
        reading(PAGES, SCALED).samples(x)


def test_no_samples_are_read_without_a_word() -> None:
    for trained in (PAGES, TABLE):
        read = reading(trained)
        none = trained[:0].astype(float)
        assert len(read.samples(none)) == 0
        assert read.doubtful(none) == {}


def test_bytes_of_a_table_are_scaled_where_they_come_as_other_numbers() -> None:
    trained = RNG.integers(0, 200, (30, 3), np.uint8)
    read = reading(trained)
    assert read.samples(trained) is trained
    np.testing.assert_allclose(read.samples(trained.astype(int)), (trained / 255 - 0.5) / 0.25, rtol=1e-15)


def test_a_data_set_has_the_trainings_columns_and_class_numbers() -> None:
    trained = Dataset(TABLE, np.arange(30) % 2, columns=("a", "b", "c"), classes=("cat", "dog"))
    read = Reading(Schema.of(trained), Scaling(), DOUBLE)
    other = Dataset(TABLE[:, [2, 0, 1]], 1 - trained.t, columns=("c", "a", "b"), classes=("dog", "cat"))
    found = read.data(other)
    assert np.array_equal(found.x, TABLE)
    assert np.array_equal(found.t, trained.t)
    assert (found.columns, found.classes) == (("a", "b", "c"), ("cat", "dog"))
    assert [read.data(other.head(n)).classes for n in (0, 1)] == [("dog", "cat"), ("cat", "dog")]
    unnamed = Reading(Schema.of(replace(trained, columns=None)), Scaling(), DOUBLE)
    assert unnamed.data(replace(other, x=TABLE)).columns is None


@pytest.mark.parametrize("known", [False, True])
def test_a_data_set_with_a_number_that_is_not_finite_is_refused(known: bool) -> None:
    x = TABLE.copy()
    x[4, 1] = np.nan
    read = reading(TABLE) if known else Reading(None, Scaling(), DOUBLE)
    for data, told in (
        (Dataset(x, np.zeros(30, int)), "x[4] holds nan; expected finite numbers"),
        (Dataset(TABLE, x[:, 1]), "t[4] holds nan; expected finite numbers"),
    ):
        with pytest.raises(DataError, match=exactly(told)):
            read.data(data)


def test_inputs_are_doubted_by_column_or_else_as_a_whole() -> None:
    """One warning: a column that is far away says more than that all of it is."""
    trained = np.repeat(RNG.normal(size=(400, 1)), 3, axis=1) + 0.01 * RNG.normal(size=(400, 3))
    schema = Schema.of(Dataset(trained, np.arange(400) % 2, columns=("a", "b", "c")))
    for x, told in (
        (np.array([[90.0, 90.0, 90.0]]), "a goes to 90, but went from"),
        (np.array([[1.0, -1.0, 1.0]]), "x is unlike what the model was trained on: is it in the same units"),
    ):
        with pytest.warns(DataWarning) as warned:
            doubt_inputs(schema, x)
        assert len(warned) == 1
        assert str(warned[0].message).startswith(told)
    assert isinstance(schema.answers, Classes)
    doubt_inputs(schema, trained[:5])
