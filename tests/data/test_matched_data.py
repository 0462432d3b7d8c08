"""Pixels in other ranges and colours, columns in other orders: the training's again, doubted, or refused."""

from typing import Any

import numpy as np
import pytest

from chainrule import DataError, DataWarning
from chainrule.data import Dataset
from chainrule.data.full_scale import BYTES, SIGNED, UNIT, Scale
from chainrule.data.matching import matched_inputs
from chainrule.data.schema import Given, Schema
from chainrule.network.reading import Reading
from chainrule.network.scaling import Scaling

RNG = np.random.default_rng(0)
PAGES = np.zeros((40, 1, 8, 8), np.uint8)
PAGES[:, :, 2:6, 2:6] = RNG.integers(0, 256, (40, 1, 4, 4))
PAGES[:, :, 3, 3] = 255
TABLE = RNG.normal(size=(60, 3)) * [1, 10, 100]


def learned(x: np.ndarray, **names: Any) -> Any:
    return Schema.of(Dataset(x, np.arange(len(x)) % 2, **names)).inputs


RANGES = {
    "bytes": PAGES,
    "0 to 1": PAGES / 255,
    "-1 to 1": PAGES / 127.5 - 1,
    "0 to 255": PAGES.astype(np.float32),
    "16 bits": PAGES.astype(np.uint16) * 257,
    "integers": PAGES.astype(np.int64),
}


@pytest.mark.filterwarnings("ignore::chainrule.DataWarning")
@pytest.mark.parametrize("given", RANGES)
@pytest.mark.parametrize("trained", RANGES)
def test_every_range_becomes_the_training_s(trained: str, given: str) -> None:
    found = matched_inputs(learned(RANGES[trained]), RANGES[given], None)
    assert np.abs(found - RANGES[trained].astype(float)).max() <= 1e-4 * np.ptp(RANGES[trained])
    assert (found.dtype == np.uint8) == (trained == "bytes")


@pytest.mark.parametrize("trained", RANGES)
def test_what_is_as_in_training_stays_what_it_is(trained: str) -> None:
    assert matched_inputs(learned(RANGES[trained]), RANGES[trained], None) is RANGES[trained]


