"""Polynomial regression by gradient descent, on data in any units.

    repeat:  w <- w - eta dL(w; D')/dw          of the mean loss of x and t, both scaled to [-1, 1]

`gd`: D' = D. eta and the number of updates follow from the loss's Hessian (`polynomial` has the formulas); where plain
descent would take more than 20,000 updates, with momentum.

`sgd`: D' are mini-batches. At first eta = 1 / (degree + 1): no mini-batch's Hessian has an eigenvalue above
2 max |p_i|^2 = 2 (degree + 1), so none can throw w further from its own lowest point. eta decays to a thousandth of
that, and with it the noise of the updates.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.polynomial import Polynomial

from chainrule.errors import DataError, DivergedError, UsageError
from chainrule.events import BatchEvent, EpochEvent, Event, Listener, StopEvent, StopTraining
from chainrule.optimizers import SGD
from chainrule.polynomial import ScaledProblem
from chainrule.sampling import batch_count
from chainrule.training import Training, minimise

Method = Literal["gd", "sgd"]
METHODS: tuple[str, ...] = get_args(Method)
TOLERANCE = {"gd": 1e-12, "sgd": 1e-4}  # of the gradient's norm
MOST_PLAIN = 20_000  # updates without momentum, by default
MOST_UPDATES = 100_000  # by default
SGD_UPDATES, SGD_TIME = (
    5_000,
    300.0,
)  # at least so many, and so much eta lambda_min of them together: the noise averages
SGD_LAST_LR = 1e-3  # of the first
FINER = 1.02  # the loss is recorded whenever so many times more samples have been seen


@dataclass(frozen=True, eq=False)
class Curve:
    """How the mean squared error over all data fell, in raw units."""

    iterations: np.ndarray  # (points,) updates made, from 0
    samples: np.ndarray  # (points,) samples seen
    loss: np.ndarray  # (points,)

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
    lr: float  # eta at first, scaled
    loss: float  # L(w; D): the sum of squared errors in raw units
    rms: float  # sqrt(L / n)
    iterations: int  # updates made
    samples_seen: int
    converged: bool  # gradient_norm is at most the tolerance
    gradient_norm: float  # of the mean loss, scaled
    condition: float  # kappa of the scaled problem
    message: str | None  # if not converged: why, and what to do
    curve: Curve

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """f_w(x), in x's shape."""
        return self.polynomial(np.asarray(x, np.float64))


def fit_polynomial(
    x: np.ndarray,
    t: np.ndarray,
    degree: int = 2,
    method: str = "gd",
    *,
    lr: float | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    until_converged: bool = False,
    tolerance: float | None = None,
    seed: int = 0,
    listeners: Sequence[Listener] = (),
) -> PolynomialFit:
    """The polynomial nearest, in squares, to t (n,) over x (n,), by descent from the middle of t (w = 0).

    There are `epochs` passes over the data (gd: one update each), by default as many as convergence takes, within
    200,000 updates. `until_converged` ends the run once the gradient's norm is at most `tolerance`, by default 1e-12
    (sgd: 1e-4). `lr` is eta; it and the gradient are of the scaled problem. `batch_size` is for sgd: 10 or n / 100.

    Raises DataError for data that are not finite or have too few different x, UsageError, DivergedError.
    """
    problem = ScaledProblem(x, t, degree)
    tolerance = _tolerance(method, tolerance)
    training = _training(problem, method, lr, epochs, batch_size, tolerance, seed)
    recorder = _Recorder(problem, tolerance if until_converged else None)
    w = _descend(problem, training, [*listeners, recorder])
    polynomial, mean, norm = problem.unscale(w), problem.loss(w), problem.gradient_norm(w)
    return PolynomialFit(
        coefficients=_raw_coefficients(polynomial, degree),
        polynomial=polynomial,
        degree=degree,
        method=method,
        lr=training.optimizer.lr,
        loss=mean * problem.n,
        rms=math.sqrt(mean),
        iterations=recorder.iterations,
        samples_seen=recorder.samples,
        converged=norm <= tolerance,
        gradient_norm=norm,
        condition=problem.condition,
        message=None if norm <= tolerance else _advice(problem, training, recorder.iterations, norm, tolerance),
        curve=recorder.curve(),
    )


def _tolerance(method: str, tolerance: float | None) -> float:
    if method not in METHODS:
        raise UsageError(f"the method is {method!r}; expected gd or sgd")
    if tolerance is None:
        return TOLERANCE[method]
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise UsageError(f"the tolerance is {tolerance}; expected a number above 0")
    return tolerance


