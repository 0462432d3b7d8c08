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
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.polynomial import Polynomial

from chainrule.base.errors import DataError, DivergedError, UsageError
from chainrule.base.numbers import whole_number
from chainrule.regression.polynomial import WORST, ScaledProblem
from chainrule.training.descent import Training, minimise
from chainrule.training.events import BatchEvent, EpochEvent, Event, Listener, StopEvent, StopTraining
from chainrule.training.optimizers import SGD, Optimizer
from chainrule.training.sampling import batch_count

Method = Literal["gd", "sgd"]
METHODS: tuple[str, ...] = get_args(Method)
GD_TOLERANCE, SGD_TOLERANCE = 1e-12, 1e-4  # of the gradient's norm
MOST_PLAIN, MOST_UPDATES = 20_000, 100_000  # updates without momentum; updates at all (by default)
MOST_CONDITION = {"gd": WORST, "sgd": 1e3}  # of problems that more epochs help with
SGD_UPDATES = 5_000  # at least so many by default, and so many more ...
SGD_TIME = 300.0  # ... that eta lambda_min of them add up to this: enough for the noise to average out
SGD_LAST_LR = 1e-3  # of the first
COMPARED_EPOCHS = 40
GROWN = 1.1  # a loss that has grown by this factor tells of divergence, not of noise
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

    def __call__(self, x: np.ndarray | float) -> np.ndarray:
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
    100,000 updates. `until_converged` ends the run as soon as the gradient's norm is at most `tolerance`: by default
    1e-12 (sgd: 1e-4), or what float64 can resolve where kappa is large. `lr` is eta; it and the gradient are of the
    scaled problem. `batch_size`, of sgd's mini-batches, is 10 or n / 100 by default.

    Raises DataError for data that are not finite or have too few different x, UsageError, DivergedError.
    """
    _check(method, lr, batch_size, tolerance)
    problem = ScaledProblem(x, t, degree)
    if method == "gd":
        tolerance = tolerance or max(GD_TOLERANCE, 3e-14 * math.sqrt(min(problem.condition, WORST)))
        training = _gd(problem, lr, epochs, tolerance)
    else:
        tolerance = tolerance or SGD_TOLERANCE
        training = _sgd(problem, lr, epochs, batch_size, seed)
    recorder = _Recorder(problem, tolerance if until_converged else None)
    w = _descend(problem, training, [*listeners, recorder])
    polynomial, mean, norm = problem.unscale(w), problem.loss(w), problem.gradient_norm(w)
    return PolynomialFit(
        coefficients=_raw_coefficients(polynomial, degree),
        polynomial=polynomial,
        degree=degree,
        method=method,
        optimizer=training.optimizer,
        loss=mean * problem.n,
        rms=math.sqrt(mean),
        iterations=recorder.iterations,
        samples_seen=recorder.samples,
        converged=norm <= tolerance,
        gradient_norm=norm,
        condition=problem.condition,
        message=None if norm <= tolerance else _advice(problem, method, recorder.iterations, norm, tolerance),
        curve=recorder.curve(),
    )


def _check(method: str, lr: float | None, batch_size: int | None, tolerance: float | None) -> None:
    if method not in METHODS:
        raise UsageError(f"the method is {method!r}; expected gd or sgd")
    if method == "gd" and batch_size is not None:
        raise UsageError(f"the batch size is {batch_size}, but gd takes all data for an update; expected method sgd")
    if batch_size is not None:
        whole_number("the batch size", batch_size, 1)
    for name, value in (("learning rate", lr), ("tolerance", tolerance)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise UsageError(f"the {name} is {value}; expected a number above 0")


def _gd(problem: ScaledProblem, lr: float | None, epochs: int | None, tolerance: float) -> Training:
    """Plain descent; with momentum where that takes too long, unless there is no time for momentum to pay."""
    optimizer = problem.plain() if lr is None else SGD(lr)
    needed = problem.updates_needed(optimizer, tolerance)
    if lr is None and needed > MOST_PLAIN:
        faster = problem.heavy_ball()
        enough = problem.updates_needed(faster, tolerance)
        if epochs is None or epochs >= enough:
            optimizer, needed = faster, enough
    return Training(optimizer, math.ceil(min(needed, MOST_UPDATES)) if epochs is None else epochs, batch_size=None)


def _sgd(problem: ScaledProblem, lr: float | None, epochs: int | None, batch_size: int | None, seed: int) -> Training:
    """Mini-batches, and an eta that decays."""
    optimizer = SGD(1 / (problem.degree + 1) if lr is None else lr)
    batch_size = max(10, problem.n // 100) if batch_size is None else batch_size
    if epochs is None:
        slowest = optimizer.lr * problem.lowest
        updates = max(SGD_UPDATES, SGD_TIME / slowest if slowest else math.inf)
        epochs = math.ceil(min(updates, MOST_UPDATES) / batch_count(problem.n, batch_size))
    return Training(optimizer, epochs, batch_size, lr_decay=SGD_LAST_LR ** (1 / max(epochs, 1)), seed=seed)


def _descend(problem: ScaledProblem, training: Training, listeners: Sequence[Listener]) -> np.ndarray:
    """The w, scaled, that training finds from 0. Raises DivergedError if the loss grows."""
    start = np.zeros(problem.degree + 1)
    certain = problem.largest_lr if training.batch_size is None else 1 / (problem.degree + 1)
    advice = f"the learning rate is {training.optimizer.lr:g}; expected below {certain:.3g} for these data"
    try:
        w = minimise(problem.objective, problem.data, start, training, listeners).w
    except DivergedError as error:
        what = str(error).partition(";")[0]
        raise DivergedError(f"{what}: {advice}") from None
    before, after = problem.loss(start), problem.loss(w)
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


def _advice(problem: ScaledProblem, method: str, iterations: int, norm: float, tolerance: float) -> str:
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
    epochs: int = COMPARED_EPOCHS,
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
