"""One temperature, by the definition: it is found where it is known, it is kept, and weights that change lose it."""

import json
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import chainrule as cr
from chainrule.layers.softmax import softmax
from chainrule.tasks.calibration import calibrated, temperature

RANDOM = np.random.default_rng(0)


def drawn(n: int, k: int, true: float) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and classes that have the probabilities softmax(scores / true)."""
    scores = RANDOM.normal(0, 3, (n, k))
    p = softmax(scores / true)
    return scores, (p.cumsum(axis=1) > RANDOM.random((n, 1))).argmax(axis=1)


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_that_the_classes_were_drawn_at(true):
    scores, t = drawn(20_000, 5, true)
    assert temperature(softmax(scores), t) == pytest.approx(true, rel=0.03)


def test_it_is_the_least_of_the_definition():
    scores, t = drawn(300, 4, 2.0)
    p = softmax(scores)

    def cost(log_t: float) -> float:
        chosen = calibrated(p, np.exp(log_t))[np.arange(300), t]
        return float(-np.log(chosen).mean() + log_t**2 / 600)

    found: Any = minimize_scalar(cost)
    assert np.log(temperature(p, t)) == pytest.approx(found.x, abs=2e-4)


def test_weights_count_samples():
    scores, t = drawn(200, 3, 1.5)
    p, twice = softmax(scores), np.where(np.arange(200) < 100, 2.0, 0.0)
    assert temperature(p, t, twice) == pytest.approx(temperature(p[:100], t[:100]), rel=0.02)
    with pytest.raises(cr.DataError, match="all sample weights are 0"):
        temperature(p, t, np.zeros(200))


def test_a_few_right_answers_do_not_make_it_sure_of_everything():
    p = np.full((20, 2), [0.9, 0.1])
    assert 0.3 < temperature(p, np.zeros(20, int)) < 1
    assert calibrated(p, temperature(p, np.zeros(20, int)))[0, 0] < 0.999


def test_probabilities_of_0_and_1_stay_finite():
    p = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    found = calibrated(p, temperature(p, np.array([0, 1, 1])))
    assert np.isfinite(found).all()
    assert found[0, 0] < 0.99
    np.testing.assert_array_equal(calibrated(p, 1.0), p)


@pytest.fixture
def network() -> Any:
    """A network of two classes that is far too sure, by one number."""
    x = RANDOM.normal(size=(400, 2))
    made = cr.Network([cr.Linear(1)], 2, cr.SigmoidBinaryCrossEntropy())
    data = cr.Dataset(x, (x[:, 0] + RANDOM.normal(size=400) > 0).astype(np.int64), classes=("no", "yes"))
    cr.fit(made, data.take(slice(0, 200)), cr.Training(epochs=1), engine="reference")
    made.w[:] = [20, 0, 0]
    return made


def test_a_network_keeps_it_in_its_file_until_it_is_trained_again(network, tmp_path):
    x = RANDOM.normal(size=(300, 2))
    data = cr.Dataset(x, (x[:, 0] + RANDOM.normal(size=300) > 0).astype(np.int64), classes=("no", "yes"))
    before = network.predict(x)
    found = cr.calibrate(network, data, engine="reference")
    assert found > 3
    network.save(tmp_path / "model")
    loaded: Any = cr.load(tmp_path / "model")
    answers = loaded.schema.answers
    assert (answers.temperature, answers.calibrated_on) == (found, "300 samples")
    assert f"temperature {found:.4g}, found on 300 samples" in str(answers)
    np.testing.assert_array_equal(network.predict(x), before)
    cr.fit(network, data, cr.Training(epochs=1), engine="reference")
    assert network.schema.answers.temperature == 1


def test_what_has_no_probabilities_is_refused(network):
    reals = cr.Network([cr.Linear(1)], 2, cr.SquaredError())
    data = cr.Dataset(np.ones((4, 2)), np.ones(4))
    with pytest.raises(cr.NetworkError, match="knows no training data"):
        cr.calibrate(reals, data)
    cr.fit(reals, data, cr.Training(epochs=1), engine="reference")
    with pytest.raises(cr.NetworkError, match="gives no probabilities of classes"):
        cr.calibrate(reals, data)
    with pytest.raises(cr.DataError, match="no data to calibrate on"):
        cr.calibrate(network, cr.Dataset(np.ones((0, 2)), np.ones(0, int)))


def test_labels_by_other_numbers_are_the_trainings(network):
    x = RANDOM.normal(size=(300, 2))
    t = (x[:, 0] > 0).astype(np.int64)
    plain = cr.calibrate(network, cr.Dataset(x, t, classes=("no", "yes")), engine="reference")
    other = cr.calibrate(network, cr.Dataset(x, 1 - t, classes=("yes", "no")), engine="reference")
    assert json.dumps(plain) == json.dumps(other)
