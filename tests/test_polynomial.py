"""Polynomial regression against numpy.polynomial: any degree, any units, gd and sgd."""

import math

import numpy as np
import pytest
from numpy.polynomial import Polynomial

from chainrule.base.errors import DataError, DivergedError, UsageError
from chainrule.checks.gradients import gradient_check
from chainrule.data import stopping_distance
from chainrule.regression.comparison import compare
from chainrule.regression.descent import Descent
from chainrule.regression.fitting import fit_polynomial
from chainrule.regression.polynomial import PolynomialObjective, ScaledProblem, formula, polynomial
from chainrule.training.events import BatchEvent
from chainrule.training.objective import Batch
from messages import exactly

X, T = stopping_distance().values.T  # miles per hour, feet


def least_squares(x, t, degree) -> Polynomial:
    return Polynomial.fit(x, t, degree)


def raw(fitted: Polynomial) -> np.ndarray:
    """Its coefficients in raw units."""
    return np.asarray(fitted.convert().coef, np.float64)


def noisy(x, degree, seed=0):
    """Values of a random polynomial over x, with noise."""
    rng = np.random.default_rng(seed)
    u = (x - x.mean()) / (x.max() - x.min())
    return 1000 * polynomial(rng.normal(size=degree + 1), u) + rng.normal(0, 100, len(x))


def test_polynomial_is_its_formula():
    w, x = np.array([3.0, -2.0, 0.5]), np.array([-1.0, 0.0, 4.0])
    np.testing.assert_allclose(polynomial(w, x), w[2] * x**2 + w[1] * x + w[0])


def test_loss_is_the_sum_of_squared_errors():
    x, t = np.array([1.0, 2.0]), np.array([5.0, 3.0])
    w = np.array([1.0, 1.0])  # f(x) = 1 + x is 2 and 3
    batch, weighted = Batch(x, t), Batch(x, t, np.array([2.0, 1.0]))
    out = np.empty(2)
    assert PolynomialObjective(1).loss(w, batch) == 9
    assert PolynomialObjective(1).loss(w, weighted) == 18
    assert PolynomialObjective(1).loss_and_gradient(w, weighted, out) == 18
    np.testing.assert_array_equal(out, [-12, -12])


@pytest.mark.parametrize("degree", [0, 1, 2, 5])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_against_the_loss(degree, weighted):
    rng = np.random.default_rng(degree)
    weight = rng.uniform(0, 2, 20) if weighted else None
    batch = Batch(rng.uniform(-1, 1, 20), rng.normal(size=20), weight)
    assert gradient_check(PolynomialObjective(degree), rng.normal(size=degree + 1), batch).passed


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_gd_reaches_least_squares_on_the_embedded_data(degree):
    fit = fit_polynomial(X, T, degree)
    np.testing.assert_allclose(fit.coefficients, raw(least_squares(X, T, degree)), rtol=1e-6)
    assert fit.converged
    assert fit.message is None


INPUTS = {
    "uniform": lambda rng: rng.uniform(-3, 9, 100),
    "normal": lambda rng: rng.normal(5, 2, 300),
    "exponential": lambda rng: rng.exponential(size=200),
    "lognormal": lambda rng: rng.lognormal(size=200),
    "far": lambda rng: 1e6 + rng.uniform(0, 50, 80),
    "far and even": lambda rng: np.linspace(1e6, 1e6 + 50, 51),
    "tiny": lambda rng: rng.uniform(0, 1e-4, 60),
    "few": lambda rng: np.arange(6.0),
}


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
@pytest.mark.parametrize("inputs", INPUTS)
def test_gd_reaches_least_squares_in_any_units(inputs, degree):
    x = INPUTS[inputs](np.random.default_rng(degree))
    t = noisy(x, degree)
    fit = fit_polynomial(x, t, degree)
    np.testing.assert_allclose(fit.coefficients, raw(least_squares(x, t, degree)), rtol=1e-6)
    np.testing.assert_allclose(fit(x), least_squares(x, t, degree)(x), rtol=0, atol=1e-9 * np.ptp(t))


