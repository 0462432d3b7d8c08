"""What the losses of a regression share: the units in which they compare y with t, and answer.

    z[i] = (t[i] - mean[i]) / std[i]            the target in units in which it is about 1; by default z = t
    prediction[i] = mean[i] + std[i] y[i]       in the target's own unit

A network learns numbers of about 1 best: prices near 200,000 would take it longer to reach than to learn. With the
targets' mean and standard deviation it learns z, and answers in the unit of t.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np

from chainrule.base.arguments import as_real
from chainrule.base.arrays import as_numbers
from chainrule.base.errors import DataError, NetworkError
from chainrule.base.showing import short
from chainrule.data.moments import Moments
from chainrule.losses.loss import RealLoss, Shape

Units = float | tuple[float, ...]

SHOWN = 4
"""Outputs up to which their units are printed."""


@dataclass(frozen=True)
class RegressionLoss(RealLoss):
    """A loss of real numbers z, compared with y (s, ...) of z's shape; predictions are mean + std y.

    Class numbers t (s,) with several outputs y (s, k) are learned as vectors, 1 at the class and 0 elsewhere.

    mean, std : in the targets' unit: a number, or one for each of (k,) outputs; `of(t)` finds them

    NetworkError for other values; DataError for targets of another shape, or that are not finite numbers.
    """

    mean: Units = 0.0
    std: Units = 1.0

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            object.__setattr__(self, name, _units(f"{type(self).__name__}: {name}", getattr(self, name)))
        if np.min(self.std) <= 0:
            raise NetworkError(f"{type(self).__name__}: std is {self.std}; expected numbers above 0")

    @classmethod
    def of(cls, t: np.ndarray) -> Self:
        """The loss in whose units these targets, (n,) or (n, k), have mean 0 and std 1 (1, where all are alike).

        DataError if there are none, or one is not finite.
        """
        mean, std = units_of(t)
        return cls(mean=mean, std=std)

    @property
    def has_units(self) -> bool:
        return (self.mean, self.std) != (0.0, 1.0)

    def without_units(self) -> Self | None:
        """The loss by which a network learns the same that answers in the targets' unit, but for a factor; None: there
        is none."""
        return replace(self, mean=0.0, std=1.0)

    def check_network(self, output_shape: Shape) -> None:
        for name, numbers in (("mean", self.mean), ("std", self.std)):
            if isinstance(numbers, tuple) and (len(numbers),) != output_shape:
                given = f"{type(self).__name__}: {name} has {len(numbers)} numbers"
                given = f"{given}, but the network's output has {output_shape}"
                raise NetworkError(f"{given}; expected one for each output, or one number")

    def learned(self, t: np.ndarray, output_shape: Shape) -> np.ndarray:
        t = super().learned(t, output_shape)
        if not self.has_units:
            return t
        return (t - np.asarray(self.mean)) / np.asarray(self.std)

    def ignorance(self, t: np.ndarray, output_shape: Shape) -> float | None:
        """Of predicting the median of what is learned."""
        z = self.learned(t, output_shape).reshape(len(t), -1).astype(np.float64)
        middle = np.broadcast_to(np.median(z, axis=0), z.shape)
        return float(self.compared(middle, z).mean())

    def compared(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """(s,) err of outputs y (s, ...) and what they are to become, z."""
        raise NotImplementedError

    def derived(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """d err / dy, of y's shape."""
        raise NotImplementedError

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return self.compared(y, self.learned(t, y.shape[1:]))

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return self.derived(y, self.learned(t, y.shape[1:]))

    def prediction(self, y: np.ndarray) -> np.ndarray:
        if not self.has_units:
            return y
        return np.asarray(self.mean) + np.asarray(self.std) * y.astype(np.float64)

    def shown(self) -> list[str]:
        values = {each: getattr(self, each.name) for each in fields(self) if each.name not in ("mean", "std")}
        shown = [f"{each.name}={value:.4g}" for each, value in values.items() if value != each.default]
        if not self.has_units:
            return shown
        if np.size(self.mean) > SHOWN:
            return [*shown, f"of {np.size(self.mean)} targets standardised"]
        mean, std = (", ".join(f"{number:.4g}" for number in np.atleast_1d(each)) for each in (self.mean, self.std))
        return [*shown, f"mean={mean}", f"std={std}"]


def units_of(t: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and standard deviation of each of k targets, (n,) or (n, k); 1, where all are alike.

    DataError if there are none, or one is not finite.
    """
    t = as_numbers(t, "t")
    seen = Moments.of(t)
    if not (np.isfinite(seen.variance).all() and t.size):
        raise DataError(f"{len(t)} targets, their variance {seen.variance}; expected some, all finite numbers")
    std = np.where(seen.constant(np.float64), 1.0, np.sqrt(seen.variance))
    return tuple(seen.mean.tolist()), tuple(std.tolist())


def _units(name: str, given: Any) -> Units:
    """A finite number, or some."""
    number = as_real(given)
    try:
        numbers = np.array([number]) if number is not None else as_numbers(given, name).astype(np.float64)
    except DataError:
        numbers = np.empty(0)
    if numbers.ndim > 1 or numbers.size == 0 or not np.isfinite(numbers).all():
        raise NetworkError(f"{name} is {short(given)}; expected a finite number, or one for each output")
    return tuple(numbers.tolist()) if number is None else number
