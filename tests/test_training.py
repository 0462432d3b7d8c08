import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from chainrule.base.errors import DataError, DivergedError, UsageError
from chainrule.data import Dataset
from chainrule.layers import Dropout, Linear, Tanh
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.training.descent import Reduction, Result, Training, minimise
from chainrule.training.events import (
    BatchEvent,
    CheckpointEvent,
    EpochEvent,
    Event,
    Memory,
    Progress,
    StopEvent,
    StopTraining,
)
from chainrule.training.objective import Batch, Objective
from chainrule.training.optimizers import SGD, AdaDelta, Adam, Optimizer, State
from chainrule.training.sampling import ORDERS, Order
from messages import exactly
from oracles import assert_agrees
from quadratic import EXAMPLES, Quadratic

TRAINING = Training(SGD(0.1, momentum=0.9), epochs=3, batch_size=4, seed=5)  # batches of 4, 4, 2


def classifier(dropout: float = 0.25) -> Network:
    return Network([Linear(6), Tanh(), Dropout(dropout), Linear(3)], 4, dtype=np.float64)


def train(training: Training = TRAINING, data: Dataset = EXAMPLES, listeners=(), dropout: float = 0.25) -> Result:
    network = classifier(dropout)
    return minimise(Reference(network, training.seed), data, network.w, training, listeners=listeners)


class Recorder:
    """A listener that keeps the events, and w at each."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.weights: list[np.ndarray] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.weights.append(event.progress.weights())

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


def stop_after(epoch: int, batch: int) -> Callable[[Event], None]:
    def listener(event: Event) -> None:
        if isinstance(event, BatchEvent) and (event.epoch, event.batch) == (epoch, batch):
            raise StopTraining("enough")

    return listener


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


# --- what listeners hear


def test_events_come_in_order() -> None:
    recorder = Recorder()
    train(replace(TRAINING, epochs=2), listeners=[recorder])
    kinds = [type(event) for event in recorder.events]
    assert kinds == [BatchEvent, BatchEvent, BatchEvent, EpochEvent, CheckpointEvent] * 2 + [StopEvent]
    places = [(event.epoch, event.batch, event.samples) for event in recorder.of(BatchEvent)]
    assert places == [(0, 0, 4), (0, 1, 4), (0, 2, 2), (1, 0, 4), (1, 1, 4), (1, 2, 2)]


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_batch_event_tells_the_mean_error_before_the_update_and_the_gradients_norm(reduction: Reduction) -> None:
    recorder, start = Recorder(), np.ones(4)
    training = Training(SGD(0.1), epochs=1, batch_size=4, order="file", reduction=reduction)
    minimise(Quadratic(), EXAMPLES, start, training, listeners=[recorder])
    for w, event, where in zip(
        (start, *recorder.weights), recorder.of(BatchEvent), (slice(0, 4), slice(4, 8), slice(8, 10)), strict=False
    ):
        g = np.empty(4)
        part = EXAMPLES.take(where)
        loss = Quadratic().loss_and_gradient(w, Batch(part.x, part.t), g)
        n = len(part)
        assert event.loss == pytest.approx(loss / n, rel=1e-14)
        assert event.gradient_norm == pytest.approx(np.linalg.norm(g) / (n if reduction == "mean" else 1), rel=1e-14)


def test_an_epoch_event_tells_the_mean_over_its_samples() -> None:
    recorder = Recorder()
    train(listeners=[recorder])
    batches, epochs = recorder.of(BatchEvent), recorder.of(EpochEvent)
    for k, epoch in enumerate(epochs):
        own = batches[3 * k : 3 * k + 3]
        mean = sum(batch.loss * batch.samples for batch in own) / 10
        assert epoch.loss == pytest.approx(mean, rel=1e-14)
        assert (epoch.epoch, epoch.samples) == (k, 10)
        assert epoch.gradient_norm == own[-1].gradient_norm
        assert epoch.seconds > 0


def test_the_learning_rate_decays_every_so_many_epochs() -> None:
    recorder = Recorder()
    train(Training(SGD(0.8), epochs=5, batch_size=4, lr_decay=0.5, lr_decay_every=2), listeners=[recorder])
    assert [event.lr for event in recorder.of(EpochEvent)] == [0.8, 0.8, 0.4, 0.4, 0.2]


def test_the_decayed_learning_rate_is_what_the_optimizer_gets() -> None:
    training = Training(SGD(0.1), epochs=2, batch_size=None, lr_decay=0.5)
    result = minimise(Quadratic(), EXAMPLES, np.ones(4), training)
    m, eye = EXAMPLES.x.mean(axis=0), np.eye(4)
    expected = m + (eye - 0.05 * Quadratic.a) @ (eye - 0.1 * Quadratic.a) @ (np.ones(4) - m)
    assert_agrees(result.w, expected, 1e-14)


def test_a_listener_stops_the_run_after_its_update() -> None:
    recorder = Recorder()
    result = train(listeners=[recorder, stop_after(1, 0)])
    assert result.reason == "enough"
    last = recorder.events[-1]
    assert isinstance(last, StopEvent)
    assert (last.reason, last.progress.epoch, last.progress.batch) == ("enough", 1, 1)
    assert len(recorder.of(BatchEvent)) == 4
    assert np.array_equal(result.w, recorder.weights[-3])
    assert [event.progress.batch for event in recorder.of(CheckpointEvent)] == [1, 1]  # one Progress, as it stands now


def test_a_whole_run_is_done() -> None:
    recorder = Recorder()
    assert train(listeners=[recorder]).reason == "done"
    assert recorder.of(StopEvent)[0].reason == "done"


def test_all_listeners_hear_of_the_event_at_which_one_of_them_stops() -> None:
    recorder = Recorder()
    train(listeners=[stop_after(1, 0), recorder])
    assert len(recorder.of(BatchEvent)) == 4


# --- what goes wrong


def diverge(objective: Objective, data: Dataset, training: Training) -> str:
    """The message of the DivergedError, if there is no warning besides."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DivergedError) as caught:
            minimise(objective, data, np.ones(4), training)
    return str(caught.value)


