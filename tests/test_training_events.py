"""What listeners of a training hear, and what they may do."""

import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

from chainrule.base.errors import DivergedError
from chainrule.training.checkpoints import CheckpointEvery
from chainrule.training.descent import minimise
from chainrule.training.events import BatchEvent, CheckpointEvent, EpochEvent, Evaluation, Event, Memory, StopEvent
from chainrule.training.memories import MEMORIES, remembers
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD
from chainrule.training.settings import Reduction, Training
from descents import EXAMPLES, TRAINING, Quadratic, Recorder, stop_after, train


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
    recorder, began = Recorder(), time.perf_counter()
    train(listeners=[recorder])
    took = time.perf_counter() - began
    batches, epochs = recorder.of(BatchEvent), recorder.of(EpochEvent)
    for k, epoch in enumerate(epochs):
        own = batches[3 * k : 3 * k + 3]
        mean = sum(batch.loss * batch.samples for batch in own) / 10
        assert epoch.loss == pytest.approx(mean, rel=1e-14)
        assert (epoch.epoch, epoch.samples) == (k, 10)
        assert epoch.gradient_norm == own[-1].gradient_norm
        assert epoch.seconds > 0
    assert sum(epoch.seconds for epoch in epochs) < took


def test_a_checkpoint_inside_an_epoch_is_made_once_for_each_time_that_it_is_asked_for() -> None:
    places: list[tuple[int, int]] = []

    def note(event: Event) -> None:
        if isinstance(event, CheckpointEvent):
            places.append((event.progress.epoch, event.progress.batch))

    training = replace(TRAINING, batch_size=2, epochs=2)  # 5 batches an epoch
    train(training, listeners=[CheckpointEvery("3 steps"), note])
    assert places == [(0, 3), (1, 0), (1, 1), (1, 4), (2, 0)]


def test_no_checkpoint_is_asked_to_keep_what_is_not_finite() -> None:
    """The update before it may have overflowed, where nothing else looks."""
    recorder, data = Recorder(), replace(EXAMPLES, x=1e10 * EXAMPLES.x)
    training = Training(SGD(1e308), epochs=1, batch_size=5, order="file")
    with pytest.raises(DivergedError, match=r"^w is not finite after epoch 1, batch 1 \(step 1\)"):
        minimise(Quadratic(), data, np.ones(4), training, listeners=[CheckpointEvery("1 step"), recorder])
    assert not recorder.of(CheckpointEvent)


def test_what_is_correct_is_counted_where_there_are_classes() -> None:
    assert Evaluation(0.5, 0.75, 8).correct == 6
    assert Evaluation(0.5, None, 8).correct == 0


def test_what_a_listener_remembers_is_declared_beside_it() -> None:
    @dataclass
    class Form:
        epochs: int

    try:
        assert remembers(Form)(Counter) is Counter
        assert MEMORIES["Counter"] is Form
    finally:
        MEMORIES.pop("Counter", None)


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