def _training(
    problem: ScaledProblem,
    method: str,
    lr: float | None,
    epochs: int | None,
    batch_size: int | None,
    tolerance: float,
    seed: int,
) -> Training:
    """The training asked for; what is None is chosen."""
    if lr is not None and not (math.isfinite(lr) and lr > 0):
        raise UsageError(f"the learning rate is {lr}; expected a number above 0")
    if method == "gd":
        if batch_size is not None:
            raise UsageError(f"the batch size is {batch_size}, but gd updates from all data; expected method sgd")
        optimizer = problem.plain() if lr is None else SGD(lr)
        if lr is None and problem.updates_needed(optimizer, tolerance) > MOST_PLAIN:
            optimizer = problem.heavy_ball()
    else:
        batch_size = max(10, problem.n // 100) if batch_size is None else batch_size
        optimizer = SGD(1 / (problem.degree + 1) if lr is None else lr)
    training = Training(optimizer, batch_size=batch_size, seed=seed)
    if epochs is None:
        epochs = math.ceil(min(_epochs_needed(problem, training, tolerance), _most_epochs(problem, training)))
    decay = SGD_LAST_LR ** (1 / max(epochs, 1)) if method == "sgd" else 1.0
    return replace(training, epochs=epochs, lr_decay=decay)


def _epochs_needed(problem: ScaledProblem, training: Training, tolerance: float) -> float:
    """Passes over the data until convergence; inf if there is none in sight."""
    if training.batch_size is None:
        return problem.updates_needed(training.optimizer, tolerance)
    rate = training.optimizer.lr * problem.lowest
    updates = max(SGD_UPDATES, SGD_TIME / rate if rate else math.inf)
    return updates / batch_count(problem.n, training.batch_size)


def _most_epochs(problem: ScaledProblem, training: Training) -> int:
    return max(1, MOST_UPDATES // batch_count(problem.n, training.batch_size or problem.n))


def _descend(problem: ScaledProblem, training: Training, listeners: Sequence[Listener]) -> np.ndarray:
    """The w, scaled, that training finds from 0. Raises DivergedError if the loss has grown."""
    start = np.zeros(problem.degree + 1)
    certain = problem.largest_lr if training.batch_size is None else 1 / (problem.degree + 1)
    advice = f"the learning rate is {training.optimizer.lr:g}; expected at most {certain:.3g} for these data"
    try:
        w = minimise(problem.objective, problem.data, start, training, listeners).w
    except DivergedError as error:
        what = str(error).partition(";")[0]
        raise DivergedError(f"{what}: {advice}") from None
    before, after = problem.loss(start), problem.loss(w)
    if after > before:
        raise DivergedError(f"the mean squared error rose from {before:.4g} to {after:.4g}: {advice}")
    return w


def _raw_coefficients(polynomial: Polynomial, degree: int) -> np.ndarray:
    """(degree + 1,): the coefficients of 1, x, x^2 ... of raw x."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        raw = polynomial.convert().coef
    if not np.isfinite(raw).all():
        raise DataError("the coefficients are beyond float64; expected x and t in units that make them smaller")
    return np.pad(raw, (0, degree + 1 - len(raw)))  # convert drops highest coefficients that are 0


def _advice(problem: ScaledProblem, training: Training, iterations: int, norm: float, tolerance: float) -> str:
    """Why a fit did not converge, and what to do."""
    result = f"not converged in {iterations:,} updates (gradient norm {norm:.1e}, expected {tolerance:.0e})"
    if _epochs_needed(problem, training, tolerance) > _most_epochs(problem, training):
        return (
            f"{result}: at degree {problem.degree} the condition number is {problem.condition:.1e}, so that the "
            "coefficients are not those of least squares; try a lower degree"
        )
    return f"{result}; try more epochs"


class _Recorder:
    """Listens to a run: counts, records the curve and, given a tolerance, ends the run at convergence."""

    def __init__(self, problem: ScaledProblem, tolerance: float | None) -> None:
        self.problem, self.tolerance = problem, tolerance
        self.iterations = self.samples = 0
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
        return self.tolerance is not None and self.problem.gradient_norm(w) <= self.tolerance

    def record(self, w: np.ndarray) -> None:
        self.points.append((self.iterations, self.samples, self.problem.loss(w)))

    def curve(self) -> Curve:
        iterations, samples, loss = zip(*self.points, strict=True)
        return Curve(np.array(iterations), np.array(samples), np.array(loss))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Methods side by side, each from the same w and over as many samples."""

    fits: dict[str, PolynomialFit]  # by method
    samples: tuple[int, ...]  # seen: 10, 20, 50, 100, ...
    losses: dict[str, tuple[float, ...]]  # by method: the mean squared error over all data after so many samples


def compare(
    x: np.ndarray,
    t: np.ndarray,
    degree: int = 2,
    methods: Sequence[str] = METHODS,
    *,
    lr: float | None = None,
    epochs: int = 40,
    batch_size: int | None = None,
    seed: int = 0,
) -> Comparison:
    """Measure "update sooner rather than later": the loss of all data against the samples seen.

    Arguments and errors are those of `fit_polynomial`.
    """
    fits = {}
    for method in methods:
        size = None if method == "gd" else batch_size
        fits[method] = fit_polynomial(x, t, degree, method, lr=lr, epochs=epochs, batch_size=size, seed=seed)
    samples = _round_numbers(max(1, len(t) // 5), len(t) * epochs)
    return Comparison(fits, samples, {m: tuple(map(fit.curve.loss_at, samples)) for m, fit in fits.items()})


def _round_numbers(low: int, high: int) -> tuple[int, ...]:
    """Those of 1, 2, 5, 10, 20, 50 ... from `low` to `high`."""
    numbers = (digit * 10**k for k in range(len(str(high))) for digit in (1, 2, 5))
    return tuple(number for number in numbers if low <= number <= high)
