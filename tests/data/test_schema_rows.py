"""What a network was trained on, fact by fact."""

import numpy as np
import pytest

from chainrule.data import Dataset, mnist
from chainrule.data.schema import Schema
from chainrule.data.schema_rows import UNKNOWN, schema_rows

TWO = np.array([[1.0, 10.0], [3.0, 10.0]])


def test_digits():
    assert schema_rows(Schema.of(mnist("train").head(300))) == [
        ("inputs", "images 28 x 28, grey"),
        ("pixels", "bytes from 0 to 255"),
        ("ink", "light on dark"),
        ("prepared", "as MNIST's digits: cut out, centred"),
        ("answers", "the class, one of 10"),
        ("classes", "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
    ]


def test_pictures_of_numbers_that_fit_no_scale():
    x = np.random.default_rng(0).normal(size=(20, 3, 4, 5))
    rows = dict(schema_rows(Schema.of(Dataset(x, np.arange(20) % 2, classes=("cat", "dog")))))
    assert rows["inputs"] == "images 4 x 5, in colour"
    assert rows["pixels"].endswith("; what is black and white in them is not known")
    assert (rows["prepared"], rows["classes"]) == ("no: taken as they are", "cat, dog")


def test_a_table_and_its_target():
    data = Dataset(TWO, np.array([1e5, 3e5]), columns=("area", "rooms"), target="price")
    assert schema_rows(Schema.of(data)) == [
        ("inputs", "2 columns, known by their names"),
        ("  area", "1 to 3, 2 ± 1"),
        ("  rooms", "10 to 10, 10 ± 0"),
        ("answers", "1 number"),
        ("  price", "100000 to 300000, 200000 ± 1e+05"),
    ]


def test_of_many_columns_the_first():
    data = Dataset(np.ones((2, 12)), np.ones((2, 10)))
    rows = schema_rows(Schema.of(data), most=2)
    assert [name for name, _ in rows] == ["inputs", "  [0]", "  [1]", "  ...", "answers", "  t[0]", "  t[1]", "  ..."]
    assert rows[0][1] == "12 columns, without names: their order counts"
    assert (rows[3][1], rows[7][1]) == ("and 10 more", "and 8 more")


@pytest.mark.parametrize(("width", "told"), [(1, "numbers from 0 to 1"), (255, "numbers from 0 to 255")])
def test_pixels_in_rows(width, told):
    x = np.linspace(0, width, 200).reshape(2, 100)
    assert schema_rows(Schema.of(Dataset(x, np.arange(2))))[:2] == [("inputs", "100 pixels in a row"), ("pixels", told)]


def test_what_is_not_known():
    assert schema_rows(None) == [("trained on", UNKNOWN)]