@pytest.mark.parametrize("degree", [5, 7, *(pytest.param(degree, marks=pytest.mark.heavy) for degree in (9, 15))])
def test_gd_of_a_high_degree_predicts_or_says_why_not(degree):
    fit = fit_polynomial(X, T, degree)
    if fit.converged:
        assert abs(fit(X) - least_squares(X, T, degree)(X)).max() < 1e-3 * np.ptp(T)
    else:
        assert f"at degree {degree} the condition number is" in (fit.message or "")
    assert fit.converged == (degree < 15)


def test_the_fit_reports_itself():
    fit = fit_polynomial(X, T)
    errors = fit(X) - T
    assert fit.loss == pytest.approx((errors**2).sum())
    assert fit.rms == pytest.approx(math.sqrt((errors**2).mean()))
    assert fit.samples_seen == 50 * fit.iterations
    assert fit(16.0) == pytest.approx(polynomial(fit.coefficients, np.array([16.0]))[0])
    assert (fit.curve.iterations[0], fit.curve.iterations[-1]) == (0, fit.iterations)
    assert fit.curve.loss[-1] * 50 == pytest.approx(fit.loss)
    assert (np.diff(fit.curve.loss) <= 1e-9).all()


def test_a_curve_stays_short_in_a_long_run():
    fit = fit_polynomial(X, T, 4)
    assert fit.iterations > 5000
    assert len(fit.curve.loss) < 400


@pytest.mark.parametrize("seed", range(8))
def test_sgd_comes_within_5_percent(seed):
    fit = fit_polynomial(X, T, 2, "sgd", seed=seed)
    np.testing.assert_allclose(fit.coefficients, raw(least_squares(X, T, 2)), rtol=0.05)
    assert fit.converged


