"""A model file's schema: kept number by number, and refused where it cannot be the network's."""

import re
from dataclasses import replace

import numpy as np
import pytest

from chainrule import LogSoftmaxNLL, SquaredError
from chainrule.base.errors import ModelError
from chainrule.data import Dataset
from chainrule.data.full_scale import Scale
from chainrule.data.schema import Classes, Column, Features, Images, Reals, Schema
from chainrule.exchange.model_file import load, save
from chainrule.exchange.schema_file import check_schema, schema_tensors
from chainrule.layers import Linear
from chainrule.network.network import Network

A, B = Column("a", 0.0, 1.0, 0.5, 0.1), Column("b", 2.0, 2.0, 2.0, 0.0)
TABLE = Features(2, (A, B))
NAMES = Classes(("x", "y", "z"))
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
