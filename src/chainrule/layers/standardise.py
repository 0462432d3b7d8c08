"""Standardise(x): each feature less its mean, over its standard deviation, both fixed numbers.

    y[s,j]     = (x[s,j] - mean[j]) / std[j]            of a vector
    y[s,c,i,j] = (x[s,c,i,j] - mean[c]) / std[c]        of an image

    dL/dx[s,j] = dL/dy[s,j] / std[j]

As the first layer it lets a network take a table in the table's own units: what a column's values are like is then
part of the network, and of its file. Not in the lecture.

Compiled: engine/stages/definition.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.base.arrays import as_array, as_numbers
from chainrule.base.errors import DataError, NetworkError
from chainrule.base.showing import short
from chainrule.data.moments import Moments
from chainrule.layers.channels import along_channels
from chainrule.layers.layer import Arrays, Context, Layer, Shape, register

SHOWN = 4
"""Features up to which a layer's mean and std are printed."""


def standardise(x: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """y, of x's shape (s, n, ...), from mean and std (n,)."""
    y = x - _along(mean, x)
    y /= _along(std, x)  # where it stands: memory for large data is slow to get
    return y


def standardise_input_gradient(gy: np.ndarray, std: np.ndarray) -> np.ndarray:
    """dL/dx, of gy's shape."""
    return gy / _along(std, gy)


def _along(numbers: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The numbers (n,) in x's type, each along its channel."""
    return along_channels(numbers.astype(x.dtype), x)


@register
@dataclass(frozen=True, repr=False)
class Standardise(Layer):
    """(x - mean) / std, feature by feature of a vector, or channel by channel of an image: any shape -> the same.

    mean, std : a number for each, in the units of x; std above 0

    NetworkError for other values, and for an input with another number of features or channels.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name)))
        if len(self.mean) != len(self.std):
            raise NetworkError(f"Standardise: {len(self.mean)} means but {len(self.std)} stds; expected as many")
        if min(self.std) <= 0:
            j = next(j for j, std in enumerate(self.std) if std <= 0)
            raise NetworkError(f"Standardise: std[{j}] is {self.std[j]}; expected a number above 0")

    @classmethod
    def of(cls, x: np.ndarray) -> "Standardise":
        """The layer that gives these data (s, n) or (s, c, i, j) mean 0 and std 1, computed in float64.

        A feature that never changes gets std 1. Bytes count as a network reads them by default, p / 255.
        DataError if there are no samples, or a feature's mean is not finite.
        """
        mean, std = moments(x)
        if not (np.isfinite(mean).all() and np.isfinite(std).all()):
            j = int(np.argmin(np.isfinite(mean) & np.isfinite(std)))
            raise DataError(f"the mean of x[:, {j}] is {mean[j]}, its std {std[j]}; expected finite numbers")
        return cls(tuple(mean.tolist()), tuple(std.tolist()))

    def __str__(self) -> str:
        if len(self.mean) > SHOWN:
            return f"Standardise({len(self.mean)} features)"
        mean, std = (", ".join(f"{number:.4g}" for number in numbers) for numbers in (self.mean, self.std))
        return f"Standardise(mean=[{mean}], std=[{std}])"

    def __repr__(self) -> str:
        return str(self)

    def y_shape(self, x_shape: Shape) -> Shape:
        if x_shape[0] != len(self.mean):
            features = "features" if len(x_shape) == 1 else "channels"
            raise NetworkError(f"Standardise has {len(self.mean)} means, but its input has {x_shape[0]} {features}")
        return x_shape

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return standardise(x, np.array(self.mean), np.array(self.std)), None

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return standardise_input_gradient(gy, np.array(self.std)), {}


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean and standard deviation (n,) of each feature of x (s, n, ...), float64, std 1 for one without change."""
    x = as_numbers(x, "x")
    if x.ndim < 2 or x.size == 0:
        raise DataError(f"x has shape {x.shape}; expected (samples, features) or (samples, c, i, j), none of them 0")
    with np.errstate(over="ignore", invalid="ignore"):
        seen = Moments.of(x).pooled(x.shape[1])
    white = 255 if x.dtype == np.uint8 else 1  # bytes count as a network reads them
    return seen.mean / white, np.where(seen.constant(np.float32), 1.0, np.sqrt(seen.variance) / white)


def _numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    """Finite numbers, as a tuple of `float`."""
    try:
        array = as_array(values, name)
    except DataError:
        array = np.empty(0)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iuf":
        raise NetworkError(f"Standardise: {name} is {short(values)}; expected a list of numbers, one a feature")
    if not np.isfinite(array).all():
        j = int(np.argmin(np.isfinite(array)))
        raise NetworkError(f"Standardise: {name}[{j}] is {array[j]}; expected a finite number")
    return tuple(array.astype(float).tolist())
