"""Early stopping: when a run ends, and with which weights."""

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import UsageError
from chainrule.data import Dataset
from chainrule.tasks.evaluation import Evaluation
from chainrule.training.descent import minimise
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.events import EpochEvent, Progress, StopEvent, StopTraining
from chainrule.training.optimizers import SGD, State
from chainrule.training.settings import Training
from descents import EXAMPLES, Moments, Quadratic, Recorder
from messages import exactly
from oracles import normal

TRAIN = Dataset(normal(40, 6), np.arange(40) % 3)
HELD_OUT = Dataset(normal(30, 6, seed=1), np.arange(30) % 3)  # nothing to learn: it overfits


def epoch(k: int, loss: float, accuracy: float | None = None, held_out: bool = True, statistics: int = 0) -> EpochEvent:
    """Epoch k, from 0, after which w is full of k, as are so many statistics."""
    layout = SimpleNamespace(pack=np.copy, unpack=np.copy)
    objective = SimpleNamespace(layout=layout, statistics=np.full(statistics, float(k)))
    progress = Progress(cast(Any, objective), np.full(3, float(k)), State(np.empty((0, 3))))
    seen = Evaluation(loss, accuracy, 10) if held_out else None
    return EpochEvent(progress, k, 10, loss, 1.0, 0.1, 1.0, seen)


def run(stopping: EarlyStopping, losses: list[float]) -> int:
    """How many epochs it lets pass."""
    for k, loss in enumerate(losses):
        try:
            stopping(epoch(k, loss))
        except StopTraining:
            return k + 1
    return len(losses)


@pytest.mark.parametrize(
    ("losses", "patience", "min_delta", "epochs", "best"),
    [
        ([5, 4, 3, 2, 1], 1, 0.0, 5, 5),
        ([5, 4, 4, 3], 1, 0.0, 3, 2),
        ([5, 4, 6, 3, 4, 4, 4], 3, 0.0, 7, 4),
        ([5, 4.95, 4.9, 4.85], 2, 0.1, 3, 3),  # better, but too little
        ([5, 4.8, 4.6, 4.4], 2, 0.1, 4, 4),
    ],
)
def test_it_waits_so_many_epochs_for_an_improvement(losses, patience, min_delta, epochs, best):
    stopping = EarlyStopping(patience, min_delta)
    assert run(stopping, losses) == epochs
    assert stopping.best_epoch == best
    assert stopping.w is not None
    assert stopping.w.tolist() == [best - 1] * 3


def test_the_best_weights_come_back_at_the_end():
    stopping, last = EarlyStopping(5), epoch(2, 9)
    run(stopping, [3, 2])
    stopping(last)
    stopping(StopEvent(last.progress, "done"))
    assert last.progress.w.tolist() == [1, 1, 1]


def test_or_stay_away_if_so_asked():
    stopping, last = EarlyStopping(5, restore_best=False), epoch(2, 9)
    run(stopping, [3, 2])
    stopping(last)
    stopping(StopEvent(last.progress, "done"))
    assert last.progress.w.tolist() == [2, 2, 2]


def test_it_can_watch_the_accuracy():
    stopping = EarlyStopping(2, monitor="accuracy")
    for k, accuracy in enumerate([0.5, 0.7, 0.6]):
        stopping(epoch(k, 1 + k, accuracy))
    assert stopping.best_epoch == 2
    assert stopping.best == pytest.approx(0.3)
    with pytest.raises(StopTraining, match="no better for 2 epochs"):
        stopping(epoch(3, 0.0, 0.7))


def test_without_held_out_data_it_watches_the_training_loss():
    stopping = EarlyStopping(1)
    stopping(epoch(0, 2, held_out=False))
    with pytest.raises(StopTraining):
        stopping(epoch(1, 2, held_out=False))


def test_accuracy_without_held_out_data_is_refused():
    with pytest.raises(UsageError, match="there is none without validation data of classes"):
        EarlyStopping(monitor="accuracy")(epoch(0, 2, held_out=False))


