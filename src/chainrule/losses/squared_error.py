"""err(y, t) = (y - z)^2, the lecture's squared distance; over a vector y, the sum over its components.

    z[i] = (t[i] - mean[i]) / std[i]            the target in units in which it is about 1; by default z = t
    d err / dy[i] = 2 (y[i] - z[i])
    prediction[i] = mean[i] + std[i] y[i]       in the target's own unit

A network learns numbers of about 1 best: prices near 200,000 would take it longer to reach than to learn. With the
targets' mean and standard deviation it learns z, and answers in the unit of t.

Source: the lecture. Least squares are A.-M. Legendre's, *Nouvelles méthodes pour la détermination des orbites des
comètes* (1805).
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from chainrule.base.arguments import as_real
from chainrule.base.arrays import as_numbers
from chainrule.base.errors import DataError, NetworkError
from chainrule.base.showing import short
from chainrule.data.moments import Moments
from chainrule.losses.loss import RealLoss, Shape, like, sample_sums

SHOWN = 4
"""Outputs up to which their units are printed."""


def squared_error(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(s,) errors, in t's unit squared, from y (s, ...) and t of the same shape, or (s,) where y is (s, 1); infinite
    where y's type cannot hold it."""
    with np.errstate(over="ignore"):
        return sample_sums((y - like(t, y)) ** 2)


def squared_error_gradient(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """d err / dy, of y's shape (s, ...); infinite where y's type cannot hold it."""
    with np.errstate(over="ignore"):
        return 2 * (y - like(t, y))


@dataclass(frozen=True)
class SquaredError(RealLoss):
    """(y - (t - mean) / std)^2, for a regression: y and t (s, ...) are values, a prediction is mean + std y.

    Class numbers t (s,) with several outputs y (s, k) are learned as vectors, 1 at the class and 0 elsewhere.

    mean, std : in the targets' unit: a number, or one for each of (k,) outputs; `SquaredError.of(t)` finds them

    NetworkError for other values; DataError for targets of another shape, or that are not finite numbers.
    """

    mean: float | tuple[float, ...] = 0.0
    std: float | tuple[float, ...] = 1.0

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            object.__setattr__(self, name, _units(name, getattr(self, name)))
        if np.min(self.std) <= 0:
            raise NetworkError(f"SquaredError: std is {self.std}; expected numbers above 0")

    @classmethod
    def of(cls, t: np.ndarray) -> Self:
        """The loss in whose units these targets, (n,) or (n, k), have mean 0 and std 1 (1, where all are alike).

        DataError if there are none, or one is not finite.
        """
        t = as_numbers(t, "t")
        seen = Moments.of(t)
        if not (np.isfinite(seen.variance).all() and t.size):
            raise DataError(f"{len(t)} targets, their variance {seen.variance}; expected some, all finite numbers")
        std = np.where(seen.constant(np.float64), 1.0, np.sqrt(seen.variance))
        return cls(tuple(seen.mean.tolist()), tuple(std.tolist()))

    @property
    def has_units(self) -> bool:
        return (self.mean, self.std) != (0.0, 1.0)

    def check_network(self, output_shape: Shape) -> None:
        for name, numbers in (("mean", self.mean), ("std", self.std)):
            if isinstance(numbers, tuple) and (len(numbers),) != output_shape:
                given = f"SquaredError: {name} has {len(numbers)} numbers, but the network's output has {output_shape}"
                raise NetworkError(f"{given}; expected one for each output, or one number")

    def learned(self, t: np.ndarray, output_shape: Shape) -> np.ndarray:
        t = super().learned(t, output_shape)
        if not self.has_units:
            return t
        t = t.reshape(len(t), -1) if isinstance(self.mean, tuple) or isinstance(self.std, tuple) else t
        return (t - np.asarray(self.mean)) / np.asarray(self.std)

    def ignorance(self, t: np.ndarray, output_shape: Shape) -> float | None:
        """The variance of what is learned: predicting its mean."""
        learned = self.learned(t, output_shape)
        return float(Moments.of(learned.reshape(len(t), -1)).variance.sum())

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return squared_error(y, self.learned(t, y.shape[1:]))

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return squared_error_gradient(y, self.learned(t, y.shape[1:]))

    def prediction(self, y: np.ndarray) -> np.ndarray:
        if not self.has_units:
            return y
        return np.asarray(self.mean) + np.asarray(self.std) * y.astype(np.float64)

    def __str__(self) -> str:
        if not self.has_units:
            return "SquaredError()"
        if np.size(self.mean) > SHOWN:
            return f"SquaredError(of {np.size(self.mean)} targets standardised)"
        mean, std = (", ".join(f"{number:.4g}" for number in np.atleast_1d(each)) for each in (self.mean, self.std))
        return f"SquaredError(mean={mean}, std={std})"


def _units(name: str, given: Any) -> float | tuple[float, ...]:
    """A finite number, or some."""
    number = as_real(given)
    try:
        numbers = np.array([number]) if number is not None else as_numbers(given, name).astype(np.float64)
    except DataError:
        numbers = np.empty(0)
    if numbers.ndim > 1 or numbers.size == 0 or not np.isfinite(numbers).all():
        raise NetworkError(f"SquaredError: {name} is {short(given)}; expected a finite number, or one for each output")
    return tuple(numbers.tolist()) if number is None else number
