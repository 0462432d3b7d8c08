"""NeuralRegressor: what it learns, and in which units it answers."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_score

import chainrule as cr
from sklearn_data import diabetes

X, Y = diabetes()


def test_it_learns_with_its_default_settings():
    assert cross_val_score(cr.NeuralRegressor(random_state=0), X, Y).mean() > 0.4
    x = np.linspace(-3, 3, 600)[:, None]
    assert cr.NeuralRegressor(random_state=0).fit(x, np.sin(x[:, 0])).score(x, np.sin(x[:, 0])) > 0.95


def test_units_do_not_matter():
    model = cr.NeuralRegressor(random_state=0, max_iter=20).fit(X, Y)
    other = cr.NeuralRegressor(random_state=0, max_iter=20).fit(1e6 * X + 5e6, 1e-9 * Y - 3)
    np.testing.assert_allclose(other.predict(1e6 * X + 5e6), 1e-9 * model.predict(X) - 3, rtol=1e-10)
    np.testing.assert_allclose(other.loss_curve_, model.loss_curve_, rtol=1e-3)


def test_the_fitted_network_answers_alone_in_raw_units():
    model = cr.NeuralRegressor(random_state=0).fit(X, Y)
    np.testing.assert_allclose(model.network_.predict(X)[:, 0], model.predict(X), rtol=1e-12)


def test_predictions_have_the_shape_and_type_of_what_was_fitted():
    for y, shape in ((Y, (442,)), (Y[:, None], (442, 1)), (np.c_[Y, -Y, X[:, 2]], (442, 3))):
        for dtype in (np.float32, np.float64):
            p = cr.NeuralRegressor(random_state=0, max_iter=2).fit(X.astype(dtype), y).predict(X.astype(dtype))
            assert (p.shape, p.dtype) == (shape, dtype)


def test_several_targets_are_learnt_together_whatever_their_units():
    y = np.c_[Y, 1e-6 * X[:, 2] + 1, 1e6 * X[:, 3]]
    p = cr.NeuralRegressor(random_state=0).fit(X, y).predict(X)
    assert np.all(r2_score(y, p, multioutput="raw_values") > np.array([0.5, 0.9, 0.9]))


def test_a_sample_s_weight_counts_like_so_many_of_it():
    counts = np.random.default_rng(0).integers(0, 4, len(Y))
    weighted = cr.NeuralRegressor(random_state=0, batch_size=2000).fit(X, Y, sample_weight=counts)
    repeated = cr.NeuralRegressor(random_state=0, batch_size=2000).fit(X.repeat(counts, axis=0), Y.repeat(counts))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6)


def test_early_stopping_gives_back_the_weights_of_the_best_r2():
    model: Any = cr.NeuralRegressor(random_state=0, early_stopping=True, n_iter_no_change=3).fit(X, Y)
    assert model.n_iter_ == len(model.validation_scores_) < 50
    assert model.best_validation_score_ == max(model.validation_scores_) > model.validation_scores_[-1]
    _, held_out = model._split(cr.Dataset(X, Y))
    assert model.score(held_out.x, held_out.t) == pytest.approx(model.best_validation_score_, rel=1e-9)


def test_a_target_that_never_changes_is_learnt_and_has_no_score():
    model: Any = cr.NeuralRegressor(random_state=0, early_stopping=True).fit(X, np.full(len(Y), 7.0))
    np.testing.assert_allclose(model.predict(X), 7, atol=0.2)
    assert np.isnan(model.validation_scores_).all()
    assert model.best_validation_score_ is None


def test_a_part_held_out_of_one_sample_is_refused():
    with pytest.raises(cr.DataError, match="of 10 samples, which holds out 1; expected at least 2 held out, and 2 to"):
        cr.NeuralRegressor(early_stopping=True).fit(X[:10], Y[:10])


def test_other_targets_than_before_are_refused():
    model = cr.NeuralRegressor(random_state=0, max_iter=2, warm_start=True).fit(X, np.c_[Y, Y, -Y])
    for learn in (model.fit, model.partial_fit):
        with pytest.raises(cr.DataError, match="y has 1 targets a sample; expected 3, as before"):
            learn(X, Y)


def test_weights_mean_the_same_at_any_scale():
    weight = np.random.default_rng(0).random(len(Y))
    models = [cr.NeuralRegressor(random_state=0, max_iter=20).fit(X, Y, c * weight) for c in (1, 1e-9, 1e9)]
    for other in models[1:]:
        np.testing.assert_allclose(other.predict(X), models[0].predict(X), rtol=1e-6)


def test_parts_of_the_data_are_learnt_one_after_the_other():
    model, rows = cr.NeuralRegressor(random_state=0), np.random.default_rng(0).permutation(len(Y))
    for _ in range(10):
        for part in np.array_split(rows, 20):
            model.partial_fit(X[part], Y[part])
    assert model.score(X, Y) > 0.45
    assert len(model.loss_curve_) == 200


WILD = np.where(np.arange(len(Y)) % 15 == 0, 50 * Y, Y)
ROBUST = ["huber", "absolute_error", cr.Huber(0.5), cr.AbsoluteError()]


@pytest.mark.parametrize("loss", [cr.Huber(0.02), "absolute_error"], ids=str)
def test_wild_targets_move_a_robust_loss_less(loss):
    tame = np.arange(len(Y)) % 15 > 0
    model, squared = (cr.NeuralRegressor(random_state=0, loss=each).fit(X, WILD) for each in (loss, "squared_error"))
    assert model.score(X[tame], Y[tame]) > 0.35 > squared.score(X[tame], Y[tame])


@pytest.mark.parametrize("loss", ROBUST, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_of_another_loss_has_its_units_and_predicts_in_the_target_s(loss, dtype):
    y = np.c_[Y, 1e-6 * X[:, 2] + 1, 1e6 * X[:, 3]]
    model: Any = cr.NeuralRegressor(random_state=0, loss=loss, max_iter=3).fit(X.astype(dtype), y)
    predicted = model.predict(X.astype(dtype))
    assert (predicted.shape, predicted.dtype) == (y.shape, dtype)
    np.testing.assert_allclose(model.network_.predict(X), predicted, rtol=1e-4)
    seen = cr.evaluate(model.network_, cr.Dataset(X.astype(dtype), y))
    assert 0 < seen.loss < 1.5 * model.loss_
    assert seen.loss > 0.5 * model.loss_


def test_early_stopping_of_another_loss_looks_at_that_loss_and_scores_are_r2():
    model: Any = cr.NeuralRegressor(random_state=0, loss="huber", early_stopping=True, n_iter_no_change=3).fit(X, Y)
    _, held_out = model._split(cr.Dataset(X, Y))
    assert any(model.score(held_out.x, held_out.t) == pytest.approx(each) for each in model.validation_scores_)


def test_a_loss_that_is_changed_holds_from_then_on():
    model: Any = cr.NeuralRegressor(random_state=0, warm_start=True, max_iter=2).fit(X, Y)
    assert model.set_params(loss="huber").fit(X, Y).network_.loss.delta == 1
    assert isinstance(model.set_params(loss="absolute_error").partial_fit(X, Y).network_.loss, cr.AbsoluteError)


@pytest.mark.parametrize("wrong", ["mse", None, cr.NLL(), cr.Huber(mean=3.0), cr.Huber, ["huber"]], ids=str)
def test_what_is_no_loss_is_refused(wrong):
    with pytest.raises(
        cr.UsageError, match=r"loss is .*; expected squared_error, huber, absolute_error or one without"
    ):
        cr.NeuralRegressor(loss=wrong).fit(X, Y)
