"""Inputs that are unlike those of the training are told from those that are not."""

import numpy as np
import pytest
from sklearn import datasets

import chainrule as cr
from chainrule import DataWarning
from chainrule.data import mnist
from chainrule.data.typical import FEWEST, Typical, looked_at

RNG = np.random.default_rng(0)
MIX = RNG.normal(size=(5, 5))
TABLE = RNG.normal(size=(600, 5)) @ MIX * [1, 10, 100, 1, 0.1] + [0, 50, 0, 1000, 0]


@pytest.fixture(scope="module")
def of_digits() -> Typical:
    found = Typical.of(mnist("train").head(6000).x)
    assert found is not None
    return found


def test_by_hand() -> None:
    """Two directions of variances 4 and 1, and a third that hardly varies."""
    x = np.array([[2, 0, 0.0], [-2, 0, 0], [0, 1, 0], [0, -1, 0]])
    seen = Typical(np.zeros(3), np.ones(3), np.eye(3)[:, :2], np.array([4.0, 1]), 0.01, (2.0, 4.0))
    inside, outside = seen.distances(np.array([*x, [0, 0, 0.1], [4, 0, 0]]))
    assert np.allclose(inside, [0.5, 0.5, 0.5, 0.5, 0, 2])
    assert np.allclose(outside, [0, 0, 0, 0, 1, 0])
    assert seen.unlike(np.array([[5, 0, 0], [0, 0, 0.3], [2, 1, 0.1]])).tolist() == [True, True, False]


def test_nearly_all_other_digits_are_like_those_of_the_training(of_digits: Typical) -> None:
    assert of_digits.unlike(mnist("test").x).mean() < 0.005


@pytest.mark.parametrize(
    ("change", "least"),
    [
        (lambda x: x.reshape(-1, 784)[:, np.random.default_rng(1).permutation(784)].reshape(x.shape), 0.85),
        (lambda x: np.roll(x, 8, 2), 0.85),
        (lambda x: np.roll(x, 5, 3), 0.5),
        (lambda x: np.clip(x.astype(int) + 50, 0, 255), 0.99),
        (lambda x: np.full_like(x, 128), 0.99),
        (lambda x: np.kron(x[:, :, 7:21, 7:21], np.ones((1, 1, 2, 2))), 0.95),
    ],
    ids=["exchanged pixels", "shifted by 8", "shifted by 5", "lighter", "grey", "enlarged"],
)
def test_digits_that_were_changed_are_not(of_digits: Typical, change, least: float) -> None:
    assert of_digits.unlike(change(mnist("test").head(500).x)).mean() >= least


def test_columns_that_depend_on_each_other_are_told_in_another_order() -> None:
    seen = Typical.of(TABLE[:400])
    assert seen is not None
    assert seen.unlike(TABLE[400:]).mean() <= 0.02
    for order in ([1, 0, 2, 3, 4], [4, 3, 2, 1, 0], [0, 2, 1, 3, 4]):
        assert seen.unlike(TABLE[400:, order]).mean() > 0.7


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes", "digits"])
def test_real_tables_held_out_are_silent_and_in_another_order_are_not(name: str) -> None:
    x = getattr(datasets, f"load_{name}")().data
    for seed in range(4):
        rows = np.random.default_rng(seed).permutation(len(x))
        own, others = x[rows[len(x) // 6 :]], x[rows[: len(x) // 6]]
        seen = Typical.of(own)
        assert seen is not None
        seen.doubt(others)
        with pytest.warns(DataWarning, match="is unlike what the model was trained on"):
            seen.doubt(others[:, ::-1])


def test_few_or_very_wide_inputs_have_no_type() -> None:
    assert Typical.of(TABLE[: FEWEST - 1]) is None
    assert Typical.of(RNG.normal(size=(200, 2000))) is None


def test_columns_without_change_do_no_harm() -> None:
    x = np.column_stack([np.full(300, 7.0), RNG.normal(size=300), np.full(300, 1e9)])
    seen = Typical.of(x)
    assert seen is not None
    assert seen.unlike(x).mean() < 0.01
    assert seen.unlike(x + np.array([1, 0, 0])).all()
    same = Typical.of(np.ones((300, 4)))
    assert same is not None
    assert not same.unlike(np.ones((5, 4))).any()


def test_images_are_made_small_by_means() -> None:
    x = np.arange(2 * 30 * 40.0).reshape(1, 2, 30, 40)
    assert looked_at(x).shape == (1, 2 * 10 * 14)
    assert looked_at(x)[0, 0] == x[0, 0, :3, :3].mean()
    assert np.array_equal(looked_at(x[:, :, :14, :14]), x[:, :, :14, :14].reshape(1, -1))


def test_the_doubt_counts() -> None:
    seen = Typical.of(TABLE[:400])
    assert seen is not None
    seen.doubt(TABLE[400:])
    with pytest.warns(DataWarning, match="x is unlike what the model was trained on: is it in the same units"):
        seen.doubt(TABLE[400:401, ::-1])
    with pytest.warns(DataWarning, match="in 200 of 200 samples, such as 0: is it in the same units, order and place"):
        seen.doubt(TABLE[400:, ::-1])


def test_a_model_file_keeps_it(tmp_path) -> None:
    network = cr.Network([cr.Linear(10)], (1, 28, 28))
    cr.fit(network, mnist("train").head(600), cr.Training(epochs=1))
    network.save(tmp_path / "m.safetensors")
    kept, back = network.schema, cr.load(tmp_path / "m.safetensors").schema
    assert kept is not None
    assert back is not None
    assert back == kept
    x = mnist("test").head(200).x
    for values in (x, np.roll(x, 4, 2), 255 - x):
        assert kept.typical is not None
        assert back.typical is not None
        assert np.array_equal(back.typical.unlike(values), kept.typical.unlike(values))
