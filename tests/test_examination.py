"""examine: what `evaluate` says, and more of it, for every kind of loss."""

import json

import numpy as np
import pytest
from sklearn import metrics

import chainrule as cr
from chainrule.data import Dataset
from chainrule.tasks.classification import Classification
from chainrule.tasks.examination import Regression, examine
from examined import classes_of, values_of
from messages import exactly

RNG = np.random.default_rng(0)
X = RNG.standard_normal((203, 4)).astype(np.float32)
T = (X[:, 0] > 0.3).astype(np.int64) + (X[:, 1] > 0)


@pytest.fixture(scope="module")
def network():
    network = cr.Network([cr.Linear(8), cr.ReLU(), cr.Linear(3)], 4)
    cr.fit(network, Dataset(X, T), cr.Training(cr.Adam(0.02), epochs=5))
    return network


@pytest.mark.parametrize("weight", [None, RNG.random(203)], ids=["plain", "weighted"])
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_it_agrees_with_evaluate(network, weight, engine):
    data = Dataset(X, T, weight)
    seen, short = examine(network, data, engine, batch_size=64), cr.evaluate(network, data, engine)
    assert seen.loss == pytest.approx(short.loss, rel=1e-6)
    assert seen.accuracy == pytest.approx(short.accuracy)
    assert seen.evaluation.samples == short.samples == 203


def test_the_classes_are_those_that_the_network_says(network):
    seen = examine(network, Dataset(X, T))
    np.testing.assert_allclose(seen.predictions, network.predict(X), atol=1e-6)
    chosen = network.classify(X)
    expected = Classification.of(seen.predictions, chosen, T)
    np.testing.assert_equal(seen.chosen, chosen)
    assert np.array_equal(classes_of(seen).confusion, expected.confusion)
    assert classes_of(seen).calibration.expected_error == expected.calibration.expected_error


def test_mistakes_are_the_wrong_ones_with_the_highest_loss(network):
    seen = examine(network, Dataset(X, T))
    wrong = np.flatnonzero(network.classify(X) != T)
    assert np.array_equal(seen.wrong, wrong)
    found = seen.mistakes(len(X))
    assert sorted(mistake.index for mistake in found) == list(wrong)
    assert [mistake.loss for mistake in found] == sorted((seen.losses[k] for k in wrong), reverse=True)
    assert [mistake.index for mistake in seen.mistakes(3)] == [mistake.index for mistake in found[:3]]
    for mistake in found:
        assert mistake.true == T[mistake.index] != mistake.predicted
        assert mistake.probabilities is not None
        assert mistake.loss == pytest.approx(-np.log(mistake.probabilities[mistake.true]), rel=1e-5)


@pytest.mark.parametrize(
    ("layers", "loss"),
    [([cr.Linear(1)], cr.SigmoidBinaryCrossEntropy()), ([cr.Linear(1), cr.Sigmoid()], cr.BinaryCrossEntropy())],
)
def test_two_classes_by_one_output(layers, loss):
    network = cr.Network(layers, 4, loss)
    t = (X[:, 0] > 0).astype(np.float32).reshape(-1, 1)
    seen = examine(network, Dataset(X, t), classes=["no", "yes"])
    assert np.array_equal(classes_of(seen).confusion, metrics.confusion_matrix(t, network.classify(X)))
    np.testing.assert_allclose(seen.predictions[:, 1], network.predict(X)[:, 0], atol=1e-6)
    np.testing.assert_allclose(seen.predictions.sum(axis=1), 1, atol=1e-6)
    assert classes_of(seen).names == ("no", "yes")


@pytest.mark.parametrize("weight", [None, RNG.random(203)], ids=["plain", "weighted"])
def test_a_regressions_scores_are_those_of_scikit_learn(weight):
    network = cr.Network([cr.Linear(2)], 4, cr.SquaredError())
    t = X[:, :2] * 3 + 1
    seen, y = examine(network, Dataset(X, t, weight)), network.predict(X)
    options = {"sample_weight": weight, "multioutput": "raw_values"}
    np.testing.assert_allclose(values_of(seen).rmse, metrics.root_mean_squared_error(t, y, **options), rtol=1e-5)
    np.testing.assert_allclose(values_of(seen).mae, metrics.mean_absolute_error(t, y, **options), rtol=1e-5)
    np.testing.assert_allclose(values_of(seen).r2, metrics.r2_score(t, y, **options), rtol=1e-5)
    assert seen.loss == pytest.approx(cr.evaluate(network, Dataset(X, t, weight)).loss, rel=1e-6)
    assert seen.accuracy is None
    worst = seen.mistakes(2)
    assert worst[0].loss == seen.losses.max() >= worst[1].loss
    np.testing.assert_allclose(worst[0].predicted, y[worst[0].index], atol=1e-5)


