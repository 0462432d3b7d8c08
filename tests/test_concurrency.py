"""Several threads and processes at once, and signals: the serial answers, and no one waits for ever."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from PIL import Image
from sklearn.model_selection import GridSearchCV

import chainrule as cr
from chainrule import BatchEvent, Dataset, Linear, Network, ReLU, Training, UsageError, evaluate, fit, load
from chainrule.data.images import opened_image, pillow_quiet
from chainrule.engine import execute
from chainrule.engine.compiled import Compiled
from chainrule.engine.runtime import threads as teams
from chainrule.layers.tanh import Tanh

RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(256, 256)).astype(np.float32), RNG.integers(0, 4, 256)
DATA, TRAINING = Dataset(X, T), Training(epochs=2, batch_size=64)
LIMIT = 120  # seconds: what takes longer hangs


def network(seed: int = 0) -> Network:
    """One whose steps are worth a second thread."""
    return Network([Linear(256), ReLU(), Linear(128), ReLU(), Linear(4)], 256, seed=seed)


def fitted(seed: int = 0, threads: int = 2, **more: Any) -> Network:
    made = network(seed)
    fit(made, DATA, TRAINING, threads=threads, **more)
    return made


EXPECTED = fitted().w.copy()


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """What each says, all begun in one instant."""
    begin = threading.Barrier(len(work))

    def wait_and(each: Callable[[], Any]) -> Any:
        begin.wait(LIMIT)
        return each()

    with ThreadPoolExecutor(len(work)) as pool:
        return [done.result(LIMIT) for done in [pool.submit(wait_and, each) for each in work]]


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("batch_size", [1, 7, 256])
def test_eight_threads_get_the_serial_answers_of_one_predictor(engine, batch_size):
    trained = fitted()
    predict = trained.predictor(engine, batch_size=batch_size)
    parts = [X[k : k + 1 + k % 9] for k in range(48)]
    ways: tuple[Any, ...] = (
        predict,
        predict.outputs,
        predict.classify,
        trained.predict,
        lambda x: evaluate(trained, Dataset(x, T[: len(x)])),
    )
    serial = [[str(way(part)) if way is ways[-1] else way(part) for part in parts] for way in ways]

    def ask(k: int) -> bool:
        way, right = ways[k % len(ways)], serial[k % len(ways)]
        said = [str(way(part)) if way is ways[-1] else way(part) for part in parts]
        return all(np.array_equal(a, b) for a, b in zip(said, right, strict=True))

    assert all(at_once(*(lambda k=k: ask(k) for k in range(8))))


def test_an_engine_asked_of_two_ws_by_turns_does_not_mix_them_up():
    engine = execute(network(), threads=1)
    w = [engine.layout.pack(network(seed).w) for seed in range(2)]
    right = [engine.outputs(each, X[:5]) for each in w]

    def ask(k: int) -> bool:
        return all(np.array_equal(engine.outputs(w[k], X[:5], unchanged=n % 2 == 1), right[k]) for n in range(40))

    assert all(at_once(lambda: ask(0), lambda: ask(1), lambda: ask(0), lambda: ask(1)))


def test_fits_predictions_evaluations_and_saves_at_once(tmp_path):
    trained = fitted()
    right, score = trained.predict(X[:9]), evaluate(trained, DATA)

    def save_and_load(k: int) -> bool:
        for _ in range(3):
            trained.save(tmp_path / "same.safetensors")
            if not np.array_equal(load(tmp_path / "same.safetensors").w, trained.w):
                return False
        return True

    found = at_once(
        lambda: np.array_equal(fitted().w, EXPECTED),
        lambda: np.array_equal(fitted(threads=1).w, EXPECTED),
        lambda: np.array_equal(fitted(threads=3).w, EXPECTED),
        lambda: all(
            np.array_equal(trained.predictor()(X[:9]), trained.predictor("compiled", 1)(X[:9])) for _ in range(5)
        ),
        lambda: all(np.array_equal(trained.predict(X[:9]), right) for _ in range(20)),
        lambda: all(evaluate(trained, DATA) == score for _ in range(5)),
        lambda: save_and_load(0),
        lambda: save_and_load(1),
    )
    assert found == [True] * 8


def test_who_asks_during_a_fit_finds_the_weights_of_one_moment(tmp_path):
    """An epoch's, or those of before."""
    made, known, done = network(), [], threading.Event()
    allowed = [network().w.copy()]
    for epochs in range(1, 7):
        each = network()
        fit(each, DATA, Training(epochs=epochs, batch_size=64))
        allowed.append(each.w.copy())
    answers = [Network.predict(_with(w), X[:3]) for w in allowed]

    def watch() -> None:
        while not done.is_set():
            made.save(tmp_path / "now.safetensors")
            known.append((made.predict(X[:3]), made.predictor()._w.copy(), load(tmp_path / "now.safetensors").w))

    def train() -> None:
        fit(made, DATA, Training(epochs=6, batch_size=64))
        done.set()

    at_once(train, watch)
    layout = execute(made).layout
    for said, packed, saved in known:
        assert any(np.array_equal(said, each) for each in answers)
        assert any(np.array_equal(layout.unpack(packed), w) for w in allowed)
        assert any(np.array_equal(saved, w) for w in allowed)


