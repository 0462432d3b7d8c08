"""Gradient descent, over all data and over mini-batches: its steps by hand, and the same bits again."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.network.reference import Reference
from chainrule.training.descent import minimise
from chainrule.training.events import BatchEvent, EpochEvent, Progress
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD, AdaDelta, Adam, Optimizer, State
from chainrule.training.sampling import ORDERS, Order
from chainrule.training.settings import Reduction, Training
from descents import EXAMPLES, TRAINING, Quadratic, Recorder, classifier, stop_after, train
from oracles import assert_agrees

# --- gradient descent


@pytest.mark.parametrize("order", ["shuffle", "file"])
def test_gradient_descent_is_its_closed_form(order: Order) -> None:
    """w_k = m + (I - eta A)^k (w_0 - m) for the mean m of the data."""
    eta, recorder, start = 0.2, Recorder(), np.ones(4)
    training = Training(SGD(eta), epochs=30, batch_size=None, order=order)
    minimise(Quadratic(), EXAMPLES, start, training, listeners=[recorder])
    m = EXAMPLES.x.mean(axis=0)
    for k, w in enumerate(recorder.weights[::3]):  # a batch, an epoch and a checkpoint after each update
        power = np.linalg.matrix_power(np.eye(4) - eta * Quadratic.a, min(k + 1, 30))
        assert_agrees(w, m + power @ (start - m), 1e-13)


@pytest.mark.parametrize("optimizer", [SGD(0.1), SGD(0.05, momentum=0.8), Adam(0.05)], ids=str)
def test_it_finds_the_minimum(optimizer: Optimizer) -> None:
    result = minimise(Quadratic(), EXAMPLES, np.ones(4), Training(optimizer, epochs=1000, batch_size=None))
    assert_agrees(result.w, EXAMPLES.x.mean(axis=0), 1e-6)


def test_a_small_step_lowers_the_loss_by_eta_times_the_squared_gradient() -> None:
    """The lecture: L(w - eta g) is about L(w) - eta g g."""
    network, eta = classifier(dropout=0), 1e-6
    objective, batch, g = Reference(network), Batch(EXAMPLES.x, EXAMPLES.t), np.empty(network.size)
    before = objective.loss_and_gradient(network.w, batch, g)
    training = Training(SGD(eta), epochs=1, batch_size=None, reduction="sum")
    after = objective.loss(minimise(objective, EXAMPLES, network.w, training).w, batch)
    assert before - after == pytest.approx(eta * (g @ g), rel=1e-3)


# --- mini-batches


def test_an_epoch_is_one_update_for_each_batch_the_smaller_last_one_included() -> None:
    recorder, start, eta = Recorder(), np.ones(4), 0.1
    training = Training(SGD(eta), epochs=1, batch_size=4, order="file")
    minimise(Quadratic(), EXAMPLES, start, training, listeners=[recorder])
    w = start
    for found, where in zip(recorder.weights, (slice(0, 4), slice(4, 8), slice(8, 10)), strict=False):
        w = w - eta * Quadratic.a @ (w - EXAMPLES.x[where].mean(axis=0))
        assert_agrees(found, w, 1e-14)
    assert [event.samples for event in recorder.of(BatchEvent)] == [4, 4, 2]


def test_the_sum_is_the_mean_times_the_batch_size() -> None:
    for batch_size in (5, None):
        eta, n = 0.01, batch_size or 10
        mean = Training(SGD(n * eta), epochs=2, batch_size=batch_size)
        by_mean, by_sum = train(mean), train(replace(mean, optimizer=SGD(eta), reduction="sum"))
        assert_agrees(by_mean.w, by_sum.w, 1e-13)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_weight_of_two_is_the_sample_twice_and_of_zero_its_absence(reduction: Reduction) -> None:
    weighted = replace(EXAMPLES, sample_weight=np.array([1.0, 2, 0, 1, 1, 0, 1, 1, 3, 1]))
    repeated = EXAMPLES.take(np.array([0, 1, 1, 3, 4, 6, 7, 8, 8, 8, 9]))
    training = Training(SGD(0.05), epochs=5, batch_size=None, reduction=reduction)
    recorders = Recorder(), Recorder()
    a, b = (
        train(training, data, [recorder], dropout=0)
        for data, recorder in zip((weighted, repeated), recorders, strict=True)
    )
    assert_agrees(a.w, b.w, 1e-14)
    losses, expected = ([event.loss for event in recorder.of(BatchEvent)] for recorder in recorders)
    assert losses == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_batch_of_zero_weights_is_no_step(reduction: Reduction) -> None:
    weighted = replace(EXAMPLES, sample_weight=np.array([1.0] * 4 + [0.0] * 6))
    training = Training(SGD(0.05), epochs=1, batch_size=4, order="file", reduction=reduction)
    expected = train(training, EXAMPLES.head(4), dropout=0)
    assert np.array_equal(train(training, weighted, dropout=0).w, expected.w)


@pytest.mark.parametrize(("batch_size", "steps"), [(4, 9), (5, 6), (None, 3), (100, 3)])
def test_every_batch_is_a_step(batch_size: int | None, steps: int) -> None:
    training = replace(TRAINING, batch_size=batch_size)
    assert train(training).progress.state.step == steps


# --- the result is a function of the arguments


@pytest.mark.parametrize("order", ORDERS)
def test_the_same_seed_gives_the_same_bits(order: Order) -> None:
    training = replace(TRAINING, order=order)
    assert np.array_equal(train(training).w, train(training).w)


def test_another_seed_gives_another_result() -> None:
    assert not np.array_equal(train().w, train(replace(TRAINING, seed=6)).w)


@pytest.mark.parametrize(
    "seed",
    [
        np.int32(5),
        np.int64(5),
        np.uint64(5),
    ],
)
def test_a_seed_of_numpy_is_the_same_seed(seed: int) -> None:
    assert np.array_equal(train(replace(TRAINING, seed=seed)).w, train().w)


def test_the_initial_w_and_the_data_are_not_changed() -> None:
    network = classifier()
    before = network.w.copy(), EXAMPLES.x.copy(), EXAMPLES.t.copy()
    minimise(Reference(network), EXAMPLES, network.w, TRAINING)
    for a, b in zip((network.w, EXAMPLES.x, EXAMPLES.t), before, strict=True):
        assert np.array_equal(a, b)


def test_no_epochs_leave_w() -> None:
    assert np.array_equal(train(replace(TRAINING, epochs=0)).w, classifier().w)


@pytest.mark.parametrize("optimizer", [SGD(0.1), SGD(0.1, momentum=0.9), AdaDelta(), Adam(0.01)], ids=str)
@pytest.mark.parametrize("order", ORDERS)
def test_one_epoch_and_then_two_are_three(optimizer: Optimizer, order: Order) -> None:
    training = replace(TRAINING, optimizer=optimizer, order=order, lr_decay=0.5)
    first = train(replace(training, epochs=1))
    result = minimise(first.progress.objective, EXAMPLES, first.w, training, start=first.progress)
    assert np.array_equal(result.w, train(training).w)


@pytest.mark.parametrize("place", [(0, 0), (1, 1), (1, 2), (2, 2)])
@pytest.mark.parametrize("optimizer", [SGD(0.1), AdaDelta(), Adam(0.01)], ids=str)
def test_a_run_stopped_anywhere_goes_on_as_if_it_had_not(place: tuple[int, int], optimizer: Optimizer) -> None:
    training = replace(TRAINING, optimizer=optimizer, lr_decay=0.5)
    stopped = train(training, listeners=[stop_after(*place)])
    assert stopped.reason == "enough"
    result = minimise(stopped.progress.objective, EXAMPLES, stopped.w, training, start=stopped.progress)
    assert np.array_equal(result.w, train(training).w)


def test_a_run_goes_on_from_its_numbers_alone() -> None:
    """What a checkpoint holds: w, the optimizer's vectors, and where the run stands."""
    training = replace(TRAINING, optimizer=Adam(0.01))
    stopped = train(training, listeners=[stop_after(1, 1)]).progress
    objective = Reference(classifier(), training.seed)
    state = State(stopped.optimizer_vectors(), stopped.state.step)
    rebuilt = Progress(objective, stopped.weights(), state, stopped.epoch, stopped.batch, stopped.sums)
    assert (rebuilt.epoch, rebuilt.batch, state.step) == (1, 2, 5)
    assert np.array_equal(minimise(objective, EXAMPLES, rebuilt.w, training, start=rebuilt).w, train(training).w)


