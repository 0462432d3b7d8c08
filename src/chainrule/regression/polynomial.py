"""A polynomial of any degree as a model f_w, and its squared error: the lecture's first example.

    f_w(x) = w_2 x^2 + w_1 x + w_0                     in general  sum_k w_k x^k
    err(y, t) = (y - t)^2
    L(w; D) = sum_i (f_w(x_i) - t_i)^2
    dL/dw = sum_i 2 (f_w(x_i) - t_i) (1  x_i  x_i^2)

f_w is linear in w, however curved it is in x: L is a bowl with one lowest point, and this is a *linear* regression.

How long is a step w <- w - eta dL/dw to be? With p_i = (1  x_i  x_i^2 ...), the Hessian of the mean loss is
H = 2 mean(p_i p_i^T), the same at every w. An update multiplies the distance to the lowest point, along an eigenvector
of H, by 1 - eta lambda. So descent is certain for eta < 2 / lambda_max, and with

    eta = 1.5 / lambda_max

the steepest direction keeps -0.5 of its distance and the flattest 1 - 1.5 / kappa, where the condition number
kappa = lambda_max / lambda_min says how many updates it takes. Raw x = 25 mph beside x^2 = 625 makes kappa millions:
that is why x and t are scaled to [-1, 1] first. Scaled, it still grows tenfold and more with each degree. Where it is
large, momentum (v <- beta v + g, w <- w - eta v) makes it count as its square root only:

    eta = 4 / (sqrt(lambda_max) + sqrt(lambda_min))^2,   beta = ((sqrt(kappa) - 1) / (sqrt(kappa) + 1))^2

B. T. Polyak, *Some methods of speeding up the convergence of iteration methods* (1964).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial

from chainrule.base.arrays import as_numbers
from chainrule.base.errors import DataError
from chainrule.base.numbers import whole_number
from chainrule.data.dataset import Dataset
from chainrule.training.objective import Batch, Objective
from chainrule.training.optimizers import SGD

WORST = 1e7  # the largest condition number that descent is adjusted to
GD_TOLERANCE = 1e-12  # of the gradient's norm
LARGEST = 1e150  # its square still is a float64


def powers(x: np.ndarray, degree: int) -> np.ndarray:
    """(n, degree + 1): the row (1  x_i  x_i^2 ...) of each x_i of x (n,)."""
    return np.vander(x, degree + 1, increasing=True)


def polynomial(w: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(n,): f_w(x) = sum_k w_k x^k. w (degree + 1,), from w_0 up; x (n,)."""
    return powers(x, len(w) - 1) @ w


def formula(w: np.ndarray, x: str = "x", t: str = "t") -> str:
    """As in "t = 2.47014 + 0.91329 x + 0.09996 x^2". w (degree + 1,), from w_0 up; the names of x and t."""
    terms = [_number(abs(w_k)) + ("" if k == 0 else f" {x}" if k == 1 else f" {x}^{k}") for k, w_k in enumerate(w)]
    signs = ["-" if w[0] < 0 else "", *(" - " if w_k < 0 else " + " for w_k in w[1:])]
    return f"{t} = " + "".join(sign + term for sign, term in zip(signs, terms, strict=True))


def _number(value: float) -> str:
    return f"{value:.5f}" if 0.01 <= value < 1e5 else f"{value:.6g}"


class PolynomialObjective(Objective):
    """L(w; D') of a polynomial, for w (degree + 1,), x (n,) and t (n,), in float64."""

    def __init__(self, degree: int) -> None:
        self.degree = degree

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return float(np.sum(_weight(batch) * (polynomial(w, batch.samples) - batch.t) ** 2))

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        p = powers(batch.samples, self.degree)
        error = p @ w - batch.t
        weighted = _weight(batch) * error
        out[:] = 2 * weighted @ p
        return float(weighted @ error)


def _weight(batch: Batch) -> np.ndarray | float:
    return 1.0 if batch.sample_weight is None else batch.sample_weight


@dataclass(frozen=True)
class Scale:
    """Takes [low, high] to [-1, 1]."""

    low: float
    high: float

    @property
    def centre(self) -> float:
        """The number that is taken to 0."""
        return self.high / 2 + self.low / 2  # halves first: low + high may overflow

    @property
    def half(self) -> float:
        """The distance from the centre that is taken to 1; 1 where there is but one number."""
        return self.high / 2 - self.low / 2 or 1.0

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return (values - self.centre) / self.half


