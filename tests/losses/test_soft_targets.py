"""Binary cross-entropy of targets between 0 and 1: by hand, beside PyTorch, in both engines; they are no classes."""

import numpy as np
import pytest
from hypothesis import given

from chainrule import Adam, Convolution, Dataset, Linear, Network, Sigmoid, Tanh, Training, evaluate, examine, fit
from chainrule.base.errors import DataError, NetworkError
from chainrule.checks.networks import check_network
from chainrule.data.schema import Reals
from chainrule.layers.sigmoid import sigmoid
from chainrule.losses import BinaryCrossEntropy, Loss, SigmoidBinaryCrossEntropy
from chainrule.tasks.calibration import calibrate
from chainrule.training.objective import Batch
from oracles import assert_agrees, check_loss, normal
from strategies import drawn_cases, sizes, small

PAIRS = [([Sigmoid()], BinaryCrossEntropy()), ([], SigmoidBinaryCrossEntropy())]
both = pytest.mark.parametrize(("end", "loss"), PAIRS, ids=["probabilities", "scores"])


def soft(*shape: int) -> np.ndarray:
    """Numbers from 0 to 1, some of them 0 and 1."""
    return np.clip(np.random.default_rng(5).random(shape) * 1.4 - 0.2, 0, 1)


def test_by_hand() -> None:
    p, t = np.array([[0.5, 0.25]]), np.array([[0.25, 1.0]])
    assert_agrees(BinaryCrossEntropy().error(p, t), np.array([3 * np.log(2)]), 1e-15)
    assert BinaryCrossEntropy().gradient(p, t).tolist() == [[1.0, -4.0]]
    at_p = BinaryCrossEntropy().gradient(np.array([[0.3]]), np.array([[0.3]]))
    assert at_p.tolist() == [[0.0]]


@drawn_cases
@given(samples=small, n=sizes)
def test_agrees_with_pytorch(samples: int, n: int) -> None:
    for shape in ((samples, n), (samples, 2, n, 3)):
        x, t = 3 * normal(*shape), soft(*shape)
        check_loss(BinaryCrossEntropy(), sigmoid(x), t)
        check_loss(SigmoidBinaryCrossEntropy(), x, t)


def test_a_certain_target_does_not_meet_the_other_s_logarithm() -> None:
    p, t = np.array([[0.0, 1.0, 0.5]]), np.array([[0.0, 1.0, 0.5]])
    assert_agrees(BinaryCrossEntropy().error(p, t), np.array([np.log(2)]), 1e-15)
    assert BinaryCrossEntropy().gradient(p, t).tolist() == [[1.0, -1.0, 0.0]]
    p, t = np.array([[0.0], [1.0]]), np.array([0.5, 0.5])
    assert BinaryCrossEntropy().error(p, t).tolist() == [np.inf, np.inf]
    assert BinaryCrossEntropy().gradient(p, t).tolist() == [[-np.inf], [np.inf]]


@both
def test_the_gradient_of_a_network(end: list, loss: Loss) -> None:
    network = Network([Linear(3), Tanh(), Linear(4), *end], 5, loss, dtype=np.float64)
    assert check_network(network, Batch(normal(3, 5), soft(3, 4))).worst.error < 0.1


@both
@pytest.mark.parametrize("shape", [(6,), (1, 4, 5)], ids=["vectors", "images"])
def test_an_autoencoder_learns_its_pixels_in_both_engines(end: list, loss: Loss, shape: tuple[int, ...]) -> None:
    x = soft(40, *shape)
    layers = [Linear(6), *end] if len(shape) == 1 else [Convolution(1, 3, padding=1), *end]
    found = []
    for engine in ("compiled", "reference"):
        network = Network(layers, shape, loss, dtype=np.float64)
        before = evaluate(network, Dataset(x, x)).loss
        history = fit(network, Dataset(x, x), Training(Adam(0.05), epochs=30, batch_size=8), engine=engine)
        seen = evaluate(network, Dataset(x, x), engine)
        assert seen.loss < 0.9 * before
        assert seen.accuracy is None
        assert history.epochs[-1].loss < history.epochs[0].loss
        found.append(network.w)
    assert_agrees(*found)


@both
def test_one_probability_is_no_class(end: list, loss: Loss) -> None:
    x, t = normal(30, 3), soft(30)
    t[:10] = np.arange(10) % 2  # a batch that looks like classes
    data, network = Dataset(x, t), Network([Linear(1), *end], 3, loss)
    fit(network, data, Training(Adam(0.05), epochs=2), validation=data)
    assert network.schema is not None
    assert isinstance(network.schema.answers, Reals)
    (answer,) = network.answers(x[:1])
    assert answer.prediction == pytest.approx(network.predict(x[:1]).item(), rel=1e-5)
    with pytest.raises(NetworkError, match="gives no probabilities of classes"):
        calibrate(network, data)
    assert evaluate(network, data, batch_size=10).accuracy is None
    seen = examine(network, data)
    assert (seen.accuracy, seen.chosen) == (None, None)
    assert seen.mistakes(1)[0].true == pytest.approx(t[np.argmax(seen.losses)])


@both
def test_a_network_of_two_classes_is_not_calibrated_on_probabilities(end: list, loss: Loss) -> None:
    x, network = normal(30, 3), Network([Linear(1), *end], 3, loss)
    fit(network, Dataset(x, (x[:, 0] > 0).astype(int)), Training(epochs=1))
    with pytest.raises(DataError, match="takes the true values as numbers; expected the classes of the samples"):
        calibrate(network, Dataset(x, soft(30)))
    assert evaluate(network, Dataset(x, (x[:, 0] > 0).astype(float))).accuracy is not None
