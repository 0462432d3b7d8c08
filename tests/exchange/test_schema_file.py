"""A model file's schema: kept number by number, and refused where it cannot be the network's."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chainrule import LogSoftmaxNLL, SquaredError
from chainrule.base.errors import ModelError
from chainrule.data import Dataset
from chainrule.data.full_scale import Scale
from chainrule.data.schema import Classes, Column, Features, Images, Reals, Schema
from chainrule.data.typical import WIDEST
from chainrule.exchange.model_file import load, save
from chainrule.exchange.schema_file import check_schema, schema_of, schema_tensors, typical_of
from chainrule.exchange.tensors import Left
from chainrule.layers import Linear
from chainrule.network.network import Network

A, B = Column("a", 0.0, 1.0, 0.5, 0.1), Column("b", 2.0, 2.0, 2.0, 0.0)
TABLE = Features(2, (A, B))
NAMES, YES_NO = Classes(("x", "y", "z")), Classes(("no", "yes"))
PIXELS = Images((1, 2, 3), Scale(0.0, 1.0))


def network(shape: tuple[int, ...], outputs: int, loss=None) -> Network:
    return Network([Linear(outputs)], shape, loss=loss or LogSoftmaxNLL())


CLASSIFIER, IMAGES, REGRESSION = network((2,), 3), network((1, 2, 3), 3), network((2,), 2, SquaredError())
FITTING = [
    (CLASSIFIER, Schema(TABLE, NAMES)),
    (CLASSIFIER, Schema(Features(2), NAMES)),
    (IMAGES, Schema(PIXELS, NAMES)),
    (IMAGES, Schema(Features(6, pixels=replace(PIXELS, shape=(1, 1, 6))), NAMES)),
    (network((2,), 1), Schema(TABLE, Classes(("no", "yes")))),
    (REGRESSION, Schema(TABLE, Reals((A, B)))),
]
WRONG = [
    (CLASSIFIER, Schema(Features(3), NAMES), "schema.inputs is of shape (3,); expected (2,), as the network reads"),
    (IMAGES, Schema(replace(PIXELS, shape=(1, 3, 2)), NAMES), "is of shape (1, 3, 2); expected (1, 2, 3), as the"),
    (CLASSIFIER, Schema(Features(2, (A,)), NAMES), "schema.inputs.columns has 1 columns; expected 2, as the network"),
    (CLASSIFIER, Schema(Features(2, (A, A)), NAMES), "schema.inputs.columns holds 'a' twice; expected different names"),
    (
        CLASSIFIER,
        Schema(Features(2, (A, replace(B, lowest=3.0))), NAMES),
        "schema.inputs.columns[1].lowest is 3.0; expected at most 2.0",
    ),
    (CLASSIFIER, Schema(Features(2, pixels=PIXELS), NAMES), "schema.inputs.pixels has 6 pixels; expected 2"),
    (CLASSIFIER, Schema(TABLE, Classes(("x", "y"))), "schema has 2 classes; expected 3, as the network"),
    (CLASSIFIER, Schema(TABLE, Classes(("x", "y", "x"))), "schema.answers.names holds 'x' twice"),
    (network((2,), 1), Schema(TABLE, Classes(("x",))), "schema has 1 classes; expected 2"),
    (REGRESSION, Schema(TABLE, Reals((A,))), "schema.answers.columns has 1 columns; expected 2"),
    (REGRESSION, Schema(TABLE, Reals((B, B))), "schema.answers.columns holds 'b' twice"),
]


@pytest.mark.parametrize(("trained", "schema"), FITTING)
def test_what_fits_the_network_is_taken(trained, schema):
    check_schema(trained, schema)


@pytest.mark.parametrize(("trained", "schema", "message"), WRONG)
def test_what_does_not_fit_the_network_is_refused(trained, schema, message):
    with pytest.raises(ModelError, match=re.escape(message)):
        check_schema(trained, schema)


def test_a_signals_channels_may_be_the_rows_of_grey_images():
    inputs = replace(PIXELS, shape=(1, 2, 3))
    check_schema(network((2, 3), 3), Schema(inputs, NAMES))
    with pytest.raises(ModelError, match=re.escape("shape (1, 3, 2); expected (1, 2, 3), as the network reads")):
        check_schema(network((2, 3), 3), Schema(replace(inputs, shape=(1, 3, 2)), NAMES))


class Kept(Left):
    """Tensors as of a file, by name."""

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.arrays = {f"schema.{name}": np.array(values, np.float32) for name, values in arrays.items()}

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def shape(self, name: str) -> tuple[int, ...]:
        return self.arrays[name].shape

    def take(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        found = self.arrays.pop(name, np.empty(0))
        if found.shape != shape:
            raise ModelError(f"{name} is of shape {found.shape}; expected {shape}")
        return found


def arrays(d: int, k: int) -> dict[str, Any]:
    ones = {"mean": np.zeros(d), "scale": np.ones(d), "directions": np.ones((d, k)), "variances": np.ones(k)}
    return ones | {"bounds": [4, 5, 6]}


@pytest.mark.parametrize(("d", "k"), [(1, 1), (3, 1), (3, 3), (WIDEST, 2)])
def test_what_was_typical_has_some_directions_and_at_most_as_many_as_numbers(d, k):
    found = schema_of(network((d,), 2), Schema(Features(d), YES_NO).plain(), Kept(arrays(d, k))).typical
    assert found is not None
    assert (found.directions.shape, found.rest, found.bounds) == ((d, k), 4, (5, 6))


@pytest.mark.parametrize(
    ("d", "changes", "message"),
    [
        (3, {"variances": []}, "schema.variances has 0 numbers; expected 1 to 3"),
        (3, {"variances": [1] * 4}, "schema.variances has 4 numbers; expected 1 to 3"),
        (3, {"variances": [1, 0]}, "schema.variances holds 0; expected numbers above 0"),
        (3, {"scale": [1, 0, 1]}, "schema.scale holds 0; expected numbers above 0"),
        (3, {"scale": [1, -2, 1]}, "schema.scale holds -2; expected numbers above 0"),
        (3, {"bounds": [4, 5, 0]}, "schema.bounds holds 0; expected numbers above 0"),
        (WIDEST + 1, {}, "schema.mean is there, with inputs of 1,001 numbers; expected at most 1,000"),
    ],
)
def test_what_cannot_have_been_typical_is_refused(d, changes, message):
    with pytest.raises(ModelError, match=re.escape(message)):
        schema_of(network((d,), 2), Schema(Features(d), YES_NO).plain(), Kept(arrays(d, 2) | changes))


def test_without_variances_one_direction_is_expected():
    kept = arrays(3, 1)
    del kept["variances"]
    with pytest.raises(ModelError, match=re.escape("schema.variances is of shape (0,); expected (1,)")):
        typical_of(3, Kept(kept))


def test_a_schema_that_is_none_is_named_by_its_place():
    plain = Schema(Features(2), YES_NO).plain()
    with pytest.raises(ModelError, match=r"^schema\.inputs is 3; expected a table of"):
        schema_of(network((2,), 2), plain | {"inputs": 3}, Kept({}))


@pytest.fixture(scope="module")
def learned() -> Schema:
    """Of samples enough to say what is typical."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 3)) @ rng.normal(size=(3, 6)) + rng.normal(size=(2000, 6)) / 10
    schema = Schema.of(Dataset(x, np.arange(2000) % 3))
    assert schema.typical is not None
    return schema


def test_all_of_it_comes_back_from_a_file(learned, tmp_path):
    trained = network((6,), 3)
    trained.schema = learned
    save(tmp_path / "model.safetensors", trained)
    found = load(tmp_path / "model.safetensors").schema
    assert found == learned
    assert found is not None
    kept, seen = found.typical, learned.typical
    assert kept is not None
    assert seen is not None
    for name in ("mean", "scale", "directions", "variances", "bounds", "rest"):
        assert np.allclose(getattr(kept, name), getattr(seen, name), rtol=1e-6), name


def test_its_arrays_have_names_and_are_float32(learned):
    seen = learned.typical
    found = schema_tensors(learned)
    assert found.keys() == {f"schema.{name}" for name in ("mean", "scale", "directions", "variances", "bounds")}
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}
    assert found["schema.bounds"].tolist() == np.array([seen.rest, *seen.bounds], np.float32).tolist()
    assert schema_tensors(None) == schema_tensors(replace(learned, typical=None)) == {}
