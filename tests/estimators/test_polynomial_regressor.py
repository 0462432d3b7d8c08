"""PolynomialRegressor against NumPy's least squares, and the lecture's gradient descent."""

import warnings

import numpy as np
import pytest
from numpy.polynomial import Polynomial
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

import chainrule as cr
from chainrule.data import stopping_distance

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(30, 90, (200, 1))
Y = np.sin(X[:, 0] / 10) + 0.1 * RANDOM.normal(size=200)


def coefficients(model: cr.PolynomialRegressor) -> np.ndarray:
    """w_0, w_1, ... of one feature."""
    return np.array([model.intercept_, *model.coef_[0]])


@pytest.mark.parametrize("degree", [0, 1, 2, 5, 12])
def test_it_finds_the_polynomial_that_numpy_finds(degree):
    expected = Polynomial.fit(X[:, 0], Y, degree)
    model = cr.PolynomialRegressor(degree).fit(X, Y)
    np.testing.assert_allclose(model.predict(X), expected(X[:, 0]), atol=1e-11)
    np.testing.assert_allclose(coefficients(model), expected.convert().coef.real, rtol=1e-5)


@pytest.mark.parametrize("degree", [0, 1, 2, 5])
def test_descent_finds_what_is_exact(degree):
    exact, descent = (cr.PolynomialRegressor(degree, method=method).fit(X, Y) for method in ("exact", "gd"))
    np.testing.assert_allclose(descent.predict(X), exact.predict(X), atol=1e-10)
    assert exact.n_iter_ is None
    assert descent.n_iter_ in range(1, 2000)


def test_it_is_the_lecture_s_regression_on_the_lecture_s_data():
    speed, distance = stopping_distance().values.T
    lecture = cr.fit_polynomial(speed, distance)
    for method in ("exact", "gd"):
        model = cr.PolynomialRegressor(method=method).fit(speed[:, None], distance)
        np.testing.assert_allclose(coefficients(model), lecture.coefficients, rtol=1e-8)


@pytest.mark.parametrize("method", ["exact", "gd"])
def test_several_features_have_their_own_powers_and_no_products(method):
    x, weight = RANDOM.normal(size=(300, 3)) * [1, 10, 0.1] + [0, 50, 7], RANDOM.uniform(0.1, 3, 300)
    y = np.c_[x[:, 0] ** 2 - x[:, 1] + np.sin(9 * x[:, 2]), x[:, 0] * x[:, 1]]
    model = cr.PolynomialRegressor(3, method=method).fit(x, y, sample_weight=weight)
    columns = np.hstack([np.ones((300, 1)), *((x - [0, 50, 7]) ** k / [1, 10**k, 0.1**k] for k in (1, 2, 3))])
    root = np.sqrt(weight)[:, None]
    expected = columns @ np.linalg.lstsq(root * columns, root * y)[0]
    np.testing.assert_allclose(model.predict(x), expected, atol=1e-7)
    assert (model.coef_.shape, model.intercept_.shape) == ((2, 3, 3), (2,))
    by_hand = model.intercept_ + sum((x ** (k + 1)) @ model.coef_[:, :, k].T for k in range(3))
    np.testing.assert_allclose(by_hand, expected, rtol=1e-6, atol=1e-6)


def test_features_that_are_constant_or_too_many_do_no_harm():
    x = np.c_[X, np.full(200, 3.0), X]
    np.testing.assert_allclose(
        cr.PolynomialRegressor(3).fit(x, Y).predict(x), Polynomial.fit(X[:, 0], Y, 3)(X[:, 0]), atol=1e-9
    )
    few = RANDOM.normal(size=(5, 10))
    np.testing.assert_allclose(cr.PolynomialRegressor(2).fit(few, few[:, 0]).predict(few), few[:, 0], atol=1e-9)


def test_it_computes_in_float64_and_answers_in_x_s_type():
    single = X.astype(np.float32)
    p = cr.PolynomialRegressor(5).fit(single, Y).predict(single)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p, Polynomial.fit(single[:, 0].astype(float), Y, 5)(single[:, 0]), atol=1e-6)


def test_a_search_finds_the_degree():
    y = (X[:, 0] - 60) ** 3 + RANDOM.normal(size=200)
    search = GridSearchCV(cr.PolynomialRegressor(), {"degree": [0, 1, 2, 3]}).fit(X, y)
    assert search.best_params_ == {"degree": 3}
    assert search.best_score_ > 0.9999


def test_descent_warns_where_it_does_not_arrive(monkeypatch):
    monkeypatch.setattr("chainrule.estimators.least_squares.MOST_UPDATES", 50)
    with pytest.warns(ConvergenceWarning, match="not converged in 50 updates; try a lower degree, or method 'exact'"):
        cr.PolynomialRegressor(5, method="gd").fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cr.PolynomialRegressor(1, method="gd").fit(X, Y)


def test_what_it_cannot_fit_is_refused():
    for degree in (-1, 1.5, True):
        with pytest.raises(cr.UsageError, match=f"the degree is {degree}; expected a whole number of at least 0"):
            cr.PolynomialRegressor(degree).fit(X, Y)  # type: ignore[arg-type]
    with pytest.raises(cr.DataError, match=r"the powers of X up to the degree, 1,000,000,000,000: .* bytes; expected"):
        cr.PolynomialRegressor(10**12).fit(X, Y)
    with pytest.raises(cr.UsageError, match="the method is 'best'; expected exact or gd"):
        cr.PolynomialRegressor(method="best").fit(X, Y)
    with pytest.raises(ValueError, match=r"zero|all sample weights are 0"):  # scikit-learn's words, or ours
        cr.PolynomialRegressor().fit(X, Y, sample_weight=np.zeros(200))
