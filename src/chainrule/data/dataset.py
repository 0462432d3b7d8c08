"""A data set, the lecture's D = {(x_i, t_i)}: inputs x_i and their true values t_i."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.base.arguments import fraction_of_all, real_number
from chainrule.base.arrays import as_array, as_numbers, described, in_one_piece
from chainrule.base.errors import DataError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import brief, short
from chainrule.data.chunks import chunks
from chainrule.data.mapped import check_mapped
from chainrule.data.names import given_names


@dataclass(frozen=True, eq=False)
class Dataset:
    """D = {(x_i, t_i)}: n inputs, n true values and, optionally, a weight of each.

    What is like an array becomes one. n may be 0. DataError for anything but numbers, and for lengths that differ;
    whoever reads data from outside also calls `check_finite`, once.
    """

    x: np.ndarray
    """Inputs, (n, ...) of any type of numbers. Images are (n, c, i, j), uint8 as read, maybe in a mapped file."""

    t: np.ndarray
    """True values: class numbers, (n,) int64; or reals, (n,) or (n, k), in one piece."""

    sample_weight: np.ndarray | None = None
    """The weight of each sample, (n,) float64, none negative: it counts so many times. None: 1 each."""

    classes: tuple[str, ...] | None = None
    """The name of each class. None: they are called by their numbers, or t are reals."""

    columns: tuple[str, ...] | None = None
    """The name of each feature of x (n, features), if they have some."""

    target: str | None = None
    """What t is called, if it is called something."""

    white: float = 255.0
    """Of images read from files: what in these was white, and is 255 here."""

    __repr__ = brief

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", as_numbers(self.x, "x"))
        object.__setattr__(self, "t", in_one_piece(as_numbers(self.t, "t")))
        if self.sample_weight is not None:
            weight = in_one_piece(as_numbers(self.sample_weight, "sample_weight"))
            object.__setattr__(self, "sample_weight", weight.astype(np.float64, copy=False))
        for name in ("classes", "columns"):
            object.__setattr__(self, name, given_names(name, getattr(self, name)))
        if not isinstance(self.target, str | None):
            raise DataError(f"target is {short(self.target)}; expected a name")
        white = real_number("white", self.white, "a number above 0", lambda white: white > 0, error=DataError)
        object.__setattr__(self, "white", white)
        if len(self.x) != len(self.t):
            inputs, values = ("images", "labels") if self.x.ndim == 4 else ("inputs", "true values")
            raise DataError(f"{len(self.x)} {inputs} but {len(self.t)} {values}; expected as many")
        if self.sample_weight is not None and self.sample_weight.shape != (len(self),):
            raise DataError(f"sample_weight has shape {self.sample_weight.shape}; expected ({len(self)},)")
        if self.columns is not None and self.x.shape[1:] != (len(self.columns),):
            raise DataError(
                f"x has shape {self.x.shape}, but columns are {len(self.columns)}; expected a name for each"
            )

    def __len__(self) -> int:
        return len(self.x)

    def take(self, indices: slice | np.ndarray) -> "Dataset":
        """The samples at `indices`, in that order, or those that are true of a mask (n,). A slice gives views."""
        check_mapped()
        if not isinstance(indices, slice):
            indices = numbers_of_samples(indices, len(self))
        try:
            weight = None if self.sample_weight is None else self.sample_weight[indices]
            x = self.x[indices] if isinstance(indices, slice) else self.x.take(indices, axis=0)  # twice as fast
            return replace(self, x=x, t=self.t[indices], sample_weight=weight)
        except (IndexError, TypeError) as error:
            raise DataError(f"cannot take these samples of {len(self)}: {error}") from None

    def head(self, n: int | None) -> "Dataset":
        """The first n samples; None gives all of them. More than there are, or fewer than 0, is a `DataError`."""
        if n is None:
            return self
        if not is_whole(n, 0) or n > len(self):
            raise DataError(f"cannot take the first {short(n)} samples; expected 0 to {len(self)}")
        return self.take(slice(n))

    def split(self, fraction: float) -> tuple["Dataset", "Dataset"]:
        """(training, validation), both views: validation is the last round(fraction * n) samples.

        UsageError unless 0 < fraction < 1; DataError if a part is empty.
        """
        n = len(self)
        fraction = fraction_of_all("the validation fraction", fraction)
        training = n - round(fraction * n)
        if training in (0, n):
            raise DataError(f"the validation fraction is {fraction} of {n} samples; expected some in either part")
        return self.take(slice(training)), self.take(slice(training, n))

    @cached_property
    def sums_of_weights(self) -> np.ndarray:
        """(n,) float64: what the first 1, 2, ... n samples weigh together."""
        return np.arange(1.0, len(self) + 1) if self.sample_weight is None else self.sample_weight.cumsum()

    @property
    def class_count(self) -> int:
        """The number of classes: as many as have names, or up to the largest number in t.

        DataError where t are not class numbers.
        """
        if self.t.ndim != 1 or self.t.dtype.kind not in "iu" or len(self) == 0:
            raise DataError(f"the true values are {self.t.dtype} of shape {self.t.shape}; expected class numbers (n,)")
        return len(self.classes) if self.classes else int(self.t.max()) + 1

    def checked(self, called: str) -> "Dataset":
        """The data themselves, if they pass `check_finite`; its error calls them so."""
        try:
            self.check_finite()
        except DataError as error:
            raise DataError(f"{called} data: {error}") from None
        return self

    def check_finite(self) -> None:
        """`DataError` at the first sample with a NaN or an infinity, or with a negative weight.

        It goes through the data in parts, so that they may be larger than memory.
        """
        for name, values in (("x", self.x), ("t", self.t)):
            for part in chunks(values) if values.dtype.kind == "f" else ():  # integers are finite
                _check(name, np.isfinite(values[part]), values[part], "finite numbers", start=part.start)
        if self.sample_weight is not None:
            _check_weights(self.sample_weight)


def numbers_of_samples(indices: Any, n: int) -> np.ndarray:
    """Which of n samples: the numbers of these, or a mask (n,), as an array; DataError for what is neither."""
    found = as_array(indices, "the indices")
    if found.shape == (n,) and found.dtype.kind == "b":
        return np.flatnonzero(found)
    if found.ndim != 1 or (found.dtype.kind not in "iu" and found.size):
        raise DataError(f"the indices are {described(found)}; expected whole numbers, or a mask of {n} samples")
    return found if found.size else np.empty(0, np.int64)


def check_weighs(sample_weight: np.ndarray | None) -> None:
    """DataError for weights (n,) that are negative or not finite, and where all are 0: there is nothing to average."""
    if sample_weight is None:
        return
    _check_weights(sample_weight)
    if not sample_weight.any():
        raise DataError("all sample weights are 0; expected at least one above 0")


def _check_weights(sample_weight: np.ndarray) -> None:
    _check("sample_weight", np.isfinite(sample_weight), sample_weight, "finite numbers")
    _check("sample_weight", sample_weight >= 0, sample_weight, "no negative weight")


def _check(name: str, good: np.ndarray, values: np.ndarray, expected: str, *, start: int = 0) -> None:
    """DataError naming the first sample, counted from `start`, whose values are not all `good`."""
    if not good.all():
        first = np.argwhere(~good)[0]
        raise DataError(f"{name}[{start + first[0]}] holds {values[tuple(first)]}; expected {expected}")
