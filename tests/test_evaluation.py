"""evaluate and fit: means over the data, whatever the batches; a network brought up to date epoch by epoch."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from chainrule import Adam, DataError, Dropout, Linear, Network, ReLU, SquaredError, Training, evaluate, examine, fit
from chainrule.data import Dataset
from chainrule.tasks.fitting import EpochRecord
from chainrule.training.events import EpochEvent


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((103, 4)).astype(np.float32)
    return Dataset(x, (x[:, 0] > 0).astype(np.int64))


def test_evaluate_is_the_mean_error_and_the_fraction_that_is_right(data):
    network = Network([Linear(3)], 4)
    y = network(data.x)
    seen = evaluate(network, data, batch_size=10)
    assert seen.loss == pytest.approx(float(network.loss.error(y, data.t).mean()), rel=1e-6)
    assert seen.accuracy == np.mean(y.argmax(axis=1) == data.t)
    assert seen.correct == np.sum(y.argmax(axis=1) == data.t)


def test_sample_weights_weigh(data):
    network = Network([Linear(3)], 4)
    weight = np.arange(103.0)
    twice = data.take(np.repeat(np.arange(103), np.arange(103)))
    weighted = evaluate(network, Dataset(data.x, data.t, weight))
    assert weighted.loss == pytest.approx(evaluate(network, twice).loss, rel=1e-6)
    assert weighted.accuracy == pytest.approx(evaluate(network, twice).accuracy)


def test_evaluation_draws_no_dropout(data):
    layers = [Linear(5), ReLU(), Dropout(0.9), Linear(2)]
    network = Network(layers, 4)
    plain = Network([*layers[:2], layers[3]], 4)
    plain.w[:] = network.w
    assert evaluate(network, data) == evaluate(plain, data)


def test_a_regression_has_no_accuracy(data):
    assert evaluate(Network([Linear(1)], 4, SquaredError()), data).accuracy is None


def test_evaluate_refuses_what_does_not_fit(data):
    network = Network([Linear(2)], 4)
    with pytest.raises(DataError, match="no data to evaluate"):
        evaluate(network, data.head(0))
    with pytest.raises(DataError, match=r"label 7 of sample 0; expected 0 to 1, for 2 outputs"):
        evaluate(network, Dataset(data.x[:1], np.array([7])))


def test_fit_learns_and_records(data):
    network = Network([Linear(8), ReLU(), Linear(2)], 4)
    before = evaluate(network, data).loss
    seen = []
    history = fit(
        network,
        data,
        Training(Adam(0.01), epochs=5, batch_size=16),
        validation=data,
        listeners=[lambda event: seen.append(EpochRecord.of(event)) if isinstance(event, EpochEvent) else None],
    )
    assert history.epochs == seen
    assert [record.epoch for record in seen] == [1, 2, 3, 4, 5]
    assert seen[-1].validation == evaluate(network, data, batch_size=16)
    assert seen[-1].validation.loss < before / 2
    assert history.reason == "done"


def test_fit_refuses_data_before_the_first_step(data):
    network = Network([Linear(2)], 4)
    w = network.w.copy()
    with pytest.raises(DataError, match=r"x has shape \(1, 3\); expected \(samples, 4\)"):
        fit(network, Dataset(data.x[:, :3], data.t))
    with pytest.raises(DataError, match="label 2"):
        fit(network, Dataset(data.x, data.t + 1))
    with pytest.raises(DataError, match="holds nan; expected finite numbers"):
        fit(network, Dataset(np.where(data.x > 2, np.nan, data.x), data.t))
    assert network.w.tobytes() == w.tobytes()


def test_a_regression_has_r2_and_the_error_in_the_unit_of_its_targets(data):
    t = np.random.default_rng(1).normal(2e5, 5e4, (103, 2))
    weight = np.arange(103.0)
    network = Network([Linear(2)], 4, SquaredError.of(t))
    seen = evaluate(network, Dataset(data.x, t, weight), batch_size=10)
    y = network.predict(data.x)
    assert seen.rmse == pytest.approx(np.sqrt(np.average((y - t) ** 2, axis=0, weights=weight).mean()))
    assert seen.r2 == pytest.approx(r2_score(t, y, sample_weight=weight))
    looked = examine(network, Dataset(data.x, t, weight)).evaluation
    assert (looked.r2, looked.rmse) == pytest.approx((seen.r2, seen.rmse))


def test_r2_of_targets_that_are_all_alike_is_not_defined(data):
    seen = evaluate(Network([Linear(1)], 4, SquaredError()), Dataset(data.x, np.full(103, 0.1)))
    assert seen.r2 is None
    assert seen.rmse is not None
