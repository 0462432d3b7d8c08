"""Huber(y, z): near z half the squared error, beyond delta a line; over a vector y, the sum over its components.

    err(e) = e^2 / 2                         |e| <= delta,   e = y[i] - z[i]
           = delta (|e| - delta / 2)         |e| >  delta
    d err / dy[i] = e  where |e| <= delta,  delta sign(e)  elsewhere

Small errors are learned as by the squared error, and a few wild targets move the network no more than errors of delta
do. As PyTorch's HuberLoss. z is t, or t in units in which it is about 1 (`losses/regression.py`); then delta
counts a target's standard deviations, which wild targets make larger: a smaller delta suits these.

Source: not in the lecture; P. J. Huber, *Robust Estimation of a Location Parameter* (1964).
"""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from chainrule.base.arguments import real_number
from chainrule.base.errors import NetworkError
from chainrule.losses.loss import like, sample_sums
from chainrule.losses.regression import RegressionLoss, Units, units_of


def huber(y: np.ndarray, t: np.ndarray, delta: float = 1.0) -> np.ndarray:
    """(s,) errors from y (s, ...) and t of the same shape, or (s,) where y is (s, 1); infinite
    where y's type cannot hold it."""
    with np.errstate(over="ignore"):
        e = np.abs(y - like(t, y))
        near = np.minimum(e, delta)  # of a NaN a NaN
        return sample_sums(near * (e - near / 2))


def huber_gradient(y: np.ndarray, t: np.ndarray, delta: float = 1.0) -> np.ndarray:
    """d err / dy, of y's shape (s, ...)."""
    with np.errstate(over="ignore"):
        return np.clip(y - like(t, y), -delta, delta)


@dataclass(frozen=True)
class Huber(RegressionLoss):
    """Half the squared error of y and (t - mean) / std, but a line beyond delta: for a regression with wild targets.
    y and t (s, ...) are values, a prediction is mean + std y.

    Class numbers t (s,) with several outputs y (s, k) are learned as vectors, 1 at the class and 0 elsewhere.

    delta : above 0, in units of std
    mean, std : in the targets' unit: a number, or one for each of (k,) outputs; `Huber.of(t)` finds them

    NetworkError for other values; DataError for targets of another shape, or that are not finite numbers.
    """

    mean: Units = field(default=0.0, kw_only=True)
    std: Units = field(default=1.0, kw_only=True)
    delta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        given, expected = self.delta, "a number above 0"
        delta = real_number("Huber: delta", given, expected, lambda delta: delta > 0, error=NetworkError)
        object.__setattr__(self, "delta", delta)

    @classmethod
    def of(cls, t: np.ndarray, delta: float = 1.0) -> Self:
        """As of `RegressionLoss`, and with that delta, in the targets' standard deviations."""
        mean, std = units_of(t)
        return cls(delta, mean=mean, std=std)

    def without_units(self) -> Self | None:
        """With a delta in the targets' unit, if all have the same."""
        std = set(np.atleast_1d(self.std).tolist())
        return replace(self, delta=self.delta * std.pop(), mean=0.0, std=1.0) if len(std) == 1 else None

    def compared(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return huber(y, z, self.delta)

    def derived(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return huber_gradient(y, z, self.delta)

    def kinks(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        e = y - like(self.learned(t, y.shape[1:]), y)
        return np.sign(e) * (np.abs(e) > self.delta)
