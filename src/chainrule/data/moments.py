"""The mean and variance of each feature, from data in parts: of what is larger than memory, or comes bit by bit.

Each part is joined by its own mean and squared differences, as in T. F. Chan, G. H. Golub, R. J. LeVeque, *Updating
Formulae and a Pairwise Algorithm for Computing Sample Variances* (1979).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from chainrule.base.showing import brief
from chainrule.data.chunks import chunks

FLAT = {np.float32: (2.0**-23, float(np.finfo(np.float32).tiny)), np.float64: (2.0**-46, 0.0)}
"""For numbers of each precision: the part of a constant feature's mean, or the number, that its deviation may reach.

Below 2^-23 of the mean float32 holds next to nothing of a deviation; 2^-46 is the rounding of sums in float64.
"""


@dataclass(frozen=True, eq=False)
class Moments:
    """The weight of all samples seen so far, and each feature's mean and variance, (n,) in float64."""

    weight: float
    mean: np.ndarray
    variance: np.ndarray

    __repr__ = brief

    @classmethod
    def of(cls, values: np.ndarray, weight: np.ndarray | None = None, earlier: Moments | None = None) -> Moments:
        """The moments of values (samples, ...), n numbers each, counted by their weights, and of those seen earlier."""
        n = prod(values.shape[1:])
        seen = earlier or cls(0.0, np.zeros(n), np.zeros(n))
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite stays so
            for part in chunks(values):
                numbers = values[part].reshape(-1, n).astype(np.float64)
                seen = seen._with(numbers, None if weight is None else weight[part])
        return seen

    def _with(self, values: np.ndarray, weight: np.ndarray | None) -> Moments:
        added = float(len(values) if weight is None else weight.sum())
        if added == 0:
            return self
        total = self.weight + added
        share = added / total
        mean = _weighed(values, weight) / added
        variance = _weighed((values - mean) ** 2, weight) / added
        step = mean - self.mean
        spread = (1 - share) * self.variance + share * variance + share * (1 - share) * step**2
        return Moments(total, self.mean + share * step, spread)

    def constant(self, precision: type[np.floating]) -> np.ndarray:
        """(n,) bool: the features without change, as far as float32 or float64, whichever is to hold them, can tell."""
        part, least = FLAT[precision]
        return np.sqrt(self.variance) <= np.maximum(part * np.abs(self.mean), least)

    def pooled(self, channels: int) -> Moments:
        """The moments (channels,) of all pixels of a channel taken together."""
        means = self.mean.reshape(channels, -1)
        variances = self.variance.reshape(channels, -1)
        mean = means.mean(axis=1)
        return Moments(self.weight, mean, (variances + (means - mean[:, None]) ** 2).mean(axis=1))


def _weighed(values: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """(n,) the sum of values (samples, n), in their order: of a matrix product it would depend on the processor."""
    return (values if weight is None else weight[:, None] * values).sum(axis=0)
