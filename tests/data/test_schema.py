"""What a schema learns from the training data, and what it says of them."""

import numpy as np
import pytest

from chainrule.data import Dataset, mnist
from chainrule.data.full_scale import Scale
from chainrule.data.schema import Classes, Column, Features, Images, Reals, Schema, answers_of, columns_of, inputs_of
from chainrule.data.schema import Given as SaidByTheUser

NOTHING_SAID = SaidByTheUser()
DIGITS = mnist("train").head(200)


def inputs(x: np.ndarray, said: SaidByTheUser = NOTHING_SAID, **others) -> Features | Images:
    return inputs_of(Dataset(x, np.arange(len(x)) % 2, **others), said)


def images(x: np.ndarray, said: SaidByTheUser = NOTHING_SAID) -> Images:
    found = inputs(x, said)
    assert isinstance(found, Images)
    return found


def features(x: np.ndarray, said: SaidByTheUser = NOTHING_SAID, **others) -> Features:
    found = inputs(x, said, **others)
    assert isinstance(found, Features)
    return found


def test_digits_are_light_on_dark_and_prepared():
    seen = images(DIGITS.x)
    assert (seen.shape, seen.standard, seen.in_bytes, seen.white) == ((1, 28, 28), True, True, 255.0)
    assert (seen.ink, seen.prepared) == ("light", True)
    assert str(seen) == "images 28 x 28, grey, bytes from 0 to 255, light ink on dark, as MNIST"


def test_digits_of_dark_ink_are_not_prepared():
    seen = images(255 - DIGITS.x)
    assert (seen.ink, seen.prepared) == ("dark", False)
    assert str(seen).endswith("dark ink on light")


def test_light_digits_that_do_not_lie_in_the_middle_are_not_prepared():
    seen = images(np.roll(DIGITS.x, 3, axis=3))
    assert (seen.ink, seen.prepared) == ("light", False)


def test_what_the_user_says_counts_more():
    seen = images(DIGITS.x / 255, SaidByTheUser(Scale(0.0, 2.0), "dark"))
    assert (seen.scale, seen.ink, seen.prepared, seen.in_bytes) == (Scale(0.0, 2.0), "dark", False, False)
    rows = features(np.linspace(0, 1, 128).reshape(2, 64) * 7.3, SaidByTheUser(Scale(0.0, 10.0)))
    assert rows.scale == Scale(0.0, 10.0)


def test_images_of_one_line_have_no_ink():
    assert images(np.tile(DIGITS.x[:, :, 14:15], (1, 1, 1, 2))).ink is None


@pytest.mark.parametrize(("channels", "told"), [(1, "grey"), (2, "of 2 channels"), (3, "in colour")])
def test_colours(channels, told):
    assert f", {told}, numbers from" in str(images(np.random.default_rng(0).random((4, channels, 3, 5))))


@pytest.mark.parametrize(("n", "shape"), [(63, None), (64, (1, 8, 8)), (65, (1, 1, 65)), (81, (1, 9, 9))])
def test_many_numbers_of_a_full_scale_are_pixels(n, shape):
    x = np.tile(np.linspace(0, 1, n), (3, 1))
    seen = features(x)
    assert (seen.pixels and seen.pixels.shape) == shape
    assert bool(seen.columns) == (shape is None)
    assert (seen.count, seen.named, seen.in_bytes) == (n, False, False)
    assert str(seen).endswith("numbers in a row" if shape is None else ", each in a row")
    assert features(x, columns=tuple(f"c{k}" for k in range(n))).pixels is None
    assert features((x * 255).astype(np.uint8)).in_bytes


def test_columns():
    x = np.array([[1.0, 10.0], [3.0, 10.0]])
    seen = features(x, columns=("area", "rooms"))
    assert seen.columns == (Column("area", 1.0, 3.0, 2.0, 1.0), Column("rooms", 10.0, 10.0, 10.0, 0.0))
    assert (seen.named, seen.names, seen.scale) == (True, ("area", "rooms"), None)
    assert str(seen) == "a table of 2 columns: area, rooms"
    assert str(seen.columns[0]) == "area: 1 to 3, 2 ± 1"
    assert features(x).names == ("[0]", "[1]")
    assert [column.name for column in columns_of(x, None, "t")] == ["t[0]", "t[1]"]


@pytest.mark.parametrize(
    ("data", "classes", "right"),
    [
        (Dataset(np.ones((3, 2)), np.array([0, 2, 1])), None, Classes(("0", "1", "2"))),
        (Dataset(np.ones((3, 2)), np.array([0, 2, 1]), target="kind"), 5, Classes(tuple("01234"), "kind")),
        (Dataset(np.ones((2, 2)), np.array([0, 1]), classes=("cat", "dog")), None, Classes(("cat", "dog"))),
        (Dataset(np.ones((2, 2)), np.array([0, 2])), 0, Reals((Column("t[0]", 0.0, 2.0, 1.0, 1.0),))),
        (
            Dataset(np.ones((2, 2)), np.array([0.0, 2.0]), target="price"),
            None,
            Reals((Column("price", 0.0, 2.0, 1.0, 1.0),), "price"),
        ),
        (
            Dataset(np.ones((2, 2)), np.array([[0, 1], [2, 1]]), target="prices"),
            None,
            Reals((Column("t[0]", 0.0, 2.0, 1.0, 1.0), Column("t[1]", 1.0, 1.0, 1.0, 0.0)), "prices"),
        ),
        (
            Dataset(np.ones((2, 2)), np.array([[0], [2]]), target="price"),
            None,
            Reals((Column("price", 0.0, 2.0, 1.0, 1.0),), "price"),
        ),
        (
            Dataset(np.ones((2, 2)), np.array([[0, 1], [2, 1]])),
            None,
            Reals((Column("t[0]", 0.0, 2.0, 1.0, 1.0), Column("t[1]", 1.0, 1.0, 1.0, 0.0))),
        ),
    ],
)
def test_answers(data, classes, right):
    assert answers_of(data, classes) == right


def test_what_answers_are_called():
    assert Classes(("0", "1")).classes is None
    assert Classes(("0", "2")).classes == ("0", "2")
    assert str(Classes(("cat", "dog"), "animal")) == "animal, one of 2: cat, dog"
    assert str(Classes(("a", "b"), None, 1.25, "40 samples")) == (
        "the class, one of 2: a, b; temperature 1.25, found on 40 samples"
    )
    column = Column("t", 0.0, 2.0, 1.0, 1.0)
    assert str(Reals((column,) * 4)) == "; ".join(["t: 0 to 2, 1 ± 1"] * 4)
    assert str(Reals((column,) * 5)) == "; ".join(["t: 0 to 2, 1 ± 1"] * 4) + "; ..."
    schema = Schema.of(Dataset(np.ones((2, 1)), np.array([0, 1])))
    assert str(schema) == "inputs: 1 numbers in a row\nanswers: the class, one of 2: 0, 1"
    assert schema.plain()["answers"]["names"] == ("0", "1")
