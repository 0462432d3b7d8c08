"""MLPClassifier and MLPRegressor: what scikit-learn's learn, number for number, and what is ours."""

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array, csr_matrix
from sklearn import neural_network as theirs
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

import chainrule as cr
from chainrule.estimators.mlp.descent import Descent
from sklearn_data import diabetes, iris

X, Y = iris()
TWO = X[:100], Y[:100]
LABELS = make_multilabel_classification(120, random_state=0)
REAL = 20 * diabetes()[0], scale(diabetes()[1])
SEVERAL = REAL[0], np.c_[REAL[1], -(REAL[1] ** 2)]
COUNTS = REAL[0][:, :4], np.random.default_rng(0).poisson(3, 442)
WEIGHTS = np.random.default_rng(1).random(150)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def both(data: Any, weight: Any = None, **settings: Any) -> tuple[Any, Any]:
    """Ours and theirs, fitted alike."""
    kind = "MLPRegressor" if np.asarray(data[1]).dtype.kind == "f" or "loss" in settings else "MLPClassifier"
    settings = {"max_iter": 15, "random_state": 3, "hidden_layer_sizes": 20, **settings}
    ours, other = (getattr(room, kind)(**settings).fit(*data, sample_weight=weight) for room in (cr, theirs))
    return ours, other


