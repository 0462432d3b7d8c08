"""Class numbers for a loss over vectors: they stand for one-hot vectors, wherever the loss meets targets."""

import numpy as np
import pytest

from chainrule import Adam, DataError, Linear, Network, Sigmoid, SquaredError, Training, evaluate, examine, fit
from chainrule.data import Dataset
from chainrule.data.schema import Classes, Reals
from chainrule.losses import BinaryCrossEntropy, Loss, SigmoidBinaryCrossEntropy
from chainrule.tasks.calibration import class_probabilities

T = np.array([2, 0, 1, 2])
ONE_HOT = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
Y = np.array([[0.1, 0.2, 0.6], [0.7, 0.2, 0.3], [0.4, 0.5, 0.1], [0.5, 0.3, 0.4]])
losses = pytest.mark.parametrize(
    "loss", [SquaredError(), SquaredError(0.1, 0.3), BinaryCrossEntropy(), SigmoidBinaryCrossEntropy()]
)


@pytest.fixture
def flowers():
    t = np.random.default_rng(0).integers(0, 3, 90)
    return Dataset(np.eye(3, 5)[t] + np.random.default_rng(1).normal(0, 0.1, (90, 5)), t)


@losses
def test_a_class_is_a_vector_with_a_one(loss: Loss) -> None:
    loss.check_targets(T, (3,))
    assert np.array_equal(loss.error(Y, T), loss.error(Y, ONE_HOT))
    assert np.array_equal(loss.gradient(Y, T), loss.gradient(Y, ONE_HOT))
    assert loss.class_count(T, (3,)) == 3
    assert loss.class_count(ONE_HOT, (3,)) == 0


@losses
def test_a_class_beyond_the_outputs_is_refused(loss: Loss) -> None:
    with pytest.raises(DataError, match="label 3 of sample 1; expected 0 to 2, for 3 outputs"):
        loss.check_targets(np.array([0, 3]), (3,))


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize(
    ("last", "loss"),
    [(Sigmoid(), SquaredError()), (Sigmoid(), BinaryCrossEntropy()), (None, SigmoidBinaryCrossEntropy())],
)
def test_such_a_network_learns_classes_and_classifies(flowers, engine, last, loss):
    network = Network([Linear(3), *([last] if last else [])], 5, loss)
    history = fit(network, flowers, Training(Adam(0.05), epochs=40), validation=flowers, engine=engine)
    last = history.epochs[-1].validation
    assert last is not None
    assert last.accuracy is not None
    assert last.accuracy > 0.95
    assert network.schema is not None
    assert isinstance(network.schema.answers, Classes)
    assert (network.classify(flowers.x) == flowers.t).mean() > 0.95
    assert (network.predictor().classify(flowers.x) == network.classify(flowers.x)).all()
    seen = examine(network, flowers, engine)
    assert seen.accuracy == evaluate(network, flowers, engine).accuracy
    assert seen.classification is not None
    assert seen.classification.confusion.sum() == 90
    assert np.allclose(seen.predictions.sum(axis=1), 1)
    assert (seen.predictions.argmax(axis=1) == seen.chosen).all()


def test_values_that_stand_for_probabilities_have_their_shares():
    y = np.array([[0.5, 1.5, -1.0], [-3.0, -1.0, -2.0], [-1.0, -1.0, -1.0]])
    found = class_probabilities(y, SquaredError())
    assert found.tolist() == [[0.25, 0.75, 0], [0, 2 / 3, 1 / 3], [1 / 3] * 3]


def test_both_engines_learn_the_same_from_class_numbers_as_from_vectors(flowers):
    vectors = Dataset(flowers.x, np.eye(3)[flowers.t])
    found = []
    for data in (flowers, vectors):
        for engine in ("compiled", "reference"):
            network = Network([Linear(3), Sigmoid()], 5, SquaredError())
            fit(network, data, Training(epochs=2), engine=engine)
            found.append(network.w.copy())
    assert np.array_equal(found[0], found[2])
    assert np.array_equal(found[1], found[3])
    assert np.allclose(found[0], found[1], atol=1e-5)


def test_whole_numbers_are_values_where_there_is_one_output(flowers):
    network = Network([Linear(1)], 5, SquaredError())
    fit(network, flowers, Training(epochs=1))
    assert network.schema is not None
    assert isinstance(network.schema.answers, Reals)
    assert evaluate(network, flowers).accuracy is None


def test_one_output_of_a_binary_loss_is_of_two_classes(flowers):
    network = Network([Linear(1)], 5, SigmoidBinaryCrossEntropy())
    fit(network, Dataset(flowers.x, (flowers.t > 0).astype(int)), Training(epochs=1))
    assert network.schema is not None
    assert network.schema.answers == Classes(("0", "1"))


def test_targets_that_are_refused_leave_no_trace(flowers):
    network = Network([Linear(2)], 5)
    with pytest.raises(DataError, match="label 2"):
        fit(network, flowers)
    assert network.schema is None
