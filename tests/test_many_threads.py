"""Several threads at once: each has the serial answer, to the bit, or a refusal; none waits for ever."""

import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torture.trained import DATA, TRAINING, T, X, fitted, is_right, new_network, weights_of_epochs

import chainrule as cr
from at_once import LIMIT, at_once
from chainrule import Dataset, Training, UsageError, evaluate, fit, load
from chainrule.data.images import opened_image, pillow_quiet
from chainrule.engine import execute
from chainrule.engine.compiled import Compiled
from chainrule.engine.runtime import threads as teams


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize(
    "batch_size", [pytest.param(1, marks=pytest.mark.heavy), 7, pytest.param(256, marks=pytest.mark.heavy)]
)
def test_eight_threads_get_the_serial_answers_of_one_predictor(engine, batch_size):
    trained = fitted()
    predict = trained.predictor(engine, batch_size=batch_size)
    parts = [X[k : k + 1 + k % 9] for k in range(48)]
    ways: list[Callable[[np.ndarray], bytes]] = [
        lambda x: predict(x).tobytes(),
        lambda x: predict.outputs(x).tobytes(),
        lambda x: predict.classify(x).tobytes(),
        lambda x: trained.predict(x).tobytes(),
        lambda x: repr(evaluate(trained, Dataset(x, T[: len(x)]))).encode(),
    ]
    serial = [[way(part) for part in parts] for way in ways]
    asked = [k % len(ways) for k in range(8)]
    assert at_once(*(lambda k=k: [ways[k](part) for part in parts] for k in asked)) == [serial[k] for k in asked]


def test_an_engine_asked_of_two_ws_by_turns_does_not_mix_them_up():
    engine = execute(new_network(), threads=1)
    w = [engine.layout.pack(new_network(seed).w) for seed in range(2)]
    right = [engine.outputs(each, X[:5]) for each in w]

    def ask(k: int) -> bool:
        return all(np.array_equal(engine.outputs(w[k], X[:5], unchanged=n % 2 == 1), right[k]) for n in range(40))

    assert not np.array_equal(right[0], right[1])
    assert at_once(lambda: ask(0), lambda: ask(1), lambda: ask(0), lambda: ask(1)) == [True] * 4


def test_fits_predictions_evaluations_and_saves_at_once(tmp_path):
    trained = fitted()
    path, right, score = tmp_path / "same.safetensors", trained.predict(X[:9]), evaluate(trained, DATA)
    compiled = trained.predictor("compiled", 1)(X[:9])

    def save_and_load() -> bool:
        trained.save(path)
        return np.array_equal(load(path).w, trained.w)

    assert at_once(
        lambda: is_right(fitted(threads=1)),
        lambda: is_right(fitted(threads=2)),
        lambda: is_right(fitted(threads=3)),
        lambda: all(np.array_equal(trained.predictor()(X[:9]), compiled) for _ in range(5)),
        lambda: all(np.array_equal(trained.predict(X[:9]), right) for _ in range(20)),
        lambda: all(evaluate(trained, DATA) == score for _ in range(5)),
        lambda: all(save_and_load() for _ in range(3)),
        lambda: all(save_and_load() for _ in range(3)),
    ) == [True] * 8  # fmt: skip


def test_who_asks_during_a_fit_finds_the_weights_of_one_moment(tmp_path):
    """An epoch's, or those of before."""
    made, path, found, done = new_network(), tmp_path / "now.safetensors", [], threading.Event()
    known = [np.frombuffer(w, np.float32) for w in weights_of_epochs(6)]
    answers = []
    for w in known:
        each = new_network()
        each.w[:] = w
        answers.append(each.predict(X[:3]))

    def watch() -> None:
        while not done.is_set():
            made.save(path)
            found.append((made.predict(X[:3]), made.predictor()._w.copy(), load(path).w))

    def train() -> None:
        try:
            fit(made, DATA, Training(epochs=6, batch_size=64))
        finally:
            done.set()

    at_once(train, watch)
    layout = execute(made).layout
    assert found
    for said, packed, saved in found:
        assert any(np.array_equal(said, each) for each in answers)
        assert any(np.array_equal(layout.unpack(packed), w) for w in known)
        assert any(np.array_equal(saved, w) for w in known)


def test_two_fits_of_one_network_are_refused():
    made, inside, go_on = new_network(), threading.Event(), threading.Event()

    def wait(event: object) -> None:
        inside.set()
        go_on.wait(LIMIT)

    first = threading.Thread(target=lambda: fit(made, DATA, TRAINING, listeners=[wait]))
    first.start()
    assert inside.wait(LIMIT)
    schema = made.schema
    with pytest.raises(UsageError, match="this Network is being trained already; expected one fit of it at a time"):
        fit(made, DATA, TRAINING)
    assert made.schema is schema
    go_on.set()
    first.join(LIMIT)
    assert is_right(made)
    fit(made, DATA, TRAINING)


@pytest.mark.parametrize(
    "model", [cr.NeuralClassifier(8, max_iter=3), cr.MLPClassifier(8, max_iter=5, tol=9, n_iter_no_change=1)], ids=repr
)
def test_two_fits_of_one_estimator_are_refused_or_come_one_after_the_other(model):
    def train() -> str:
        try:
            model.fit(X, T)
        except UsageError as error:
            return str(error)
        return "fitted"

    said = at_once(*[train] * 4)
    assert "fitted" in said
    assert {each for each in said if each != "fitted"} <= {
        f"this {type(model).__name__} is being trained already; expected one fit of it at a time"
    }


def test_a_system_without_threads_to_spare_trains_with_one(monkeypatch):
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    teams._disband()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    try:
        assert is_right(fitted())
    finally:
        teams._disband()


@pytest.mark.parametrize("threads", [10**6, 2**70])
def test_at_most_so_many_threads_may_be_any_number(threads):
    x = np.zeros((3, *new_network().input_shape), np.float32)
    engine = Compiled(new_network(), threads=threads)
    w = engine.layout.pack(engine.network.w)
    np.testing.assert_array_equal(engine.outputs(w, x), Compiled(new_network(), threads=1).outputs(w, x))


def test_few_teams_for_many_sizes_of_work():
    engine = Compiled(new_network(), threads=16)
    assert {engine._size(worth) for worth in range(40)} == {1, 2, 4, 8, 16}


def test_threads_that_read_pictures_leave_the_filters_of_warnings(tmp_path):
    Image.new("L", (9, 9)).save(tmp_path / "picture.png")

    def look(path: Path) -> None:
        with pillow_quiet(), opened_image(path) as image:
            image.load()

    before = list(warnings.filters)
    at_once(*[lambda: [look(tmp_path / "picture.png") for _ in range(40)]] * 4)
    assert warnings.filters == before