def test_a_loss_that_overflows() -> None:
    message = diverge(Quadratic(), EXAMPLES, Training(SGD(1e200), epochs=3, batch_size=5, order="file"))
    assert message == "the loss is inf at epoch 1, batch 2 (step 2); try a learning rate below 1e+200"


def test_a_loss_that_is_not_a_number() -> None:
    data = Dataset(EXAMPLES.x.copy(), EXAMPLES.t)
    data.x[7, 0] = np.nan
    message = diverge(Quadratic(), data, Training(SGD(0.1), batch_size=5, order="file"))
    assert message == "the loss is nan at epoch 1, batch 2 (step 2); try a learning rate below 0.1"


def test_a_gradient_that_is_not_finite() -> None:
    class Infinite(Quadratic):
        def loss_and_gradient(self, w, batch, out, on_ready=None) -> float:
            out[:] = np.inf
            return 0.0

    message = diverge(Infinite(), EXAMPLES, Training(SGD(0.1), batch_size=None))
    assert message == "the gradient is not finite at epoch 1, batch 1 (step 1); try a learning rate below 0.1"


def test_a_last_update_that_overflows() -> None:
    data = Dataset(1e10 * EXAMPLES.x, EXAMPLES.t)
    message = diverge(Quadratic(), data, Training(SGD(1e308), epochs=1, batch_size=None))
    assert message == "w is not finite after epoch 1, batch 1 (step 1); try a learning rate below 1e+308"


def test_no_data() -> None:
    with pytest.raises(DataError, match=exactly("there is no training data; expected at least one sample")):
        train(data=EXAMPLES.head(0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": -1}, "epochs is -1; expected a whole number of at least 0"),
        ({"epochs": 1.5}, "epochs is 1.5; expected a whole number of at least 0"),
        ({"batch_size": 0}, "batch_size is 0; expected a whole number of at least 1"),
        ({"batch_size": True}, "batch_size is True; expected a whole number of at least 1"),
        ({"order": "random"}, "order is 'random'; expected one of: shuffle, replacement, file"),
        ({"reduction": "max"}, "reduction is 'max'; expected one of: mean, sum"),
        ({"lr_decay": 0.0}, "lr_decay is 0.0; expected a number above 0"),
        ({"lr_decay": np.nan}, "lr_decay is nan; expected a number above 0"),
        ({"lr_decay_every": 0}, "lr_decay_every is 0; expected a whole number of at least 1"),
        ({"seed": -1}, "the seed is -1; expected a whole number from 0 to 2**64 - 1"),
    ],
)
def test_bad_settings(options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=exactly(message)):
        Training(**options)


@pytest.mark.parametrize(("batch_size", "steps"), [(4, 9), (5, 6), (None, 3), (100, 3)])
def test_every_batch_is_a_step(batch_size: int | None, steps: int) -> None:
    training = replace(TRAINING, batch_size=batch_size)
    assert train(training).progress.state.step == steps


def test_an_epoch_that_was_interrupted_tells_of_all_its_samples() -> None:
    whole, rest = Recorder(), Recorder()
    train(listeners=[whole])
    stopped = train(listeners=[stop_after(1, 0)])
    minimise(stopped.progress.objective, EXAMPLES, stopped.w, TRAINING, listeners=[rest], start=stopped.progress)
    told = [(event.epoch, event.samples, event.loss, event.gradient_norm) for event in rest.of(EpochEvent)]
    expected = [(event.epoch, event.samples, event.loss, event.gradient_norm) for event in whole.of(EpochEvent)]
    assert told == expected[1:]


class Counter:
    """A listener that remembers how many epochs it has seen."""

    def __init__(self) -> None:
        self.epochs = 0

    def __call__(self, event: Event) -> None:
        self.epochs += isinstance(event, EpochEvent)

    def state(self) -> Memory:
        return {"epochs": self.epochs}

    def restore(self, state: Memory) -> None:
        self.epochs = state["epochs"]


def test_a_checkpoint_tells_what_the_listeners_remember_after_the_epoch() -> None:
    seen: list[dict[str, Memory]] = []

    def keep(event: Event) -> None:
        if isinstance(event, CheckpointEvent):
            seen.append(event.memories())

    train(listeners=[keep, Counter()])
    assert seen == [{"Counter": {"epochs": k}} for k in (1, 2, 3)]


def test_a_run_that_goes_on_gives_its_listeners_back_what_they_remembered() -> None:
    stopped = train(listeners=[stop_after(1, 2)]).progress
    counter = Counter()
    start = replace(stopped, memories={"Counter": {"epochs": 40}, "Nobody": {}})
    minimise(stopped.objective, EXAMPLES, stopped.weights(), TRAINING, listeners=[counter], start=start)
    assert counter.epochs == 41


def test_a_listener_may_put_other_weights_into_a_run_that_is_over() -> None:
    def zero(event: Event) -> None:
        if isinstance(event, StopEvent):
            event.progress.w[:] = 0

    assert not train(listeners=[zero]).w.any()