def _with(w: np.ndarray) -> Network:
    made = network()
    made.w[:] = w
    return made


def test_two_fits_of_one_network_are_refused():
    made, inside, go_on = network(), threading.Event(), threading.Event()

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
    np.testing.assert_array_equal(made.w, EXPECTED)
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


class Odd(Tanh):
    """A layer without a kernel, whose definition may fail."""

    error: type[BaseException] | None = None

    def forward(self, x: Any, w: Any, context: Any) -> Any:
        if Odd.error is not None and context.training:
            raised, Odd.error = Odd.error, None
            raise raised
        return super().forward(x, w, context)


def odd_network() -> Network:
    return Network([Linear(256), ReLU(), Linear(256), Odd(), Linear(4)], 256)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, MemoryError])
def test_an_error_in_a_layers_python_ends_the_step_and_the_next_one_is_right(error):
    right = odd_network()
    fit(right, DATA, TRAINING, threads=2)
    made, engine = odd_network(), execute(odd_network(), threads=2)
    before = made.w.copy()
    Odd.error = error
    with pytest.raises(error):
        fit(made, DATA, TRAINING, threads=2)
    np.testing.assert_array_equal(made.w, before)
    fit(made, DATA, TRAINING, threads=2)
    np.testing.assert_array_equal(made.w, right.w)
    assert engine is not None


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_error_of_a_listener_leaves_whole_weights(error):
    made = network()

    def fail(event: object) -> None:
        if isinstance(event, BatchEvent) and event.batch == 2:
            raise error

    with pytest.raises(error):
        fit(made, DATA, TRAINING, threads=2, listeners=[fail])
    np.testing.assert_array_equal(made.w, network().w)
    fit(made, DATA, TRAINING, threads=2)
    np.testing.assert_array_equal(made.w, EXPECTED)


def test_a_system_without_threads_to_spare_trains_with_one(monkeypatch):
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    teams._disband()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    try:
        np.testing.assert_array_equal(fitted().w, EXPECTED)
    finally:
        teams._disband()


def test_few_teams_for_many_sizes_of_work():
    engine = Compiled(network(), threads=16)
    assert {engine._size(worth) for worth in range(40)} == {1, 2, 4, 8, 16}


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a system with fork")


def same_as_ever() -> bool:
    return bool(np.array_equal(fitted().w, EXPECTED))


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_other_processes_train_alike(method):
    assert same_as_ever()
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        assert [done.result(LIMIT) for done in [pool.submit(same_as_ever) for _ in range(3)]] == [True] * 3
    assert same_as_ever()


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_workers_of_joblib_train_alike(backend):
    jobs = joblib.Parallel(n_jobs=2, backend=backend, timeout=LIMIT)
    assert jobs(joblib.delayed(same_as_ever)() for _ in range(3)) == [True] * 3


def test_a_search_in_two_processes_finds_what_one_finds():
    grid = {"layers": [(4,), (8,)]}
    one, two = (
        GridSearchCV(cr.NeuralClassifier(max_iter=2, random_state=0), grid, cv=2, n_jobs=n).fit(X, T) for n in (1, 2)
    )
    np.testing.assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def in_a_child(work: Callable[[], bool]) -> bool:
    """Whether it says True in a forked process, which is killed when it hangs."""
    child = os.fork()
    if child == 0:
        done = False
        try:
            done = work()
        finally:
            os._exit(0 if done else 1)
    for _ in range(100 * LIMIT):
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_forked_while_others_train_ask_and_compile():
    made, engine, done = fitted(), execute(network(), threads=2), threading.Event()
    predict, w, gw = made.predictor(), engine.layout.pack(network().w), engine.layout.pack(network().w)
    right, batch = predict(X), cr.Batch(X[:64], T[:64])
    loss = engine.loss_and_gradient(w, batch, gw)

    def keep(work: Callable[[], Any]) -> threading.Thread:
        def again() -> None:
            while not done.wait(0.002):
                work()

        thread = threading.Thread(target=again)
        thread.start()
        return thread

    work = lambda: fitted(threads=1), lambda: predict(X), lambda: engine.loss_and_gradient(w, batch, gw.copy())
    busy = [keep(each) for each in work]
    try:
        for _ in range(2):
            time.sleep(0.01)
            assert in_a_child(lambda: np.array_equal(predict(X), right))
            assert in_a_child(lambda: engine.loss_and_gradient(w, batch, gw) == loss)
            assert in_a_child(same_as_ever)
        assert at_once(lambda: in_a_child(same_as_ever)) == [True]
    finally:
        done.set()
        for thread in busy:
            thread.join(LIMIT)
    assert same_as_ever()