@pytest.mark.parametrize("trained", RANGES)
def test_the_other_ink_is_inverted_and_it_is_said(trained: str) -> None:
    with pytest.warns(DataWarning, match="the images show dark ink on light: they are inverted"):
        found = matched_inputs(learned(RANGES[trained]), 255 - PAGES, None)
    assert np.abs(found - RANGES[trained].astype(float)).max() <= 1e-4 * np.ptp(RANGES[trained])


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (PAGES / 255 * 2, "x goes from 0 to 2 only: the model was trained on pixels from 0 to 255"),
        (PAGES * 2.0, "x goes from 0 to 510: taken for pixels from 0 to 65535"),
        (PAGES / 255 - 0.5, "x goes from -0.5 to 0.5: taken for pixels from -1 to 1"),
        (PAGES // 4, "x goes from 0 to 63 only: the model was trained on pixels from 0 to 255"),
    ],
)
def test_pixels_that_fill_no_range_are_doubted(x: np.ndarray, said: str) -> None:
    with pytest.warns(DataWarning, match=said):
        matched_inputs(learned(PAGES), x, None)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (PAGES - 300.0, "x goes from -300 to -45; expected pixels from 0 to 255, as in training"),
        (PAGES * 1e4, "x goes from 0 to 2.55e[+]06; expected pixels"),
        (PAGES[:, :, :7], r"x has shape \(40, 1, 7, 8\); expected \(samples, 1, 8, 8\), as in training"),
        (PAGES.reshape(40, 64)[:, :63], r"x has shape \(40, 63\)"),
        (PAGES.reshape(1, 64, 40), r"x has shape \(1, 1, 64, 40\)"),
    ],
)
def test_what_cannot_be_matched_is_refused(x: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        matched_inputs(learned(PAGES), x, None)


def test_pixels_of_few_levels_have_the_range_that_they_had_in_training() -> None:
    sixteen = (PAGES // 16).astype(float)
    inputs = learned(sixteen)
    assert inputs.scale == Scale(0, 15)
    assert matched_inputs(inputs, sixteen, None) is sixteen
    assert np.abs(matched_inputs(inputs, PAGES, None) - PAGES / 17).max() < 1e-9
    assert learned(PAGES // 255).scale == UNIT
    assert learned(PAGES // 4).scale == BYTES
    assert learned(PAGES / 127.5 - 1).scale == SIGNED


def test_axes_are_found() -> None:
    inputs = learned(PAGES)
    colour = np.repeat(PAGES, 3, axis=1)
    for x in (PAGES[:, 0], PAGES.reshape(40, 64), np.moveaxis(PAGES, 1, 3), colour, np.moveaxis(colour, 1, 3)):
        assert np.abs(matched_inputs(inputs, x, None).astype(int) - PAGES).max() <= 1
    assert np.array_equal(matched_inputs(learned(colour), PAGES, None), colour)


def test_the_user_may_say_what_pixels_are() -> None:
    found = matched_inputs(learned(PAGES), PAGES / 510, None, Given(Scale(0, 0.5), "light"))
    assert np.array_equal(found, PAGES)
    with pytest.warns(DataWarning, match="inverted"):
        found = matched_inputs(learned(PAGES), PAGES, None, Given(ink="dark"))
    assert np.array_equal(found, 255 - PAGES)


def test_numbers_that_are_no_pixels_are_those_of_the_training_or_refused() -> None:
    inputs = learned((PAGES - 40.0) / 50)
    assert not inputs.standard
    assert matched_inputs(inputs, (PAGES - 40.0) / 50, None) is not None
    with pytest.raises(DataError, match="x goes from 0 to 255; expected numbers as in training"):
        matched_inputs(inputs, PAGES, None)


def test_columns_are_matched_by_name() -> None:
    inputs = learned(TABLE, columns=("a", "b", "c"))
    with_others = np.column_stack([TABLE[:, 2], np.ones(60), TABLE[:, 0], TABLE[:, 1]])
    assert np.array_equal(matched_inputs(inputs, with_others, ("c", "more", "a", "b")), TABLE)
    assert matched_inputs(inputs, TABLE, None) is TABLE
    with pytest.raises(
        DataError, match="there is no column 'b': the columns are a, c; expected a, b, c, as in training"
    ):
        matched_inputs(inputs, TABLE[:, [0, 2]], ("a", "c"))
    with pytest.raises(DataError, match=r"x has shape \(60, 2\); expected \(samples, 3\), as in training"):
        matched_inputs(inputs, TABLE[:, :2], None)


def read(trained: np.ndarray, x: np.ndarray, **names: Any) -> np.ndarray:
    """x as a network reads it that was fitted to other rows."""
    schema = Schema.of(Dataset(trained, np.arange(len(trained)) % 2, **names))
    return Reading(schema, Scaling(), np.dtype(np.float32)).samples(x)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (TABLE * [1, 10, 1], "b goes to .*, but went from .* in training: is it in another unit?"),
        (TABLE[:, [2, 1, 0]], "a goes to .*: is it in another unit?"),
        (np.column_stack([np.full(60, 4.5), TABLE[:, 1:]]), "a is 4.5 on average, but was .*: is it another column?"),
        ([[6, 8, 0]], "a goes to 6, but went from .*: is it in another unit?"),
        (np.trunc(TABLE), "a holds whole numbers only, but had fractions in training: were they cut off?"),
    ],
)
def test_columns_unlike_the_training_s_are_doubted(x: Any, said: str) -> None:
    with pytest.warns(DataWarning, match=said):
        read(TABLE, np.array(x, float), columns=("a", "b", "c"))


def test_a_smaller_unit_within_the_training_s_range_is_doubted_in_many_rows() -> None:
    """Centimetres of what were inches, say: each row alone may be as in training, all of them are not."""
    trained, small = RNG.uniform(1, 10, (60, 3)), RNG.uniform(2.5, 10, (60, 3)) / 2.5
    read(trained, small[:1])
    with pytest.warns(DataWarning, match=r"\[\d\] is .* ± .*, but was .* in training: is it in another unit"):
        read(trained, small)


def test_bytes_of_a_table_are_numbers_as_others() -> None:
    """A network scales bytes: those of a column that was none in training stay what they are."""
    whole = RNG.integers(0, 200, (60, 3))
    found = matched_inputs(learned(whole.astype(float)), whole.astype(np.uint8), None)
    assert found.dtype == np.float64
    assert np.array_equal(found, whole)
    assert matched_inputs(learned(whole.astype(np.uint8)), whole.astype(np.uint8), None).dtype == np.uint8


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_missing_is_named(value: float) -> None:
    x = TABLE.copy()
    x[7, 1] = value
    with pytest.raises(DataError, match=rf"b of x\[7\] is {value}; expected a finite number"):
        matched_inputs(learned(TABLE, columns=("a", "b", "c")), x, None)


def test_empty_images_are_doubted() -> None:
    with pytest.warns(DataWarning, match="x is 0 all over: there is nothing in the images"):
        matched_inputs(learned(PAGES), PAGES * 0, None)


def test_a_row_is_doubted_in_the_training_s_units_and_others_are_not() -> None:
    """Also of a table of bytes, which the network reads scaled, given in another type."""
    whole = RNG.integers(100, 200, (60, 3)).astype(np.uint8)
    schema = Schema.of(Dataset(whole, np.arange(60) % 2))
    reading = Reading(schema, Scaling(0.5, 0.1), np.dtype(np.float32))
    x = whole.astype(np.int64)
    x[4, 1] = 300
    assert reading.doubtful(reading.matched(x[[*range(4), *range(5, 60)]])) == {}
    with pytest.warns(DataWarning, match="goes to 300"):
        x = reading.matched(x[:9])
    assert list(reading.doubtful(x)) == [4]
    assert list(reading.doubtful(x[4:5])) == [0]
    assert np.allclose(reading.numbers(x), (x / 255 - 0.5) / 0.1)
