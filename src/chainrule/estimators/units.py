"""Units in which inputs and targets are about 1, as networks learn best.

    z = (x - mean) / scale             inputs: once before training; in the fitted network, by a Standardise layer
    y = mean + scale f(z)              targets: taken into the last Linear, whose w and b become scale w, scale b + mean

A target's scale is its standard deviation. So is a feature's, but for one thing: features that differ little in size
keep that difference, as lengths in a table do that are all in cm. With the median deviation as 1, only what is beyond
1/2 .. 2 is brought there. Then features as different as grams and tons do no harm, and a pixel that is hardly ever set
does not become huge where it is. An image has one mean and one scale for each channel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.data.chunks import chunks
from chainrule.errors import DataError
from chainrule.layers import Standardise
from chainrule.layers.layer import Shape
from chainrule.network import Network
from chainrule.polynomial import LARGEST

KEPT = 2.0  # deviations up to so many times below or above the median stay so
NOISE = 2.0**-46  # a column is constant if it deviates by no more than this part of its mean: by rounding


@dataclass(frozen=True, eq=False)
class Moments:
    """What samples seen so far weigh, and each column's mean and variance, (n,) in float64."""

    weight: float
    mean: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, weight: np.ndarray | None, earlier: Moments | None = None) -> Moments:
        """Those of values (samples, n), each counted by its weight, and of what was seen earlier.

        DataError for numbers whose squares are beyond float64.
        """
        seen = earlier or cls(0.0, np.zeros(values.shape[1]), np.zeros(values.shape[1]))
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite stays so
            for part in chunks(values):
                seen = seen._with(values[part].astype(np.float64), None if weight is None else weight[part])
        if not np.isfinite(seen.variance).all():
            j = int(np.argmin(np.isfinite(seen.variance)))
            raise DataError(f"column {j} goes up to {np.abs(values[:, j]).max():g}; expected numbers up to {LARGEST:g}")
        return seen

    def _with(self, values: np.ndarray, weight: np.ndarray | None) -> Moments:
        counts = np.ones(len(values)) if weight is None else weight
        added = float(counts.sum())
        if added == 0:
            return self
        total = self.weight + added
        share = added / total
        mean = counts @ values / added
        variance = counts @ (values - mean) ** 2 / added
        step = mean - self.mean
        spread = (1 - share) * self.variance + share * variance + share * (1 - share) * step**2
        return Moments(total, self.mean + share * step, spread)

    def pooled(self, channels: int) -> Moments:
        """(channels,): all pixels of a channel taken together."""
        means, variances = self.mean.reshape(channels, -1), self.variance.reshape(channels, -1)
        mean = means.mean(axis=1)
        return Moments(self.weight, mean, (variances + (means - mean[:, None]) ** 2).mean(axis=1))

    @property
    def changes(self) -> np.ndarray:
        """(n,) whether a column is not constant."""
        return np.sqrt(self.variance) > NOISE * np.abs(self.mean)


def input_units(moments: Moments, shape: Shape) -> Standardise:
    """The layer that standardises samples of that shape, whose columns have these moments."""
    if len(shape) == 3:
        moments = moments.pooled(shape[0])
    deviation, changes = np.sqrt(moments.variance), moments.changes
    median = float(np.median(deviation[changes])) if changes.any() else 1.0
    scale = np.where(changes, deviation / np.clip(deviation / median, 1 / KEPT, KEPT), median)
    return Standardise(tuple(moments.mean.tolist()), tuple(scale.tolist()))


def target_units(moments: Moments) -> tuple[np.ndarray, np.ndarray]:
    """(mean, scale), both (outputs,), of targets with these moments."""
    return moments.mean, np.where(moments.changes, np.sqrt(moments.variance), 1.0)


def rescale_outputs(network: Network, mean: np.ndarray, scale: np.ndarray) -> None:
    """Let a network whose last layer is a Linear answer mean + scale y where it answered y."""
    last = network.layer_parameters(network.w)[-1]
    last["w"][:] = scale[:, None] * last["w"]
    last["b"][:] = scale * last["b"] + mean