class Forks(Tanh):
    """A layer whose definition forks, as few do."""

    children: list[int]

    def forward(self, x: Any, w: Any, context: Any) -> Any:
        if not Forks.children:
            Forks.children = [os.fork()]
        return super().forward(x, w, context)


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_that_is_forked_within_a_step_does_not_hang():
    Forks.children = []
    made = Network([Linear(256), ReLU(), Linear(256), Forks(), Linear(4)], 256)
    try:
        fit(made, DATA, TRAINING, threads=2)
        ended = "trained"
    except cr.ChainruleError as error:
        ended = str(error)
    if Forks.children == [0]:
        os._exit(7 if "forked within a step" in ended else 8)
    assert ended == "trained"
    assert os.waitstatus_to_exitcode(os.waitpid(Forks.children[0], 0)[1]) == 7


SIGNALS = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a system with timers that signal")


@SIGNALS
def test_a_flood_of_signals_changes_no_bit():
    seen = [0]

    def handle(*_: object) -> None:
        seen[0] += 1

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        assert all(same_as_ever() for _ in range(5))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen[0] > 5


@SIGNALS
def test_a_handler_may_ask_what_it_interrupts():
    """Any lock that the main thread holds is its own."""
    made = fitted()
    predict, said = made.predictor(), []
    right = predict(X[:3])

    def handle(*_: object) -> None:
        said.append(np.array_equal(predict(X[:3]), right) and same_as_ever())

    before = signal.signal(signal.SIGALRM, handle)
    try:
        for k in range(8):
            signal.setitimer(signal.ITIMER_REAL, 0.001 + 0.0007 * k)
            while len(said) <= k:
                assert np.array_equal(predict(X[:3]), right)
                assert same_as_ever()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert all(said)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # in a callback of hypothesis's
@SIGNALS
def test_interrupted_fits_leave_whole_weights_and_can_be_repeated():
    epochs = {network().w.tobytes(), EXPECTED.tobytes()}
    first = network()
    fit(first, DATA, Training(epochs=1, batch_size=64))
    epochs.add(first.w.tobytes())
    interrupted = 0
    for k in range(30):
        made = network()
        signal.setitimer(signal.ITIMER_REAL, 0.0005 + 0.0007 * k)
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            fit(made, DATA, TRAINING, threads=2)
        except KeyboardInterrupt:
            interrupted += 1
        finally:
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert made.w.tobytes() in epochs
    assert interrupted
    assert same_as_ever()


COMPILES = """
import sys, numpy as np, chainrule as cr
x, t = np.eye(8, dtype=np.float32), np.arange(8) % 3
network = cr.Network([cr.Linear(5), cr.Tanh(), cr.Linear(3)], 8, seed=1)
cr.fit(network, cr.Dataset(x, t), cr.Training(epochs=1, batch_size=4), threads=2)
print(network.w.tobytes().hex())
"""


def test_eight_processes_train_at_once_and_save_to_one_place(tmp_path):
    script = COMPILES + f"network.save({str(tmp_path / 'model.safetensors')!r})"
    some = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(8)]
    said = {process.communicate(timeout=LIMIT)[0].strip() for process in some}
    assert [process.returncode for process in some] == [0] * 8
    assert said == {load(tmp_path / "model.safetensors").w.tobytes().hex()}
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_threads_that_read_pictures_leave_the_filters_of_warnings(tmp_path):
    Image.new("L", (9, 9)).save(tmp_path / "picture.png")

    def look(path: Path) -> None:
        with pillow_quiet(), opened_image(path) as image:
            image.load()

    before = list(warnings.filters)
    at_once(*[lambda: [look(tmp_path / "picture.png") for _ in range(40)]] * 4)
    assert warnings.filters == before