def test_what_it_remembers_is_enough_to_go_on():
    stopping, other = EarlyStopping(3), EarlyStopping(3)
    run(stopping, [3, 2, 4])
    other.restore(stopping.state())
    other(epoch(3, 5))
    with pytest.raises(StopTraining):
        other(epoch(4, 5))
    assert other.best_epoch == 2


def test_the_best_statistics_come_back_with_the_weights():
    stopping, other = EarlyStopping(5), EarlyStopping(5)
    for k, loss in enumerate((3, 2, 4)):
        stopping(epoch(k, loss, statistics=2))
    assert stopping.state()["statistics"].tolist() == [1, 1]
    other.restore(stopping.state())
    last = epoch(3, 9, statistics=2)
    other(last)
    other(StopEvent(last.progress, "done"))
    assert last.progress.w.tolist() == [1, 1, 1]
    assert last.progress.objective.statistics.tolist() == [1, 1]


def test_without_statistics_a_checkpoint_keeps_none():
    stopping = EarlyStopping(5)
    run(stopping, [3, 2])
    assert stopping.state().keys() == {"best", "best_epoch", "waited", "w"}
    other = EarlyStopping(5)
    other.restore(stopping.state())
    assert other.statistics is None


def test_a_run_that_was_over_is_over_when_it_goes_on():
    stopping = EarlyStopping(1)
    run(stopping, [3, 4])
    with pytest.raises(StopTraining, match="no better for 1 epochs"):
        EarlyStopping(1).restore(stopping.state())
    EarlyStopping(2).restore(stopping.state())  # with more patience it is not


def test_a_run_that_was_over_makes_no_update_when_it_goes_on():
    training = Training(SGD(0.1), 5, 4)

    def worse(progress: Progress) -> Evaluation:
        return Evaluation(float(progress.epoch), None, 1)

    moments = Moments()
    minimise(Quadratic(), EXAMPLES, np.ones(4), training, judge=worse, listeners=[moments, EarlyStopping(1)])
    start, heard = moments.found[-1], Recorder()
    result = minimise(Quadratic(), EXAMPLES, np.zeros(4), training, start=start, listeners=[heard, EarlyStopping(1)])
    assert result.reason == "no better for 1 epochs"
    assert [type(event) for event in heard.events] == [StopEvent]


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_fit_gives_back_the_weights_that_did_best_on_the_held_out_data(engine):
    network = cr.Network([cr.Linear(32), cr.ReLU(), cr.Linear(3)], 6)
    stopping = EarlyStopping(4)
    training = cr.Training(cr.Adam(0.02), epochs=200, batch_size=8)
    history = cr.fit(network, TRAIN, training, validation=HELD_OUT, engine=engine, listeners=[stopping])
    losses = [record.validation.loss for record in history.epochs if record.validation]
    assert history.reason == "no better for 4 epochs"
    assert len(losses) == stopping.best_epoch + 4 < 200
    assert cr.evaluate(network, HELD_OUT, engine).loss == pytest.approx(min(losses), rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": 0}, "patience is 0; expected a whole number of at least 1"),
        ({"patience": 1.5}, "patience is 1.5; expected a whole number of at least 1"),
        ({"patience": True}, "patience is True; expected a whole number of at least 1"),
        ({"min_delta": -1.0}, "min_delta is -1.0; expected a number of at least 0"),
        ({"min_delta": float("nan")}, "min_delta is nan; expected a number of at least 0"),
        ({"monitor": "luck"}, "monitor is 'luck'; expected one of: loss, accuracy"),
        ({"restore_best": 1}, "restore_best is 1; expected True or False"),
    ],
)
def test_bad_settings_are_refused(options, message):
    with pytest.raises(UsageError, match=exactly(message)):
        EarlyStopping(**options)


@pytest.mark.parametrize("patience", [3, np.int64(3), math.inf])
def test_good_patience(patience):
    assert EarlyStopping(patience).patience == patience
