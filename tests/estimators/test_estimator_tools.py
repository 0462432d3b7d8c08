"""Estimators inside scikit-learn's other tools, in other processes, with pandas, and with other people's threads."""

import multiprocessing
import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from joblib.externals.loky import get_reusable_executor
from sklearn.base import clone as copied
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

import chainrule as cr
from chainrule.engine.runtime.processors import default_threads
from chainrule.estimators.small import WORTH, small_steps
from sklearn_data import iris

X, Y = iris()
MODELS: list[Any] = [
    cr.NeuralClassifier([8, cr.Tanh()], random_state=0, max_iter=5),
    cr.NeuralRegressor(8, random_state=0, max_iter=5),
    cr.PolynomialRegressor(2),
    cr.MLPClassifier(8, random_state=0, max_iter=5, tol=9, n_iter_no_change=1),
    cr.MLPRegressor(random_state=0, solver="lbfgs", tol=1),
]


def clone(model: Any) -> Any:
    return copied(model)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_a_fitted_estimator_survives_pickle_and_joblib(model, tmp_path):
    fitted = clone(model).fit(X, Y)
    joblib.dump(fitted, tmp_path / "model.joblib")
    for copy in (pickle.loads(pickle.dumps(fitted)), joblib.load(tmp_path / "model.joblib")):
        np.testing.assert_array_equal(copy.predict(X), fitted.predict(X))


def test_what_was_pickled_goes_on_learning_where_it_was():
    model = cr.NeuralClassifier(random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    copy = pickle.loads(pickle.dumps(model))
    for each in (model, copy):
        each.partial_fit(X, Y)
    np.testing.assert_array_equal(copy.network_.w, model.network_.w)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_a_clone_has_the_same_settings_and_is_not_fitted(model):
    copy = clone(clone(model).fit(X, Y))
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "n_features_in_")


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_data_frames_are_taken_and_their_columns_remembered(model):
    frame, labels = pd.DataFrame(X, columns=["a", "b", "c", "d"]), pd.Series(Y)
    fitted = clone(model).fit(frame, labels)
    assert fitted.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(fitted.predict(frame), clone(model).fit(X, Y).predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(frame[["b", "a", "c", "d"]])


def test_it_stands_in_a_pipeline_and_a_search_finds_its_settings():
    steps = make_pipeline(PolynomialFeatures(2), StandardScaler(), cr.NeuralClassifier(random_state=0))
    grid = {"neuralclassifier__layers": [(), (20,)], "neuralclassifier__alpha": [1, 1e4]}
    search = GridSearchCV(steps, grid, cv=3).fit(X, Y)
    assert search.best_params_["neuralclassifier__alpha"] == 1
    assert search.best_score_ > 0.9


def threads_of_a_fit() -> tuple[int, int]:
    """(threads that the engine would take here, those there are after a fit and predict that are worth several)."""
    x = np.random.default_rng(0).normal(size=(400, 100)).astype(np.float32)
    cr.NeuralClassifier(1000, batch_size=400, max_iter=1).fit(x, x[:, 0] > 0).predict(x)
    return default_threads(), sum(thread.name.startswith("chainrule") for thread in threading.enumerate()) + 1


@pytest.mark.heavy
def test_workers_of_joblib_start_no_more_threads_than_their_share():
    get_reusable_executor().shutdown(wait=True)  # of other tests, whose workers have teams already
    share = max(1, (os.cpu_count() or 1) // 2)
    found: Any = joblib.Parallel(n_jobs=2)(joblib.delayed(threads_of_a_fit)() for _ in range(2))
    for allowed, running in found:
        assert running <= allowed <= share


def test_cross_validation_gives_the_same_scores_in_other_processes():
    model = cr.NeuralClassifier(random_state=0, max_iter=10)
    np.testing.assert_array_equal(cross_val_score(model, X, Y, n_jobs=2), cross_val_score(model, X, Y))


def test_a_worker_of_a_pool_takes_one_thread_unless_told_otherwise(monkeypatch):
    assert cr.NeuralClassifier()._threads() is None
    monkeypatch.setattr(multiprocessing, "current_process", lambda: SimpleNamespace(daemon=True))
    assert cr.NeuralClassifier()._threads() == 1
    assert cr.NeuralClassifier(threads=3)._threads() == 3


def test_one_fitted_estimator_answers_several_threads_at_once():
    model = cr.NeuralClassifier(random_state=0, max_iter=5).fit(X.astype(np.float32), Y)
    parts = [X[k : k + 40].astype(np.float32) for k in range(100)]
    expected = [model.predict_proba(part) for part in parts]
    with ThreadPoolExecutor(4) as pool:
        for found, right in zip(pool.map(model.predict_proba, parts), expected, strict=True):
            np.testing.assert_array_equal(found, right)


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_small_steps_take_one_thread_of_blas_and_give_the_others_back():
    small, large = cr.Network([cr.Linear(2)], 5), cr.Network([cr.Linear(WORTH)], 1)
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with small_steps(large, 1):
            assert blas_threads() == before
        with small_steps(small, 10), small_steps(small, 10):
            assert set(blas_threads()) == {1}
        assert blas_threads() == before
