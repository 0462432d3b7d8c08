"""Several processes at once, forked and others: each trains to the bits of one alone, and none waits for ever."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from torture.forks import says_true_in_a_child
from torture.trained import DATA, TRAINING, T, X, fitted, is_right, new_network, right_weights, weights

import chainrule as cr
from at_once import LIMIT, at_once
from chainrule.engine import execute

forks_among_threads = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a system with fork")


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_other_processes_train_alike(method):
    right = right_weights()
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        assert [done.result(LIMIT) for done in [pool.submit(weights) for _ in range(3)]] == [right] * 3
    assert weights() == right


@pytest.mark.parametrize("backend", ["loky", pytest.param("multiprocessing", marks=pytest.mark.heavy), "threading"])
def test_workers_of_joblib_train_alike(backend):
    jobs = joblib.Parallel(n_jobs=2, backend=backend, timeout=LIMIT)
    assert jobs(joblib.delayed(weights)() for _ in range(3)) == [right_weights()] * 3


@pytest.mark.heavy
def test_a_search_in_two_processes_finds_what_one_finds():
    grid = {"layers": [(4,), (8,)]}
    one, two = (
        GridSearchCV(cr.NeuralClassifier(max_iter=2, random_state=0), grid, cv=2, n_jobs=n).fit(X, T) for n in (1, 2)
    )
    np.testing.assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


@needs_fork
@forks_among_threads
def test_a_child_forked_while_others_train_ask_and_compile():
    right_weights()  # so that children have them, too
    engine, done = execute(new_network(), threads=2), threading.Event()
    predict, w, batch = fitted().predictor(), engine.layout.pack(new_network().w), cr.Batch(X[:64], T[:64])
    answer, loss = predict(X), engine.loss_and_gradient(w, batch, w.copy())

    def keep(work: Callable[[], Any]) -> threading.Thread:
        def again() -> None:
            while not done.wait(0.002):
                work()

        thread = threading.Thread(target=again)
        thread.start()
        return thread

    def trains() -> bool:
        return is_right(fitted())

    def asks() -> bool:
        return np.array_equal(predict(X), answer)

    def differentiates() -> bool:
        return engine.loss_and_gradient(w, batch, w.copy()) == loss

    busy = [keep(each) for each in (lambda: fitted(threads=1), asks, differentiates)]
    try:
        for _ in range(2):
            time.sleep(0.01)
            assert [says_true_in_a_child(each) for each in (asks, differentiates, trains)] == [True] * 3
        assert at_once(lambda: says_true_in_a_child(trains)) == [True]
    finally:
        done.set()
        for thread in busy:
            thread.join(LIMIT)
    assert trains()


class Forks(cr.Tanh):
    """A layer whose definition forks, as few do."""

    children: list[int]

    def forward(self, x: Any, w: Any, context: Any) -> Any:
        if not Forks.children:
            Forks.children = [os.fork()]
        return super().forward(x, w, context)


@needs_fork
@forks_among_threads
def test_a_child_that_is_forked_within_a_step_does_not_hang():
    Forks.children = []
    made = cr.Network([cr.Linear(256), cr.ReLU(), cr.Linear(256), Forks(), cr.Linear(4)], 256)
    try:
        cr.fit(made, DATA, TRAINING, threads=2)
        ended = "trained"
    except cr.ChainruleError as error:
        ended = str(error)
    if Forks.children == [0]:
        os._exit(7 if "forked within a step" in ended else 8)
    assert ended == "trained"
    assert os.waitstatus_to_exitcode(os.waitpid(Forks.children[0], 0)[1]) == 7


TRAINS = """
import sys, numpy as np, chainrule as cr
x, t = np.eye(8, dtype=np.float32), np.arange(8) % 3
network = cr.Network([cr.Linear(5), cr.Tanh(), cr.Linear(3)], 8, seed=1)
cr.fit(network, cr.Dataset(x, t), cr.Training(epochs=1, batch_size=4), threads=2)
print(network.w.tobytes().hex())
network.save(sys.argv[1])
"""


@pytest.mark.heavy
def test_eight_processes_train_at_once_and_save_to_one_place(tmp_path):
    line = [sys.executable, "-c", TRAINS, str(tmp_path / "model.safetensors")]
    some = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    said = {process.communicate(timeout=LIMIT)[0].strip() for process in some}
    assert [process.returncode for process in some] == [0] * 8
    assert said == {cr.load(tmp_path / "model.safetensors").w.tobytes().hex()}
    assert os.listdir(tmp_path) == ["model.safetensors"]
