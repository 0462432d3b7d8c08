"""What suits data where the user names nothing: the network, and for how long and by which steps it is trained."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import train_test_split

import chainrule as cr
from chainrule.base.errors import DataError
from chainrule.data import Dataset
from chainrule.tasks.adapting import FULL, adapted, lengthened, training_for
from chainrule.tasks.presets import PRESETS, preset
from chainrule.tasks.suited import suited


def pictures(*shape: int, classes: int = 3, n: int = 60) -> Dataset:
    """Classes by their brightness."""
    rng = np.random.default_rng(0)
    t = np.arange(n) % classes
    x = rng.integers(0, 60, (n, *shape)) + 150 * t.reshape(-1, 1, 1, 1) // (classes - 1)
    return Dataset(x.astype(np.uint8), t)


@pytest.mark.parametrize(
    "shape", [(3, 64, 64), (1, 8, 8), (3, 7, 30), (1, 28, 28), (3, 224, 160), (3, 31, 500), (1, 4, 4)]
)
def test_pictures_of_any_size_have_a_network(shape):
    data = pictures(*shape)
    network = cr.network_for(data)
    assert (network.input_shape, network.output_shape) == (shape, (10,) if shape == (1, 28, 28) else (3,))
    assert network.predict(data.x[:1]).shape == (1, *network.output_shape)
    assert network.size < 2_000_000


def test_tables_have_a_hidden_layer_and_digits_the_network_for_digits():
    table = Dataset(np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2)
    assert suited(table) is preset("mlp")
    assert suited(pictures(1, 28, 28)) is preset("mnist")
    digits = cr.data.mnist("train").head(50)
    assert np.array_equal(cr.network_for(digits, seed=3).w, preset("mnist").network(3).w)
    assert cr.network_for(digits, "mlp").size == preset("mlp").network().size


def test_named_classes_of_28x28_pictures_have_outputs_and_a_scaling_of_their_own():
    network = cr.network_for(replace(pictures(1, 28, 28), classes=("cat", "dog", "emu")))
    assert network.output_shape == (3,)
    assert network.scaling != preset("mnist").network().scaling


def test_a_regression_on_pictures_of_a_digits_size():
    data = replace(pictures(1, 28, 28), t=np.random.default_rng(0).normal(5e4, 1e3, 60))
    network = cr.network_for(data, "mlp")
    assert network.output_shape == (1,)
    assert isinstance(network.loss, cr.SquaredError)
    assert network.loss.mean == pytest.approx((data.t.mean(),))


def test_what_is_not_finite_is_refused():
    with pytest.raises(DataError, match=r"x\[1\] holds nan"):
        cr.network_for(Dataset(np.array([[1.0], [np.nan]]), np.array([0, 1])))


@pytest.mark.parametrize("name", PRESETS)
def test_for_as_many_samples_as_digits_a_preset_stays_as_it_is(name):
    chosen = preset(name)
    network = chosen.network()
    for samples in (FULL, 54_000, 2 * FULL):
        assert adapted(chosen.training, network, samples) == chosen.training
        assert lengthened(chosen.training, samples) == chosen.training


def test_fewer_samples_are_met_more_often_and_the_learning_rate_falls_as_far():
    usual = preset("mnist").training
    longer = lengthened(usual, 10_000)
    assert longer.epochs == 18
    assert longer.optimizer_at(18).lr == pytest.approx(usual.optimizer_at(3).lr)
    assert lengthened(usual, 100).epochs == 50
    assert lengthened(preset("21mnist").training, 100) == preset("21mnist").training


def test_on_few_samples_steps_are_longer_and_end_short():
    network = cr.Network([cr.Linear(9), cr.ReLU(), cr.Linear(3)], 4)
    found = adapted(cr.Training(), network, 150)
    assert (found.epochs, found.batch_size) == (50, 150)
    assert found.optimizer == cr.Adam(0.3 / 50**0.5, weight_decay=2 / 150)
    assert found.optimizer_at(50).lr == pytest.approx(0.03 * found.optimizer.lr)
    fixed = adapted(cr.Training(), network, 150, epochs=8, batch_size=15)
    assert (fixed.epochs, fixed.batch_size, fixed.optimizer.lr) == (8, 15, pytest.approx(0.3 / 80**0.5))
    assert adapted(cr.Training(cr.SGD(0.1)), network, 150).optimizer == cr.SGD(0.1)


def test_deeper_networks_take_shorter_steps():
    data = pictures(3, 64, 64)
    network = cr.network_for(data)
    deep, shallow = (training_for(each, data) for each in (network, cr.Network([cr.Linear(3)], (3, 64, 64))))
    assert deep.batch_size == 32
    assert deep.optimizer.lr == pytest.approx(shallow.optimizer.lr / 6)


def test_a_column_that_rounding_changes_or_pixels_do_not_ask_for_float64():
    t = np.arange(60) % 2
    constant = np.where(t, 0.1, 0.1 + 2e-17)[:, None]
    assert cr.network_for(Dataset(constant, t)).w.dtype == np.float32
    pixels = np.full((60, 1, 8, 8), 0.5) + 1e-7 * t[:, None, None, None]
    assert cr.network_for(Dataset(pixels, t)).w.dtype == np.float32


@pytest.mark.parametrize(("load", "least"), [(load_iris, 0.94), (load_diabetes, 0.35)])
def test_small_data_are_learned_as_well_as_by_the_estimators(load, least):
    x, y = load(return_X_y=True)
    train, test = map(np.asarray, train_test_split(np.arange(len(y)), random_state=1))
    data = Dataset(x, y).take(train)
    network = cr.network_for(data)
    cr.fit(network, data)
    seen = cr.evaluate(network, Dataset(x, y).take(test))
    score = seen.r2 if seen.accuracy is None else seen.accuracy
    assert score is not None
    assert score > least


def test_few_pictures_are_learned():
    data = pictures(3, 32, 48, n=90)
    network = cr.network_for(data)
    cr.fit(network, data)
    accuracy = cr.evaluate(network, data).accuracy
    assert accuracy is not None
    assert accuracy > 0.95


def test_changes_that_float32_cannot_hold_are_learned_in_float64():
    rng = np.random.default_rng(0)
    seconds = rng.normal(1.7e9, 10, 200)
    data = Dataset(seconds[:, None], 3 * (seconds - 1.7e9) + 2e5)
    network = cr.network_for(data)
    assert network.w.dtype == np.float64
    cr.fit(network, data)
    r2 = cr.evaluate(network, data).r2
    assert r2 is not None
    assert r2 > 0.99