def test_a_finished_run_has_nothing_to_go_on_with() -> None:
    done = train()
    again = minimise(done.progress.objective, EXAMPLES, done.w, TRAINING, start=done.progress)
    assert np.array_equal(again.w, done.w)


def test_progress_gives_copies_of_its_vectors() -> None:
    progress = train().progress
    progress.weights()[:] = 0
    progress.optimizer_vectors()[:] = 0
    assert progress.w.all()
    assert progress.state.vectors.all()


def test_an_optimizer_without_memory_has_no_vectors() -> None:
    assert train(replace(TRAINING, optimizer=SGD())).progress.optimizer_vectors().shape == (0, classifier().size)


# --- the learning rate


def test_the_learning_rate_decays_every_so_many_epochs() -> None:
    recorder = Recorder()
    train(Training(SGD(0.8), epochs=5, batch_size=4, lr_decay=0.5, lr_decay_every=2), listeners=[recorder])
    assert [event.lr for event in recorder.of(EpochEvent)] == [0.8, 0.8, 0.4, 0.4, 0.2]


def test_a_training_tells_the_rates_of_any_update() -> None:
    steady, moving = Training(SGD(0.1)), Training(SGD(0.1), epochs=3, lr_decay=0.5)
    assert steady.optimizer_at(2) is steady.optimizer
    assert [moving.optimizer_at(epoch).lr for epoch in range(3)] == [0.1, 0.05, 0.025]


def test_the_decayed_learning_rate_is_what_the_optimizer_gets() -> None:
    training = Training(SGD(0.1), epochs=2, batch_size=None, lr_decay=0.5)
    result = minimise(Quadratic(), EXAMPLES, np.ones(4), training)
    m, eye = EXAMPLES.x.mean(axis=0), np.eye(4)
    expected = m + (eye - 0.05 * Quadratic.a) @ (eye - 0.1 * Quadratic.a) @ (np.ones(4) - m)
    assert_agrees(result.w, expected, 1e-14)