def test_one_real_output_meets_a_flat_target():
    network = cr.Network([cr.Linear(1)], 4, cr.SquaredError())
    seen = examine(network, Dataset(X, X[:, 0]))
    difference = network.predict(X)[:, 0] - X[:, 0]
    assert values_of(seen).rmse == pytest.approx([np.sqrt(np.mean(difference**2))], rel=1e-5)


def test_a_constant_target_has_no_r2():
    seen = Regression.of(np.array([1.0, 2.0]), np.array([3.0, 3.0]))
    assert (seen.rmse[0], seen.mae[0]) == (pytest.approx(np.sqrt(2.5)), 1.5)
    assert np.isnan(seen.r2[0])


def test_several_yes_or_no_answers_have_a_loss_alone():
    network = cr.Network([cr.Linear(3)], 4, cr.SigmoidBinaryCrossEntropy())
    seen = examine(network, Dataset(X, (X[:, :3] > 0).astype(np.float32)))
    assert (seen.classification, seen.regression, seen.accuracy) == (None, None, None)
    assert seen.loss == pytest.approx(float(seen.losses.mean()))


def test_its_values_are_json(network):
    seen = examine(network, Dataset(X, T), classes=["a", "b", "c"])
    values = json.loads(json.dumps(seen.values(mistakes=2), allow_nan=False))
    assert (values["accuracy"], values["samples"], values["wrong"]) == (seen.accuracy, 203, len(seen.wrong))
    assert values["classes"] == ["a", "b", "c"]
    assert values["confusion"] == classes_of(seen).confusion.tolist()
    assert values["per_class"][1]["support"] == int((T == 1).sum())
    assert values["calibration"]["accuracy"][0] is None
    assert len(values["calibration"]["edges"]) == 1 + len(values["calibration"]["samples"])
    assert [len(mistake["probabilities"]) for mistake in values["mistakes"]] == [3, 3]


def test_what_is_no_finite_number_is_null_in_json(network):
    broken = cr.Network(network.layers, 4)
    broken.w[:] = np.nan
    values = json.loads(json.dumps(examine(broken, Dataset(X, T)).values(mistakes=1), allow_nan=False))
    assert values["loss"] is None
    assert values["calibration"]["expected_error"] is None
    assert values["mistakes"][0]["probabilities"] == [None, None, None]


def test_printing_shows_the_numbers(network):
    seen = examine(network, Dataset(X, T), classes=["a", "b", "c"])
    first, second, third, _, header, *rows = str(seen).splitlines()
    assert first == f"accuracy {seen.accuracy:.2%}, {len(seen.wrong)} of 203 samples are wrong"
    assert second == f"loss {seen.loss:.4g}, the mean over 203 samples"
    assert third == f"expected calibration error {classes_of(seen).calibration.expected_error:.2%}"
    assert header.split() == ["class", "precision", "recall", "f1", "support"]
    assert [row.split()[0] for row in rows] == ["a", "b", "c", "macro", "weighted"]
    regression = examine(cr.Network([cr.Linear(1)], 4, cr.SquaredError()), Dataset(X, X[:, 0]))
    assert [line.split()[0] for line in str(regression).splitlines()] == ["loss", "rmse", "mae", "r2"]


def test_names_come_from_the_data(network):
    named = Dataset(X, T, classes=("x", "y", "z"))
    assert classes_of(examine(network, named)).names == ("x", "y", "z")
    assert classes_of(examine(network, named, classes=list("abc"))).names == ("a", "b", "c")
    assert classes_of(examine(network, Dataset(X, T))).names == ("0", "1", "2")


def test_data_that_do_not_fit_are_refused(network):
    with pytest.raises(cr.DataError, match=exactly("label 3 of sample 0; expected 0 to 2, for 3 outputs")):
        examine(network, Dataset(X, T + 3 - T[0]))
    with pytest.raises(cr.DataError, match=exactly("all sample weights are 0; expected at least one above 0")):
        examine(network, Dataset(X, T, np.zeros(203)))
    message = "there is no data to examine the network on; expected at least one sample"
    with pytest.raises(cr.DataError, match=exactly(message)):
        examine(network, Dataset(X[:0], T[:0]))
    with pytest.raises(cr.UsageError, match="1 names for 3 classes"):
        examine(network, Dataset(X, T), classes=["a"])
