"""What MLPClassifier and MLPRegressor are made of, against the definitions."""

from typing import Any, cast

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from chainrule.checks.gradients import gradient_check
from chainrule.engine.compiled import Compiled
from chainrule.engine.kernels.optimizers import WeightSpan, update_of
from chainrule.estimators.mlp.descent import Samples
from chainrule.estimators.mlp.execution import canonical, executor_for, network_of
from chainrule.estimators.mlp.lbfgs import Penalised
from chainrule.estimators.mlp.optimizers import EarlyAdam, Momentum
from chainrule.estimators.mlp.perceptron import Perceptron
from chainrule.estimators.mlp.targets import COMPARISONS
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD, Optimizer, State

RNG = np.random.default_rng(0)
UNITS, SIZE = (5, 4, 6, 3), 75
X, W = RNG.normal(size=(9, 5)), RNG.normal(size=SIZE)
TARGETS = {
    "softmax": RNG.integers(0, 3, 9),
    "logistic": RNG.random((9, 3)) > 0.5,
    "identity": RNG.normal(size=(9, 3)),
    "exp": RNG.poisson(2, (9, 3)),
}


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("output", list(TARGETS))
def test_a_perceptron_is_what_the_layers_definitions_make_of_it(activation, output):
    perceptron = Perceptron(UNITS, activation, COMPARISONS[output].loss)
    batch = Batch(X, TARGETS[output], RNG.random(9))
    network, order = network_of(perceptron, np.dtype(np.float64)), canonical(perceptron)
    reference, gw, found = Reference(network), np.empty(SIZE), np.empty(SIZE)
    right = reference.loss_and_gradient(W[order], batch, gw)
    assert perceptron.loss_and_gradient(W, batch, found) == pytest.approx(right, rel=1e-12)
    assert perceptron.loss(W, batch) == pytest.approx(right, rel=1e-12)
    np.testing.assert_allclose(found[order], gw, rtol=1e-9, atol=1e-12)
    sparse, sparse_x = np.empty(SIZE), cast(Any, csr_matrix(X))
    perceptron.loss_and_gradient(W, Batch(sparse_x, batch.t, batch.sample_weight), sparse)
    np.testing.assert_allclose(sparse, found, rtol=1e-9, atol=1e-12)
    assert gradient_check(perceptron, W, batch).passed


@pytest.mark.parametrize("output", list(TARGETS))
def test_the_gradient_of_a_penalised_loss_is_its_derivative(output):
    perceptron = Perceptron(UNITS, "tanh", COMPARISONS[output].loss)
    function = Penalised(perceptron, Samples(X, TARGETS[output], RNG.random(9)), COMPARISONS[output], 0.7)
    _, gw = function(W)
    h = 1e-6
    numerical = [(function(W + h * e)[0] - function(W - h * e)[0]) / (2 * h) for e in np.eye(SIZE)]
    np.testing.assert_allclose(gw, numerical, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    "optimizer", [Momentum(0.1, nesterov=n, weight_decay=0.2) for n in (False, True)] + [EarlyAdam(0.1)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_optimizer_s_kernel_does_what_its_definition_says(optimizer: Optimizer, dtype):
    w = W.astype(dtype)
    by_definition, by_kernel = w.copy(), w.copy()
    states = optimizer.new_state(w), optimizer.new_state(w)
    kernel = update_of(optimizer)
    assert kernel
    for step in range(1, 6):
        gw = RNG.normal(size=SIZE).astype(dtype)
        optimizer.update(by_definition, gw, State(states[0].vectors, step))
        constants = np.array(kernel.constants(optimizer, step), dtype)
        kernel.kernel(by_kernel, gw, *states[1].vectors, constants, WeightSpan(0, 0, 1), 0, SIZE)
    np.testing.assert_allclose(by_kernel, by_definition, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-6)
    np.testing.assert_allclose(states[1].vectors, states[0].vectors, rtol=1e-5, atol=1e-6)


def test_at_a_constant_rate_momentum_is_sgd_s():
    here, there = W.copy(), W.copy()
    steps, gradients = Momentum(0.1, 0.9, nesterov=False).new_state(W), SGD(0.1, 0.9).new_state(W)
    for _ in range(5):
        gw = RNG.normal(size=SIZE)
        Momentum(0.1, 0.9, nesterov=False).update(here, gw, steps)
        SGD(0.1, 0.9).update(there, gw, gradients)
    np.testing.assert_allclose(here, there, rtol=1e-12)


def test_float64_is_executed_by_the_compiled_engine_where_a_batch_is_worth_it():
    perceptron, x = Perceptron([784, 100, 10], "relu", COMPARISONS["softmax"].loss), np.zeros((300, 784))
    w = RNG.normal(size=perceptron.size)
    executor, layout = executor_for(perceptron, x, 1000, 200)
    assert isinstance(executor, Compiled)
    x[:] = RNG.normal(size=x.shape)
    np.testing.assert_allclose(executor.outputs(layout.pack(w), x), perceptron.outputs(w, x), rtol=1e-12, atol=1e-11)
    assert executor_for(perceptron, x, 1000, 20)[0] is perceptron
    assert executor_for(perceptron, x, 10, 200)[0] is perceptron


def test_an_executor_s_layout_gives_back_what_it_was_given():
    perceptron = Perceptron(UNITS, "relu", COMPARISONS["softmax"].loss)
    x, w = X.astype(np.float32), W.astype(np.float32)
    for updates in (1, 1000):
        executor, layout = executor_for(perceptron, x, updates)
        assert (executor is perceptron) == (updates == 1)
        packed = layout.pack(w)
        np.testing.assert_array_equal(layout.unpack(packed), w)
        np.testing.assert_allclose(executor.outputs(packed, x), perceptron.outputs(w, x), rtol=1e-4, atol=1e-5)
