"""Trainings that go astray: where the first number that is not finite arose; a loss out of its range; dead ReLUs."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import DataError, DataWarning, DivergedError
from chainrule.data import Dataset
from chainrule.losses import Loss
from chainrule.network.reference import Reference
from chainrule.tasks.astray import LossRange, doubt_life
from chainrule.training.events import BatchEvent, EpochEvent
from oracles import normal

X = normal(64, 6).astype(np.float32)
DATA = Dataset(X, (X[:, 0] > 0).astype(np.int64))
ENGINES = "compiled", "reference"


def classifier() -> cr.Network:
    return cr.Network([cr.Linear(8), cr.ReLU(), cr.Linear(8), cr.ReLU(), cr.Linear(2)], 6)


def diverged(network: cr.Network, training: cr.Training, data: Dataset = DATA, **how: Any) -> DivergedError:
    with pytest.raises(DivergedError) as caught:
        cr.fit(network, data, training, progress=False, **how)
    return caught.value


# --- not finite


@pytest.mark.parametrize("engine", ENGINES)
def test_the_output_that_overflows_is_named(engine):
    network = classifier()
    network.named()["fc2.w"][:] = 3e38
    error = diverged(network, cr.Training(cr.SGD(0.5), batch_size=16), engine=engine)
    assert str(error).startswith("the loss is ")
    assert "at epoch 1, batch 1 (step 1), from the output of fc2 on; try a learning rate below 0.5" in str(error)
    assert (error.layer, error.epoch, error.step, error.lr) == ("fc2", 1, 1, 0.5)


@pytest.mark.parametrize("batches", [1, 80])
def test_it_is_found_many_steps_after_the_state_was_copied_last(batches):
    """y = w x + b for x = 1, whose error grows by |1 - 4 lr| at each step: for 200 steps all is finite."""
    network = cr.Network([cr.Linear(1)], 1, cr.SquaredError())
    data = Dataset(np.ones((80, 1), np.float32), np.full(80, 2.0, np.float32))
    training = cr.Training(cr.SGD(0.6), epochs=400 // batches, batch_size=80 // batches)
    with pytest.raises(DivergedError) as caught:
        cr.minimise(Reference(network), data, network.w, training)
    error = caught.value
    assert error.layer == "fc1"
    assert error.step is not None
    assert 200 < error.step < 300
    assert error.epoch == (error.step - 1) // batches + 1


def test_a_gradient_that_is_not_finite_is_that_of_a_layer():
    """dL/dy = -20000; times 3e38 it is that by what fc2 gives."""
    network = cr.Network([cr.Linear(4), cr.Linear(4), cr.Linear(1)], 6, cr.SquaredError())
    network.w[:] = 0
    network.named()["fc3.w"][:] = 3e38
    with pytest.raises(DivergedError, match=r"the gradient is not finite at .* from the gradient of fc2 on") as caught:
        cr.minimise(Reference(network), Dataset(X, np.full(64, 1e4)), network.w, cr.Training(cr.SGD(0.1)))
    assert caught.value.layer == "fc2"


# --- out of range


def played(losses: list[list[float]], batches: int, epochs: int, ignorant: float = 1.0) -> int | None:
    """The epoch, from 1, in which a run with these batch losses is said to have diverged."""
    watch, progress = LossRange(ignorant, batches, epochs), cast(Any, SimpleNamespace(state=SimpleNamespace(step=1)))
    for epoch, each in enumerate(losses):
        for batch, loss in enumerate(each):
            watch(BatchEvent(progress, epoch, batch, 1, loss, 1.0))
        event = EpochEvent(progress, epoch, batches, float(np.mean(each)), 1.0, 0.1, 1.0)
        again = LossRange(ignorant, batches, epochs)
        again.restore(watch.state())  # as if the run had been interrupted here
        watch = again
        try:
            watch(event)
        except DivergedError:
            return epoch + 1
    return None


HIGH = [20.0, 30.0] * 30
"""Batches of an epoch that is far above 1, and does not fall."""


@pytest.mark.parametrize(
    ("losses", "epoch"),
    [
        ([[1.0] * 60, HIGH, HIGH, HIGH, HIGH], 3),  # for 120 batches
        ([[1.0] * 60, [1.0] * 60, HIGH], 3),  # at the end of the run
        ([[1.0] * 60, list(np.linspace(1e6, 20, 60)), list(np.linspace(19, 1, 60)), [0.5] * 60], None),  # it comes back
        ([[1.0] * 60, list(np.linspace(1e9, 1e6, 60)), list(np.linspace(1e6, 1e3, 60)), [9.0] * 60], None),  # slowly
        ([[9.0] * 60, [8.0] * 60, [9.5] * 60], None),  # not far
        ([[1.0] * 50 + [1e5] * 10, [0.9] * 60], None),  # a spike
        ([[25.0] * 60, HIGH, HIGH], None),  # it was there from the beginning
    ],
)
def test_a_loss_that_stays_far_above_what_knowing_nothing_gives(losses, epoch):
    assert played(losses, 60, len(losses)) == epoch


def test_full_batches_are_given_time():
    assert played([[1.0], *[[50.0]] * 120, [0.1]], 1, 122) == 101
    assert played([[1.0], *[[50.0]] * 90, [0.1]], 1, 92) is None


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_run_that_ends_out_of_range_has_diverged(engine, reduction):
    training = cr.Training(cr.Adam(1000.0), epochs=1, batch_size=4, reduction=reduction)
    error = diverged(classifier(), training, engine=engine)
    assert "diverged: a network that knows nothing has" in str(error)
    assert "try a learning rate below 1000" in str(error)
    assert (error.epoch, error.step) == (1, 16)


@pytest.mark.parametrize("lr", [1e-3, 0.05])
def test_a_run_that_learns_or_learns_nothing_is_not_said_to_have_diverged(lr):
    rng = np.random.default_rng(0)
    noise = Dataset(X, rng.integers(0, 2, 64))
    rare = Dataset(X, (np.arange(64) == 3).astype(np.int64), np.where(np.arange(64) == 3, 63.0, 1.0))
    values = cr.Network([cr.Linear(8), cr.ReLU(), cr.Linear(1)], 6, cr.SquaredError())
    classes = [(classifier(), data) for data in (noise, rare, DATA.head(2))]
    for network, data in (*classes, (values, Dataset(X, X[:, 1]))):
        cr.fit(network, data, cr.Training(cr.Adam(lr), epochs=5, batch_size=8), progress=False)


def test_how_much_knowing_nothing_costs():
    t = np.array([1.0, 3.0])
    assert cr.SquaredError().ignorance(t, (1,)) == 1.0
    assert cr.SquaredError(mean=2.0, std=2.0).ignorance(t, (1,)) == 0.25
    assert cr.LogSoftmaxNLL().ignorance(np.array([0, 1]), (4,)) == np.log(4)
    assert cr.SigmoidBinaryCrossEntropy().ignorance(np.zeros((2, 3)), (3,)) == 3 * np.log(2)
    assert Loss().ignorance(t, (1,)) is None


# --- dead


def test_dead_relus_are_warned_of():
    network = classifier()
    network.named()["fc1.b"][:] = -1e3
    with pytest.warns(DataWarning, match="the network is dead: relu1 is 0 for every sample"):
        cr.fit(network, DATA, cr.Training(cr.SGD(0.1), epochs=1), progress=False)


def test_a_network_that_lives_or_whose_inputs_are_all_alike_is_not():
    dead, alike = classifier(), Dataset(np.ones((8, 6), np.float32), np.arange(8) % 2)
    dead.named()["fc1.b"][:] = -1e3
    doubt_life(classifier(), DATA, 0.1)
    doubt_life(dead, alike, 0.1)


# --- data that are no numbers


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("trained", [True, False])
def test_what_is_not_finite_is_refused_wherever_data_come_in(value, trained):
    network, bad = classifier(), Dataset(X.copy(), DATA.t)
    bad.x[17, 2] = value
    if trained:
        cr.fit(network, DATA, cr.Training(epochs=1), progress=False)
    where = rf"x\[17\] holds {value}; expected finite numbers"
    with pytest.raises(DataError, match=f"validation data: {where}"):
        cr.fit(network, DATA, cr.Training(epochs=1), validation=bad, progress=False)
    for ask in (cr.evaluate, cr.examine, *[cr.calibrate] * trained):
        with pytest.raises(DataError, match=where):
            ask(network, bad)
