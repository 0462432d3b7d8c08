"""Polynomial regression by gradient descent, on data in any units."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial

from chainrule.base.arguments import as_real
from chainrule.base.arrays import as_numbers
from chainrule.base.errors import DataError, DivergedError, UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.showing import brief, one_line
from chainrule.regression.descent import Descent
from chainrule.regression.polynomial import WORST, ScaledProblem, formula
from chainrule.training.descent import minimise
from chainrule.training.events import BatchEvent, EpochEvent, Event, Listener, StopEvent, StopTraining, check_listeners
from chainrule.training.optimizers import Optimizer
from chainrule.training.settings import Training

MOST_CONDITION = {"gd": WORST, "sgd": 1e3}  # of problems that more epochs help with
GROWN = 1.1  # a loss that has grown by this factor tells of divergence, not of noise
FINER = 1.02  # the loss is recorded whenever so many times more samples have been seen


@dataclass(frozen=True, eq=False)
class Curve:
    """The fall of the mean squared error over all data, in t's raw unit squared."""

    iterations: np.ndarray  # (points,) updates made, from 0
    samples: np.ndarray  # (points,) samples seen
    loss: np.ndarray  # (points,)

    __repr__ = brief

    def loss_at(self, samples: int) -> float:
        """The loss when so many samples, or hardly fewer, had been seen."""
        return float(self.loss[np.searchsorted(self.samples, samples, side="right") - 1])


@dataclass(frozen=True, eq=False)
class PolynomialFit:
    """A fitted polynomial. Call it to predict: where x is far from 0, its own scaled form does not cancel."""

    coefficients: np.ndarray  # (degree + 1,) w_0, w_1, ... in raw units
    polynomial: Polynomial  # from raw x to raw t
    degree: int
    method: str
    optimizer: Optimizer  # what made the updates (eta at first, momentum) of the scaled problem
    loss: float  # L(w; D): the sum of squared errors in raw units
    rms: float  # sqrt(L / n)
    iterations: int  # updates made
    samples_seen: int
    converged: bool  # gradient_norm is at most the tolerance
    gradient_norm: float  # of the mean loss, scaled
    condition: float  # kappa of the scaled problem
    message: str | None  # if not converged: why, and what to do
    curve: Curve

    def __repr__(self) -> str:
        text = formula(self.coefficients, "x", "t")
        end = "converged" if self.converged else self.message
        return f"<PolynomialFit by {self.method}: {one_line(text, 400)}; rms error {self.rms:.4g}, {end}>"

    def __call__(self, x: np.ndarray | float) -> np.ndarray:
        """f_w(x), in x's shape."""
        number = as_real(x)
        return self.polynomial(as_numbers(x, "x").astype(np.float64) if number is None else np.float64(number))


def fit_polynomial(
    x: np.ndarray,
    t: np.ndarray,
    degree: int = 2,
    method: str | Descent = "gd",
    *,
    listeners: Sequence[Listener] = (),
    **settings: Any,
) -> PolynomialFit:
    """The polynomial nearest, in squares, to t (n,) over x (n,), by descent from the middle of t (w = 0).

        fit_polynomial(x, t, 2)                              gd, until convergence
        fit_polynomial(x, t, 2, "sgd", epochs=20, seed=1)    settings as of `Descent`, which may be given itself

    `listeners` are told of the run on the scaled problem (`training.events`).
    Raises DataError for data that are not finite or have too few different x, UsageError for a degree that is no whole
    number of at least 0, DivergedError for a learning rate that is too large.
    """
    descent = descent_of(method, settings)
    check_listeners(listeners)
    problem = ScaledProblem(x, t, degree)
    tolerance = descent.tolerance_for(problem)
    training = descent.training_for(problem)
    recorder = _Recorder(problem, tolerance if descent.until_converged else None)
    w = _descend(problem, training, [*listeners, recorder])
    polynomial = problem.unscale(w)
    mean = problem.loss(w)
    norm = problem.gradient_norm(w)
    converged = norm <= tolerance
    return PolynomialFit(
        coefficients=_raw_coefficients(polynomial, problem.degree),
        polynomial=polynomial,
        degree=problem.degree,
        method=descent.method,
        optimizer=training.optimizer,
        loss=mean * problem.n,
        rms=math.sqrt(mean),
        iterations=recorder.iterations,
        samples_seen=recorder.samples,
        converged=converged,
        gradient_norm=norm,
        condition=problem.condition,
        message=None if converged else _advice(problem, descent.method, recorder.iterations, norm, tolerance=tolerance),
        curve=recorder.curve(),
    )