def agree(ours: Any, other: Any, x: Any, rtol: float = 1e-9) -> None:
    """All that is told is the same but for rounding."""
    for found, right in zip(ours.coefs_ + ours.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_allclose(found, right, rtol=rtol, atol=rtol)
    for name in ("loss_", "loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_"):
        found, right = getattr(ours, name, None), getattr(other, name, None)
        assert (found is None) == (right is None), name
        if found is not None and right is not None:
            np.testing.assert_allclose(found, right, rtol=rtol)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(ours, name) == getattr(other, name), name
    answer = "predict_proba" if hasattr(other, "predict_proba") else "predict"
    np.testing.assert_allclose(getattr(ours, answer)(x), getattr(other, answer)(x), rtol=rtol, atol=rtol)
    assert ours.predict(x).dtype == other.predict(x).dtype
    assert ours.predict(x).shape == other.predict(x).shape


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_each_activation_and_solver(activation, solver):
    ours, other = both((X, Y), activation=activation, solver=solver, alpha=0.1, batch_size=64)
    agree(ours, other, X, 1e-6 if solver == "lbfgs" else 1e-9)


@pytest.mark.parametrize("rate", ["constant", "invscaling", "adaptive"])
@pytest.mark.parametrize("nesterov", [True, False])
def test_each_schedule_of_the_learning_rate(rate, nesterov):
    how = {"learning_rate": rate, "learning_rate_init": 0.05, "power_t": 0.2, "nesterovs_momentum": nesterov}
    agree(*both((X, Y), solver="sgd", tol=1e-2, n_iter_no_change=2, max_iter=60, **how), X)


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        (TWO, {}),
        ((X, np.array(["a", "b", "c"])[Y]), {}),
        (LABELS, {}),
        (LABELS, {"solver": "lbfgs"}),
        (REAL, {"alpha": 1.0}),
        (SEVERAL, {}),
        (COUNTS, {"loss": "poisson"}),
        (TWO, {"early_stopping": True, "batch_size": 20}),
        ((X, Y), {"early_stopping": True, "max_iter": 60}),
        (LABELS, {"early_stopping": True}),
        (REAL, {"early_stopping": True, "n_iter_no_change": 3, "learning_rate_init": 0.01}),
        ((X, Y), {"hidden_layer_sizes": (), "shuffle": False, "batch_size": 40}),
        ((X, Y), {"hidden_layer_sizes": (8, 5), "epsilon": 1e-3, "beta_1": 0.5, "beta_2": 0.9}),
        ((X, Y), {"solver": "sgd", "momentum": 1.0}),
        ((X, Y), {"solver": "sgd", "momentum": 0.0}),
        ((csr_matrix(X), Y), {"batch_size": 40}),
        ((csc_array(X), Y), {"solver": "lbfgs"}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_each_kind_of_target_and_setting(data, settings):
    agree(*both(data, **settings), data[0], 1e-6)


@pytest.mark.parametrize("settings", [{}, {"solver": "lbfgs", "activation": "tanh"}, {"early_stopping": True}])
def test_weights_of_samples(settings):
    agree(*both((X, Y), WEIGHTS, alpha=0.5, batch_size=40, **settings), X, 1e-6)


def test_parts_and_warm_starts_go_on_as_there():
    settings: Any = {"hidden_layer_sizes": 20, "random_state": 0, "warm_start": True, "max_iter": 5, "solver": "sgd"}
    models = [room.MLPClassifier(**settings).fit(X, Y).fit(X, Y) for room in (cr, theirs)]
    for model in models:
        for _ in range(3):
            model.partial_fit(X, Y)
    agree(models[0], models[1], X)
    models = [room.MLPClassifier(20, random_state=0, batch_size=20, alpha=2.0) for room in (cr, theirs)]
    for model in models:
        for k in np.random.default_rng(0).integers(0, 150, (30, 50)):
            model.partial_fit(X[k], Y[k], classes=[0, 1, 2])
    agree(models[0], models[1], X)


@pytest.mark.parametrize("data", [(X, Y), TWO, LABELS, REAL, SEVERAL], ids=["3", "2", "labels", "real", "several"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_float32_is_learned_from_in_float32_and_differs_by_rounding(data, solver):
    x = data[0].astype(np.float32)
    ours, other = both((x, data[1]), solver=solver, batch_size=20)
    assert {w.dtype for w in ours.coefs_ + ours.intercepts_} == {np.dtype(np.float32)}
    agree(ours, other, x, 1e-4)
    answers = ours.predict_proba(x) if hasattr(ours, "predict_proba") else ours.predict(x)
    assert answers.dtype == np.float32


def test_few_updates_many_and_a_sparse_x_are_the_same_in_float32():
    x = X.astype(np.float32)
    model, parts, sparse = (cr.MLPClassifier(20, random_state=0, batch_size=50, max_iter=40) for _ in range(3))
    model.fit(x, Y)
    sparse.fit(csr_array(x), Y)
    np.testing.assert_allclose(sparse.predict_proba(x), model.predict_proba(x), atol=1e-4)
    parts._random_state = np.random.RandomState(0)
    parts.set_params(random_state=parts._random_state, shuffle=False)
    model.set_params(random_state=np.random.RandomState(0), shuffle=False).fit(x, Y)
    for _ in range(40):
        parts.partial_fit(x, Y, classes=[0, 1, 2])
    np.testing.assert_allclose(parts.predict_proba(x), model.predict_proba(x), atol=1e-4)


def test_lbfgs_answers_in_the_type_of_x():
    model = cr.MLPClassifier(solver="lbfgs", random_state=0).fit(X.astype(np.float32), Y)
    assert model.coefs_[0].dtype == np.float32
    assert model.score(X, Y) > 0.95


def test_a_probability_that_is_hardly_there_costs_what_it_does():
    """scikit-learn cuts an error off at -log(eps), 16 in float32."""
    x = 1000 * X.astype(np.float32)
    ours, other = both((x, Y), max_iter=1)
    assert ours.loss_ > other.loss_


def test_what_is_printed(capsys):
    settings: Any = {"verbose": True, "solver": "sgd", "learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 3}
    for early in (False, True):
        printed = []
        for room in (cr, theirs):
            room.MLPClassifier(5, random_state=0, max_iter=12, early_stopping=early, **settings).fit(X, Y)
            printed.append(capsys.readouterr().out)
        assert printed[0] == printed[1]
        assert "Setting learning rate to 0.000200" in printed[0]
    cr.MLPRegressor(random_state=0, solver="lbfgs", verbose=1, max_iter=3).fit(*REAL)
    assert capsys.readouterr().out.splitlines()[2].startswith("Iteration 3, loss = 0.")


@pytest.mark.filterwarnings("error")
def test_an_end_before_it_converged_is_warned_of():
    ends: list[Any] = [{"max_iter": 3}, {"solver": "lbfgs", "max_iter": 3}, {"solver": "lbfgs", "max_fun": 3}]
    for settings in ends:
        with pytest.warns(ConvergenceWarning) as told:
            cr.MLPClassifier(random_state=0, **settings).fit(X, Y)
        assert told[0].filename == __file__
    with pytest.warns(UserWarning, match="batch_size is 500, of 150 samples: all of them"):
        cr.MLPClassifier(batch_size=500, tol=9, n_iter_no_change=1).fit(X, Y)


def test_the_network_is_one_of_ours_and_can_be_saved(tmp_path):
    model = cr.MLPClassifier((8, 6), activation="tanh", max_iter=5).fit(X, Y)
    model.network_.save(tmp_path / "iris.safetensors")
    loaded = cr.load(tmp_path / "iris.safetensors")
    np.testing.assert_allclose(loaded.predict(X), model.predict_proba(X), atol=1e-6)
    regressor = cr.MLPRegressor(max_iter=5).fit(*SEVERAL)
    np.testing.assert_allclose(regressor.network_.predict(SEVERAL[0]), regressor.predict(SEVERAL[0]), atol=1e-12)


def test_a_warm_start_may_begin_to_hold_out_data_or_change_its_solver():
    model: Any = cr.MLPClassifier(20, random_state=0, warm_start=True, solver="lbfgs", max_iter=3).fit(X, Y)
    for settings in ({"solver": "adam"}, {"early_stopping": True}, {"early_stopping": False}):
        model.set_params(**settings).fit(X, Y)
        assert (model.validation_scores_ is None) == (not model.early_stopping)
        assert len(model.loss_curve_) == model.n_iter_ == 3


def test_an_interrupt_ends_it_with_what_was_learned(monkeypatch):
    epoch = Descent.epoch

    def interrupted(self: Descent, order: Any) -> float:
        if self.state.step == 2:
            raise KeyboardInterrupt
        return epoch(self, order)

    monkeypatch.setattr(Descent, "epoch", interrupted)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model = cr.MLPClassifier(20, random_state=0).fit(X, Y)
    monkeypatch.undo()
    np.testing.assert_array_equal(model.coefs_[0], cr.MLPClassifier(20, random_state=0, max_iter=2).fit(X, Y).coefs_[0])


def test_it_stands_in_a_pipeline_and_a_search_finds_its_settings():
    steps = make_pipeline(StandardScaler(), cr.MLPClassifier(random_state=0, solver="lbfgs"))
    search = GridSearchCV(steps, {"mlpclassifier__alpha": [1e-3, 1e4]}, cv=3).fit(X, Y)
    assert search.best_params_["mlpclassifier__alpha"] == 1e-3
    assert search.best_score_ > 0.9


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_layer_sizes": (3, 0)}, r"hidden_layer_sizes must be > 0, got \(3, 0\)"),
        ({"hidden_layer_sizes": "many"}, "hidden_layer_sizes must be > 0, got 'many'; expected whole numbers"),
        ({"activation": "sigmoid"}, "activation is 'sigmoid'; expected one of: identity, logistic, tanh, relu"),
        ({"alpha": -1}, "alpha is -1; expected a number of at least 0"),
        ({"learning_rate_init": 0}, "learning_rate_init is 0; expected a number above 0"),
        ({"learning_rate_init": True}, "learning_rate_init is True; expected a number above 0"),
        ({"batch_size": "all"}, "batch_size is 'all'; expected auto or a whole number of at least 1"),
        ({"momentum": 1.1}, "momentum is 1.1; expected a number of at least 0 and at most 1"),
        ({"beta_1": 1}, "beta_1 is 1; expected a number of at least 0 and below 1"),
        ({"tol": float("nan")}, "tol is nan; expected a number of at least 0"),
        ({"n_iter_no_change": 0.5}, "n_iter_no_change is 0.5; expected inf or a whole number of at least 1"),
        ({"shuffle": 1}, "shuffle is 1; expected True or False"),
    ],
)
def test_a_wrong_setting_is_named(settings, message):
    with pytest.raises(cr.UsageError, match=message):
        cr.MLPClassifier(**settings).fit(X, Y)


def test_what_it_cannot_take_is_refused_clearly():
    with pytest.raises(cr.DataError, match="y has several labels of several values each"):
        cr.MLPClassifier().fit(X, np.c_[Y, Y])
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        cr.MLPClassifier().fit(X, X[:, 0])
    with pytest.raises(ValueError, match=r"(?i)sample weights"):
        cr.MLPClassifier().fit(X, Y, np.zeros(150))
    with pytest.raises(cr.DataError, match="y goes down to -1; expected counts of at least 0"):
        cr.MLPRegressor("poisson").fit(X, Y - 1)
    with pytest.raises(cr.DataError, match=r"there are \[4, 5, 3\] units, but these data and settings need"):
        cr.MLPClassifier(5, warm_start=True, max_iter=1).fit(X, Y).set_params(hidden_layer_sizes=6).fit(X, Y)
    several = cr.MLPRegressor(max_iter=1).fit(*SEVERAL)
    with pytest.raises(cr.DataError, match=r"there are \[10, 100, 2\] units, but these data and settings need"):
        several.partial_fit(*REAL)
    assert several.predict(REAL[0]).shape == (442, 2)
    with pytest.raises(cr.DataError, match=r"`y` has classes not in `self.classes_`: .*; expected some of \[0 1\]"):
        cr.MLPClassifier().partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(AttributeError):
        cr.MLPClassifier(solver="lbfgs").partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.warns(DataConversionWarning, match="column-vector"):
        model = cr.MLPRegressor(max_iter=1).fit(X, Y[:, None])
    model.coefs_[1][3, 0] = np.nan
    with pytest.raises(cr.ModelError, match=r"coefs_\[1\] holds nan; expected finite numbers"):
        model.predict(X)
