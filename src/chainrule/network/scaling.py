"""How the bytes of an image become the numbers x that a network reads: (p / 255 - mean) / std."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from chainrule.base.arguments import of_kind, real_number
from chainrule.base.errors import DataError, NetworkError
from chainrule.data.chunks import chunks
from chainrule.data.dataset import Dataset


@dataclass(frozen=True)
class Scaling:
    """p (0 .. 255) -> (p / 255 - mean) / std, computed in double, then rounded to the network's type."""

    mean: float = 0.0
    std: float = 1.0

    def __post_init__(self) -> None:
        mean = real_number("scaling: mean", self.mean, error=NetworkError)
        std = real_number("scaling: std", self.std, "a number above 0", lambda std: std > 0, error=NetworkError)
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "std", std)

    def table(self, dtype: np.dtype) -> np.ndarray:
        """(256,) the value of each byte."""
        return ((np.arange(256) / 255 - self.mean) / self.std).astype(dtype)


def scaling_of(data: Dataset) -> Scaling:
    """The scaling that gives all pixels of these images together mean 0 and std 1; std 1 if all are alike.

    Exact: the bytes are counted, in parts, so that the data may be larger than memory. DataError if x are no bytes.
    """
    of_kind("data", data, Dataset, "Dataset(x, t)")
    if data.x.dtype != np.uint8 or data.x.size == 0:
        raise DataError(f"x is {data.x.dtype} of shape {data.x.shape}; expected bytes (uint8)")
    counts = np.zeros(256, np.int64)
    for part in chunks(data.x):
        counts += np.bincount(data.x[part].ravel(), minlength=256)
    numbers = list(enumerate(counts.tolist()))  # Python's whole numbers do not overflow
    n, total, squares = data.x.size, sum(p * count for p, count in numbers), sum(p * p * count for p, count in numbers)
    std = sqrt(n * squares - total**2) / (255 * n)
    return Scaling(total / (255 * n), std or 1.0)