def descent_of(method: str | Descent, settings: Mapping[str, Any]) -> Descent:
    """How to descend, by a method and some of its settings; UsageError for a setting that there is not."""
    names = [each.name for each in fields(Descent) if each.name != "method"]
    unknown = next((name for name in settings if name not in names), None)
    if unknown is not None:
        raise UsageError(f"there is no setting {unknown!r}; {expected_one_of(names, unknown)}")
    return replace(method, **settings) if isinstance(method, Descent) else Descent(method, **settings)


def _descend(problem: ScaledProblem, training: Training, listeners: Sequence[Listener]) -> np.ndarray:
    """The w, scaled, that training finds from 0. Raises DivergedError if the loss grows."""
    start = np.zeros(problem.degree + 1)
    certain = problem.largest_lr if training.batch_size is None else 1 / (problem.degree + 1)
    advice = f"the learning rate is {training.optimizer.lr:g}; expected below {certain:.3g} for these data"
    try:
        w = minimise(problem.objective, problem.data, start, training, listeners=listeners).w
    except DivergedError as error:
        what = str(error).partition(";")[0]
        raise DivergedError(f"{what}: {advice}") from None
    before = problem.loss(start)
    after = problem.loss(w)
    if after > GROWN * before:
        raise DivergedError(f"the mean squared error rose from {before:.4g} to {after:.4g}: {advice}")
    return w


def _raw_coefficients(polynomial: Polynomial, degree: int) -> np.ndarray:
    """(degree + 1,): the coefficients of 1, x, x^2 ... of raw x."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        raw = polynomial.convert().coef
    if not np.isfinite(raw).all():
        raise DataError("the coefficients are beyond float64; expected x and t in units that make them smaller")
    return np.pad(raw, (0, degree + 1 - len(raw)))  # convert drops highest coefficients that are 0


def _advice(problem: ScaledProblem, method: str, iterations: int, norm: float, *, tolerance: float) -> str:
    """Why a fit did not converge, and what to do."""
    result = f"not converged in {iterations:,} updates (gradient norm {norm:.1e}; expected {tolerance:.0e})"
    if problem.condition <= MOST_CONDITION[method]:
        return f"{result}; try more epochs"
    return (
        f"{result}: at degree {problem.degree} the condition number is {problem.condition:.1e}, so that neither "
        "coefficients nor predictions (to 1e-3) are certain; try a lower degree"
    )


class _Recorder:
    """Listens to a run: counts, records the curve and, given a tolerance, ends the run at convergence."""

    def __init__(self, problem: ScaledProblem, tolerance: float | None) -> None:
        self.problem = problem
        self.tolerance = tolerance
        self.iterations = 0
        self.samples = 0
        self.points: list[tuple[int, int, float]] = []
        self.record(np.zeros(problem.degree + 1))

    def __call__(self, event: Event) -> None:
        w = event.progress.w
        if isinstance(event, BatchEvent):
            self.iterations += 1
            self.samples += event.samples
            if self.samples >= FINER * self.points[-1][1]:
                self.record(w)
        elif isinstance(event, StopEvent) and self.samples > self.points[-1][1]:
            self.record(w)
        elif isinstance(event, EpochEvent) and self.converged(w):
            raise StopTraining("converged")

    def converged(self, w: np.ndarray) -> bool:
        """Whether the gradient's norm at w (degree + 1,) is within the tolerance."""
        return self.tolerance is not None and self.problem.gradient_norm(w) <= self.tolerance

    def record(self, w: np.ndarray) -> None:
        """Add a point: the loss at w (degree + 1,)."""
        self.points.append((self.iterations, self.samples, self.problem.loss(w)))

    def curve(self) -> Curve:
        """All points so far."""
        iterations, samples, loss = zip(*self.points, strict=True)
        return Curve(np.array(iterations), np.array(samples), np.array(loss))