def test_sgd_is_a_function_of_its_seed():
    first, again, other = (fit_polynomial(X, T, 2, Descent("sgd", epochs=20, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.coefficients, again.coefficients)
    assert (first.coefficients != other.coefficients).all()


def test_settings_are_given_by_name_or_in_a_descent_or_both():
    by_name = fit_polynomial(X, T, 2, "sgd", epochs=9, seed=1)
    given = fit_polynomial(X, T, 2, Descent("sgd", epochs=9, seed=1))
    both = fit_polynomial(X, T, 2, Descent("sgd", epochs=9), seed=1)
    np.testing.assert_array_equal(given.coefficients, by_name.coefficients)
    np.testing.assert_array_equal(both.coefficients, by_name.coefficients)


def test_until_converged_stops_at_the_gradients_norm():
    default = fit_polynomial(X, T)
    for tolerance in (1e-3, 1e-6, 1e-9):
        fit = fit_polynomial(X, T, 2, Descent(until_converged=True, tolerance=tolerance))
        before = fit_polynomial(X, T, 2, Descent(epochs=fit.iterations - 1, tolerance=tolerance))
        assert fit.gradient_norm <= tolerance < before.gradient_norm
        assert fit.iterations < default.iterations
        assert fit.converged
        assert not before.converged
    sgd = fit_polynomial(X, T, 2, Descent("sgd", until_converged=True, tolerance=1e-2))
    assert sgd.gradient_norm <= 1e-2
    assert sgd.iterations < 1000


def test_too_few_epochs_are_told():
    fit = fit_polynomial(X, T, 2, Descent(epochs=5))
    assert fit.iterations == 5
    assert fit.message == "not converged in 5 updates (gradient norm 5.1e-02; expected 1e-12); try more epochs"


def test_listeners_hear_of_every_update():
    events = []
    fit = fit_polynomial(X, T, 2, Descent("sgd", epochs=3, batch_size=20), listeners=[events.append])
    assert sum(isinstance(event, BatchEvent) for event in events) == fit.iterations == 9


def test_sgd_is_ahead_at_first():
    """The lecture: update sooner rather than later."""
    for seed in range(5):
        compared = compare(X, T, seed=seed)
        gd, sgd = (dict(zip(compared.samples, losses, strict=True)) for losses in compared.losses.values())
        assert all(sgd[samples] < 0.8 * gd[samples] for samples in (10, 20, 50, 100))
        assert gd[10] == pytest.approx(975.5)  # no update yet
        assert gd[2000] < sgd[2000] < 1.01 * gd[2000]  # at the end, noise remains


def test_a_comparison_gives_all_methods_the_same():
    compared = compare(X, T, 3, ["sgd", "gd"], epochs=10, batch_size=5)
    assert list(compared.losses) == ["sgd", "gd"]
    assert {fit.samples_seen for fit in compared.fits.values()} == {500}
    assert len({fit.curve.loss[0] for fit in compared.fits.values()}) == 1
    assert compared.samples == (10, 20, 50, 100, 200, 500)
    assert [fit.iterations for fit in compared.fits.values()] == [100, 10]


def test_constant_values_need_no_update():
    fit = fit_polynomial(np.arange(5.0), np.full(5, 7.0))
    np.testing.assert_array_equal(fit.coefficients, [7, 0, 0])
    assert fit.converged
    assert fit.iterations == 0


def test_degree_0_is_the_mean():
    assert fit_polynomial(np.arange(4.0), np.array([1.0, 2.0, 2.0, 7.0]), 0).coefficients == pytest.approx([3])


@pytest.mark.parametrize(
    ("x", "t", "degree", "message"),
    [
        ([5, 5, 5], [1, 2, 3], 2, "x has only 5; expected at least 3 different values for degree 2"),
        ([1, 2, 2], [1, 2, 3], 2, "x has 2 different values; expected at least 3 different values for degree 2"),
        ([], [], 2, "x has no value; expected at least 3 different values for degree 2"),
        ([1, 2, 3], [1, 2], 2, "3 inputs but 2 true values; expected as many"),
        ([1, math.nan, 3], [1, 2, 3], 1, "x[1] holds nan; expected finite numbers"),
        ([1, 2, 3], [1, 2, math.inf], 1, "t[2] holds inf; expected finite numbers"),
        ([1, 2, 3], [1, 2, 1e200], 1, "t goes up to 1e+200; expected numbers up to 1e+150"),
        ([[1], [2]], [1, 2], 1, "x has shape (2, 1) and t (2,); expected one number of each for every sample"),
        (
            np.linspace(0, 1e-120, 9),
            np.linspace(0, 1, 9) ** 3,
            3,
            "the coefficients are beyond float64; expected x and t in units that make them smaller",
        ),
    ],
)
def test_bad_data_are_refused(x, t, degree, message):
    with pytest.raises(DataError, match=exactly(message)):
        fit_polynomial(np.array(x, float), np.array(t, float), degree)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "adam"}, "the method is 'adam'; expected one of: gd, sgd"),
        ({"lr": 0.0}, "the learning rate is 0.0; expected a number above 0"),
        ({"lr": math.nan}, "the learning rate is nan; expected a number above 0"),
        ({"tolerance": -1.0}, "the tolerance is -1.0; expected a number above 0"),
        ({"batch_size": 5}, "the batch size is 5, but gd takes all data for an update; expected method sgd"),
        ({"method": "sgd", "batch_size": 0}, "the batch size is 0; expected a whole number of at least 1"),
        ({"epochs": -1}, "epochs is -1; expected a whole number of at least 0"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(UsageError, match=exactly(message)):
        fit_polynomial(X, T, 2, Descent(**arguments))


@pytest.mark.parametrize("degree", [-1, 1.5])
def test_a_degree_is_a_whole_number(degree):
    message = f"the degree is {degree}; expected a whole number of at least 0"
    with pytest.raises(UsageError, match=exactly(message)):
        fit_polynomial(X, T, degree)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lr": 3.0}, "the learning rate is 3; expected below 0.924 for these data"),
        ({"lr": 0.95, "epochs": 20}, "the mean squared error rose from 975.5 to 2644: the learning rate is 0.95"),
        ({"lr": 5.0, "method": "sgd"}, "the learning rate is 5; expected below 0.333 for these data"),
    ],
)
def test_divergence_is_told(arguments, message):
    with pytest.raises(DivergedError, match=message):
        fit_polynomial(X, T, 2, Descent(**arguments))


def test_the_largest_learning_rate_is_the_limit():
    limit = ScaledProblem(X, T, 2).largest_lr
    assert fit_polynomial(X, T, 2, Descent(lr=0.98 * limit)).converged
    with pytest.raises(DivergedError):
        fit_polynomial(X, T, 2, Descent(lr=1.02 * limit))


def test_formula():
    w = np.array([2.470138, 0.913288, 0.0999593])
    assert formula(w, "v", "distance") == "distance = 2.47014 + 0.91329 v + 0.09996 v^2"
    assert formula(np.array([-1e8, -1e-9, 0.0])) == "t = -1e+08 - 1e-09 x + 0 x^2"
