"""Inputs and targets far from 1: warned of where a network learns them as they are, learned well where it does not."""

import warnings

import numpy as np
import pytest

from chainrule import BatchNormalisation, DataWarning, Linear, Network, ReLU, SquaredError, Standardise, Training, fit
from chainrule.data import Dataset

RNG = np.random.default_rng(0)
X = RNG.normal(size=(100, 2))
Y = X[:, 0] + 0.1 * X[:, 1]


def network(x, loss, *first, dtype: type = np.float32):
    return Network([*first, Linear(8), ReLU(), Linear(1)], x.shape[1], loss, dtype=dtype)


@pytest.mark.parametrize("t", [2e5 + 5e4 * Y, 1e-4 * Y, 150 + Y, 500 * Y])
def test_targets_far_from_1_are_warned_of_unless_the_loss_has_their_units(t):
    with pytest.warns(DataWarning, match=r"t\[0\] is .*, far from 1: SquaredError\.of\(t\) as the network's loss"):
        fit(network(X, SquaredError()), Dataset(X, t), Training(epochs=1))
    fit(network(X, SquaredError.of(t)), Dataset(X, t), Training(epochs=1))


def test_a_target_is_called_by_its_name():
    with pytest.warns(DataWarning, match="price is"):
        fit(network(X, SquaredError()), Dataset(X, 1e5 * Y, target="price"), Training(epochs=1))


def test_columns_far_from_1_are_warned_of_unless_they_are_standardised():
    x = X * [1, 1e6]
    with pytest.warns(DataWarning, match=r"column income goes up to \d.*: Standardise\.of\(x\) as the first layer"):
        fit(network(x, SquaredError()), Dataset(x, Y, columns=("age", "income")), Training(epochs=1))
    fit(network(x, SquaredError(), Standardise.of(x)), Dataset(x, Y), Training(epochs=1))
    fit(network(x, SquaredError(), BatchNormalisation()), Dataset(x, Y), Training(epochs=1))


def test_a_column_that_float32_cannot_hold_is_warned_of_also_where_it_is_standardised():
    x = X * [10, 1] + [1.7e9, 0]
    with pytest.warns(DataWarning, match=r"column \[0\] is 1\d+ ± 9.*, which float32 cannot hold: .*np\.float64"):
        fit(network(x, SquaredError(), Standardise.of(x)), Dataset(x, Y), Training(epochs=1))
    fit(network(x, SquaredError(), Standardise.of(x), dtype=np.float64), Dataset(x, Y), Training(epochs=1))


def test_what_is_about_1_classes_and_pixels_are_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(network(X, SquaredError()), Dataset(X, Y), Training(epochs=1))
        pixels = RNG.integers(0, 256, (50, 64)).astype(np.uint8)
        fit(Network([Linear(200)], 64), Dataset(pixels, np.arange(50) + 140), Training(epochs=1))
        fit(network(X, SquaredError()), Dataset(X, np.full(100, 3.0)), Training(epochs=1))
