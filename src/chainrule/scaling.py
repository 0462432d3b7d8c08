"""How the bytes of an image become the numbers x that a network reads: (p / 255 - mean) / std."""

from dataclasses import dataclass

import numpy as np

from chainrule.errors import NetworkError


@dataclass(frozen=True)
class Scaling:
    """p (0 .. 255) -> (p / 255 - mean) / std, computed in double, then rounded to the network's type."""

    mean: float = 0.0
    std: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and np.isfinite(self.std) and self.std > 0):
            raise NetworkError(f"scaling: mean {self.mean}, std {self.std}; expected finite numbers and std above 0")

    def table(self, dtype: np.dtype) -> np.ndarray:
        """(256,) the value of each byte."""
        return ((np.arange(256) / 255 - self.mean) / self.std).astype(dtype)