class Bowl:
    """A loss with the same Hessian (k, k) at every w, by that Hessian's lowest and highest eigenvalue."""

    def __init__(self, hessian: np.ndarray) -> None:
        eigenvalues = np.linalg.eigvalsh(hessian)
        self.lowest, self.highest = max(float(eigenvalues[0]), 0.0), float(eigenvalues[-1])

    @property
    def condition(self) -> float:
        """kappa; inf where it is beyond float64."""
        return self.highest / self.lowest if self.lowest else math.inf

    @property
    def largest_lr(self) -> float:
        """Below it plain gradient descent is certain to descend."""
        return 2 / self.highest

    @property
    def tolerance(self) -> float:
        """The gradient's norm at which descent has converged; where kappa is large, what float64 can resolve."""
        return max(GD_TOLERANCE, 1e-13 * math.sqrt(min(self.condition, WORST)))

    def plain(self) -> SGD:
        """Gradient descent."""
        return SGD(1.5 / self.highest)

    def heavy_ball(self) -> SGD:
        """Gradient descent with Polyak's momentum. Directions flatter than WORST hardly bend the curve and may lag."""
        high = math.sqrt(self.highest)
        low = math.sqrt(max(self.lowest, self.highest / WORST))
        return SGD(4 / (high + low) ** 2, momentum=((high - low) / (high + low)) ** 2)


class ScaledProblem(Bowl):
    """Data x (n,), t (n,), scaled to [-1, 1], the mean loss of a polynomial over them, and that loss's Hessian.

    Raises DataError if a number is not finite or there are fewer different x than coefficients, UsageError for a
    degree below 0.
    """

    def __init__(self, x: np.ndarray, t: np.ndarray, degree: int) -> None:
        x, t = as_numbers(x, "x").astype(np.float64), as_numbers(t, "t").astype(np.float64)
        self.degree = whole_number("the degree", degree, 0)
        _check(x, t, self.degree)
        self.n = len(x)
        self.x_scale = Scale(float(x.min()), float(x.max()))
        self.t_scale = Scale(float(t.min()), float(t.max()))
        self.data = Dataset(self.x_scale(x), self.t_scale(t))
        self.whole = Batch(self.data.x, self.data.t)
        self.objective = PolynomialObjective(degree)
        p = powers(self.data.x, degree)
        super().__init__(2 * p.T @ p / self.n)

    def updates_needed(self, optimizer: SGD, tolerance: float) -> float:
        """The updates from w = 0 until the gradient's norm is at most `tolerance`; inf if it never is."""
        norm = self.gradient_norm(np.zeros(self.degree + 1))
        if norm <= tolerance:
            return 0
        lr, momentum = optimizer.lr, optimizer.momentum
        factor = math.sqrt(momentum) if momentum else max(abs(1 - lr * self.highest), abs(1 - lr * self.lowest))
        if not 0 < factor < 1:
            return math.inf
        updates = math.log(tolerance / norm) / math.log(factor)
        return 10 + updates * (2 if momentum else 1.01)  # momentum's polynomial factor; rounding

    def loss(self, w: np.ndarray) -> float:
        """The mean squared error over all data, in t's raw units squared."""
        return self.objective.loss(w, self.whole) / self.n * self.t_scale.half**2

    def gradient_norm(self, w: np.ndarray) -> float:
        """|dL/dw| of the mean loss over all data, scaled."""
        gw = np.empty_like(w)
        self.objective.loss_and_gradient(w, self.whole, gw)
        return float(np.linalg.norm(gw)) / self.n

    def unscale(self, w: np.ndarray) -> Polynomial:
        """f_w from raw x to raw t."""
        raw = w * self.t_scale.half
        raw[0] += self.t_scale.centre
        return Polynomial(raw, domain=[self.x_scale.low, self.x_scale.high])


def _check(x: np.ndarray, t: np.ndarray, degree: int) -> None:
    if x.ndim != 1 or t.ndim != 1:
        raise DataError(f"x has shape {x.shape} and t {t.shape}; expected one number of each for every sample")
    Dataset(x, t).check_finite()
    for name, values in (("x", x), ("t", t)):
        if np.abs(values).max(initial=0) > LARGEST:
            raise DataError(f"{name} goes up to {np.abs(values).max():g}; expected numbers up to {LARGEST:g}")
    different, expected = len(np.unique(x)), max(degree + 1, 2)
    if different < expected:
        found = f"{different} different values" if different > 1 else "no value" if not len(x) else f"only {x[0]:g}"
        raise DataError(f"x has {found}; expected at least {expected} different values for degree {degree}")
