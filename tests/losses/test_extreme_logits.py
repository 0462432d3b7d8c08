"""Outputs as large as float32 has them: each loss is what the formula gives in float64, in both engines; never NaN."""

from itertools import product

import numpy as np
import pytest

import chainrule as cr
from chainrule.engine import execute
from chainrule.layers.log_softmax import log_softmax
from chainrule.layers.softmax import softmax
from chainrule.losses import Loss
from chainrule.losses.binary_cross_entropy import binary_cross_entropy
from chainrule.losses.nll import nll
from chainrule.training.objective import Batch

ENDS = 0.0, -0.0, 1.0, 88.5, -104.0, 1e30, -1e30, 3e38, -3e38
ROWS = np.array([*product(ENDS, repeat=2)], np.float32)  # every two of them
ENGINES = "compiled", "reference"


def through(loss: Loss, engine: str, t: np.ndarray, *ending: cr.Layer) -> tuple[np.ndarray, np.ndarray]:
    """Each row's error, and its gradient by the row, which is a bias of a network that has nothing else."""
    network = cr.Network([cr.Linear(2), *ending], 1, loss)
    objective, errors, gradients = execute(network, engine), [], []
    gw = np.zeros_like(objective.layout.pack(network.w))
    for row, truth in zip(ROWS, t, strict=True):
        network.named()["fc1.w"][:], network.named()["fc1.b"][:] = 0, row
        batch = Batch(np.ones((1, 1), np.float32), truth[np.newaxis])
        errors.append(objective.loss_and_gradient(objective.layout.pack(network.w), batch, gw))
        gradients.append(network.named(objective.layout.unpack(gw))["fc1.b"].copy())
    return np.array(errors), np.array(gradients)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("truth", [0, 1])
def test_log_softmax_nll(engine, truth):
    errors, gradients = through(cr.LogSoftmaxNLL(), engine, np.full(len(ROWS), truth))
    difference = np.float64(ROWS[:, 1 - truth]) - ROWS[:, truth]  # the rival's lead
    expected = np.maximum(difference, 0) + np.log1p(np.exp(-abs(difference)))
    np.testing.assert_allclose(errors, expected, rtol=1e-6, atol=1e-15)
    wrong = np.exp(np.minimum(difference, 0)) / (1 + np.exp(-abs(difference)))  # the rival's probability
    np.testing.assert_allclose(gradients[:, 1 - truth], wrong, rtol=1e-5, atol=1e-37)
    np.testing.assert_allclose(gradients[:, truth], -wrong, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("truth", [[0, 0], [0, 1], [1, 1]])
def test_sigmoid_binary_cross_entropy(engine, truth):
    t = np.tile(np.array(truth, np.float32), (len(ROWS), 1))
    errors, gradients = through(cr.SigmoidBinaryCrossEntropy(), engine, t)
    x = np.float64(ROWS)
    each = np.maximum(x, 0) - t * x + np.log1p(np.exp(-abs(x)))
    np.testing.assert_allclose(errors, each.sum(axis=1), rtol=1e-6)
    p = np.where(x >= 0, 1, np.exp(-abs(x))) / (1 + np.exp(-abs(x)))
    np.testing.assert_allclose(gradients, p - t, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_squared_error(engine):
    t = np.tile(np.array([1.5, -3e38], np.float32), (len(ROWS), 1))
    errors, gradients = through(cr.SquaredError(), engine, t)
    difference = np.float64(ROWS) - t
    np.testing.assert_allclose(errors, (difference**2).sum(axis=1), rtol=1e-6)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(gradients, np.float32(2 * difference), rtol=1e-6)


@pytest.mark.parametrize("loss", [nll, binary_cross_entropy])
def test_probabilities_of_0_and_1(loss):
    """Where the truth has no chance the loss is infinite; else it is exact."""
    p = np.array([[0, 1], [1, 0], [0.5, 0.5]], np.float32)
    t = np.array([0, 0, 0]) if loss is nll else np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    errors = loss(p, t)
    expected = [np.inf, 0, np.log(2)] if loss is nll else [np.inf, 0, 2 * np.log(2)]
    np.testing.assert_allclose(errors, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_layers_alone(dtype):
    x = ROWS.astype(dtype)
    p, difference = softmax(x), np.float64(ROWS[:, 1]) - ROWS[:, 0]
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    assert not np.isnan(log_softmax(x)).any()
    with np.errstate(over="ignore"):
        small = np.exp(-abs(difference)) / (1 + np.exp(-abs(difference)))
        np.testing.assert_allclose(p.min(axis=1), small.astype(dtype), rtol=1e-5, atol=1e-44)
