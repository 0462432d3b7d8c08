"""The tab Train: a run in a thread, whose settings change while it goes on."""

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import DivergedError, UsageError
from chainrule.data import mnist
from chainrule.engine import execute
from chainrule.server.training import TrainingSession
from chainrule.server.training_record import MOST_STEPS, TrainingRecord
from chainrule.server.training_run import Stepped, TrainingRun
from chainrule.server.training_settings import OFFERED, TrainingSettings, dropouts_in, with_dropout
from chainrule.server.whole_gradient import PART, WholeGradient
from chainrule.tasks.fitting import learn
from chainrule.tasks.presets import preset
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD
from chainrule.training.settings import Training

DATA = mnist("train").head(600), mnist("test").head(100)
SMALL: dict[str, Any] = {"preset": "mlp", "samples": 300, "batch_size": 50, "lr": 0.1}


def run_of(**given: Any) -> TrainingRun:
    return TrainingRun(TrainingSettings().changed({**SMALL, **given}), *DATA)


def until(session: TrainingSession, holds: Callable[[dict[str, Any]], Any], seconds: float = 60) -> dict[str, Any]:
    """The news for which that holds, waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        news = session.news()
        if holds(news):
            return news
        time.sleep(0.005)
    raise AssertionError(f"it never came: {session.state}, {session.news()['message']}")


@pytest.fixture
def session():
    session = TrainingSession(lambda: DATA)
    yield session
    session.close()


def test_a_run_step_by_step_is_the_run_that_fit_makes():
    run, network = run_of(), preset("mlp").network(0)
    losses = [run.step().loss for _ in range(12)]
    learn(network, DATA[0].head(300), Training(SGD(0.1), epochs=2, batch_size=50))
    assert np.array_equal(run.progress.weights(), network.w)
    assert (run.progress.epoch, run.progress.batch, len(losses)) == (2, 0, 12)


@pytest.mark.parametrize("name", ["mlp", "lecture"])
def test_norms_are_those_of_the_gradient_layer_by_layer(name: str):
    run = run_of(preset=name)
    made = run.step()
    engine, network = execute(preset(name).network(0)), preset(name).network(0)
    indices = next(iter(run_of(preset=name)._drawn))
    batch = Batch(run.data.x[indices], run.data.t[indices], np.full(50, 1 / 50))
    gw = np.zeros_like(engine.layout.pack(network.w))
    engine.loss_and_gradient(engine.layout.pack(network.w), batch, gw)
    named = network.named(engine.layout.unpack(gw))
    for layer, norm in zip(run.layers, made.norms, strict=True):
        own = [array.ravel() for key, array in named.items() if key.startswith(f"{layer}.")]
        assert norm == pytest.approx(np.linalg.norm(np.concatenate(own)), rel=1e-5)


def test_a_large_batch_is_added_up_in_parts_to_the_same_gradient():
    network, data = preset("mlp").network(1), mnist("train").head(2 * PART + 7)
    engine, batch = execute(network), Batch(data.x, data.t, np.full(len(data), 1 / len(data)))
    w = engine.layout.pack(network.w)
    whole, parts = np.zeros_like(w), np.zeros_like(w)
    loss = engine.loss_and_gradient(w, batch, whole)
    assert WholeGradient(engine).loss_and_gradient(w, batch, parts) == pytest.approx(loss, rel=1e-6)
    np.testing.assert_allclose(parts, whole, atol=1e-5 * np.abs(whole).max())
    assert WholeGradient(engine).loss(w, batch) == pytest.approx(loss, rel=1e-6)


def test_another_batch_size_goes_on_where_the_epoch_stands():
    run = run_of()
    for _ in range(3):
        run.step()
    run.adjust(run.settings.changed({"batch_size": 30}))
    assert (run.progress.epoch, run.progress.batch, run.batches) == (0, 5, 10)
    rest = [run.step() for _ in range(5)]
    assert [made.ended for made in rest] == [False] * 4 + [True]
    run.adjust(run.settings.changed({"batch_size": None}))
    assert run.step()[1:4] == (1, True, 300)


def test_another_rate_counts_from_the_next_step():
    run, w = run_of(), []
    for lr in (0.0, 0.1):
        run.adjust(run.settings.changed({"lr": lr}))
        before = run.progress.weights()
        run.step()
        w.append(np.array_equal(before, run.progress.weights()))
    assert w == [True, False]


def test_another_dropout_keeps_w_and_what_adam_remembers():
    run = run_of(preset="signal", optimizer="adam", lr=0.001, dropout=0.1)
    run.step()
    w, vectors = run.progress.weights(), run.progress.optimizer_vectors()
    run.adjust(run.settings.changed({"dropout": 0.7}))
    assert np.array_equal(run.progress.weights(), w)
    assert np.array_equal(run.progress.optimizer_vectors(), vectors)
    assert [p for layer in run.network.layers for p in dropouts_in(layer)] == [0.7]
    assert run.step().step == 2


def test_dropout_is_changed_in_blocks_too():
    from chainrule.layers import Dropout, Linear, Residual, Sequential

    layers = [Sequential([Dropout(0.1)]), Residual([Linear(4), Dropout(0.2)], shortcut=Sequential([Dropout(0.3)]))]
    assert [p for each in with_dropout(layers, 0.5) for p in dropouts_in(each)] == [0.5] * 3
    assert with_dropout(layers, None) == layers


def test_what_is_not_finite_ends_a_run_by_its_place():
    run = run_of(lr=1e30)
    run.step()
    with pytest.raises(DivergedError, match=r"epoch 1, batch 2 \(step 2\), from the output of fc\d on; try"):
        run.step()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"preset": "nlp"}, "settings.preset is 'nlp'; expected"),
        ({"lr": -1}, "settings.lr is -1; expected a number of at least 0"),
        ({"batch_size": 0}, "settings.batch_size is 0; expected a whole number from 1 to 60,000"),
        ({"dropout": 1.0}, "settings.dropout is 1.0; expected a number from 0 to 0.95"),
        ({"samples": 70_000}, "settings.samples is 70000; expected a whole number from 1 to 60,000"),
        ({"epochs": 3}, "settings has 'epochs'; expected only preset, optimizer"),
    ],
)
def test_wrong_settings_are_refused(session: TrainingSession, given: dict[str, Any], told: str):
    with pytest.raises(UsageError, match=re.escape(told)):
        session.do("reset", given)
    assert session.state == "empty"


def test_what_fixes_a_run_changes_with_a_reset_only(session: TrainingSession):
    session.do("reset", SMALL)
    for _ in range(2):
        with pytest.raises(UsageError, match=r"settings\.seed is 5 while a run with 0 stands; expected the same"):
            session.do("start", {"seed": 5})
        until(session, lambda news: news["state"] == "paused")
    session.do("reset", {"seed": 5})
    assert until(session, lambda news: news["state"] == "paused")["settings"]["seed"] == 5


def test_a_batch_read_at_once_may_not_be_huge(session: TrainingSession):
    with pytest.raises(UsageError, match="batch_size is 5,000, and batch normalisation reads a batch at once"):
        TrainingRun(TrainingSettings(preset="quick", batch_size=None, samples=5_000), mnist("train"), DATA[1])


def test_one_batch_then_pause_then_the_same_losses_again(session: TrainingSession):
    session.do("step", SMALL)
    news = until(session, lambda news: news["at"] == 1)
    assert (news["state"], news["step"], news["batches"]) == ("paused", [1], 6)
    session.do("start")
    first = until(session, lambda news: news["at"] >= 5)["loss"][:5]
    session.do("reset")
    session.do("start")
    again = until(session, lambda news: news["run"] == 2 and news["at"] >= 5)["loss"][:5]
    assert again == first
    session.do("reset", {"seed": 1})
    session.do("start")
    assert until(session, lambda news: news["run"] == 3 and news["at"] >= 5)["loss"][:5] != first


def test_a_pause_holds(session: TrainingSession):
    session.do("start", SMALL)
    until(session, lambda news: news["at"] > 3)
    session.do("pause")
    at = until(session, lambda news: news["state"] == "paused")["at"]
    time.sleep(0.2)
    assert session.news()["at"] - at <= 1  # the batch that was being made


def test_news_are_what_came_after(session: TrainingSession):
    session.do("start", SMALL)
    news = until(session, lambda news: news["at"] >= 60 and len(news["tests"]) > 1)
    assert news["tests"][0]["step"] == 0
    assert news["frames"][0].filters.shape == (64, 1, 28, 28)
    assert list(news["norms"]) == ["fc1", "fc2"]
    session.do("pause")
    at = until(session, lambda news: news["state"] == "paused")["at"]
    later = session.news((news["run"], 50))
    assert later["step"][0] == 51
    assert later["step"][-1] >= at
    assert session.news((news["run"] + 1, 50))["step"][0] == 1


def test_what_is_not_finite_stops_the_session_and_a_reset_begins_anew(session: TrainingSession):
    session.do("start", {**SMALL, "lr": 1e30})
    news = until(session, lambda news: news["state"] == "stopped")
    assert "try a learning rate below 1e+30" in news["message"]
    with pytest.raises(UsageError, match="do is 'start' after the run has stopped; expected 'reset'"):
        session.do("start")
    session.do("reset", {"lr": 0.1})
    assert until(session, lambda news: news["state"] == "paused")["message"] == ""


def test_an_error_in_the_thread_is_told():
    def broken() -> Any:
        raise OSError("no disk")

    session = TrainingSession(broken)
    session.do("start")
    assert until(session, lambda news: news["state"] == "stopped")["message"] == "OSError: no disk"
    session.close()


def test_a_long_run_is_kept_short():
    record = TrainingRecord(["fc1"])
    for step in range(1, 3 * MOST_STEPS):
        record.step(Stepped(step, 0, False, 10, 1.0, [2.0], 0.1))
    told = record.since(-1)
    assert len(told["step"]) <= MOST_STEPS
    assert told["step"][:5] == [1, 2, 3, 4, 5]
    assert told["step"][-1] == 3 * MOST_STEPS - 1
    assert told["smoothed"][0] == told["smoothed"][-1] == 1.0
    assert told["rate"] == pytest.approx(100)


@pytest.mark.parametrize("name", OFFERED)
def test_every_preset_that_is_offered_has_filters_or_none(name: str):
    run = TrainingRun.__new__(TrainingRun)
    run.network = preset(name).network(0)
    run.objective = WholeGradient(execute(run.network, "reference"))
    run.progress = type("Stands", (), {"w": run.objective.layout.pack(run.network.w)})()  # type: ignore[assignment]
    assert run.filters().ndim == 4
