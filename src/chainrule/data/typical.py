"""Which inputs are like those that a network was trained on: they lie near a subspace, and not far out in it.

    z = V^T (x - mean)                                 V: the k directions in which the training inputs vary most
    inside(x)  = mean over i of z_i^2 / variance_i     about 1 for such inputs
    outside(x) = |x - mean - V z|^2 / rest             rest: its mean over the training inputs, so about 1 too

An input is unlike them if either is larger than for nearly all of the training inputs. This is principal component
analysis as a density, after M. E. Tipping, C. M. Bishop, *Probabilistic Principal Component Analysis* (1999). It sees
pixels or columns that were exchanged, shifted or scaled. It does not see what stays plausible: a digit turned over.

Images are looked at in SIDE x SIDE pixels, columns in units of their standard deviations.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from chainrule.base.errors import warn
from chainrule.base.one_thread import single_thread
from chainrule.data.chunks import chunks

SIDE = 14
ENOUGH = 4000
"""Inputs, evenly from all of them, from which subspace and bounds are found."""
WIDEST = 1000
"""Numbers of an input, as it is looked at, for which a subspace is found."""
FEWEST = 100
"""Inputs that are too few to say what is typical of them."""
EXPLAINED, MOST = 0.99, 100
"""The part of the variance that lies in the subspace, and its directions at most."""
NEARLY_ALL, SLACK, SLACK_OF_FEW = 0.998, 1.1, 40.0
"""Unlike is what goes SLACK + SLACK_OF_FEW / m times beyond the bound that such a part of m training inputs keeps: the
farthest of few is often surpassed."""
LEAST = 3.0
"""A bound is no less: where nothing lies outside, what rounding leaves there says nothing."""
FEW, SOME = 10, 0.03
"""The part of more than a few inputs, more than one, that must be unlike the training's before it means something:
one in hundreds is by chance."""
LOOKED_AT = 2000
"""Inputs of a larger number that are looked at, evenly from all of them."""


@dataclass(frozen=True, eq=False)
class Typical:
    """What nearly all of the training inputs have in common."""

    mean: np.ndarray  # (d,)
    scale: np.ndarray  # (d,) what numbers are divided by first
    directions: np.ndarray  # V, (d, k)
    variances: np.ndarray  # (k,)
    rest: float
    bounds: tuple[float, float]  # of inside and outside

    @classmethod
    def of(cls, x: np.ndarray) -> Typical | None:
        """Of inputs (n, features) or (n, c, i, j); None where they are too few, or more features than could be told."""
        if len(x) < FEWEST or looked_at(x[:1]).size > WIDEST:
            return None
        x = x[:: -(-len(x) // ENOUGH)]
        rows = np.concatenate([looked_at(x[part]) for part in chunks(x)])
        with single_thread():  # a schema is the same for any number of threads
            return cls._found_in(rows, divided=x.ndim != 4)

    @classmethod
    def _found_in(cls, rows: np.ndarray, *, divided: bool) -> Typical:
        """In inputs as they are `looked_at`, each number divided by its deviation or not."""
        own, others = rows[::2], rows[1::2]
        mean = own.mean(axis=0)
        scale = own.std(axis=0) if divided else np.ones_like(mean)
        scale[scale <= 1e-12 * (np.abs(mean) + 1)] = 1
        variances, directions = np.linalg.eigh(np.cov(((own - mean) / scale).T).reshape(len(mean), -1))
        variances, directions = variances[::-1].clip(min=0), directions[:, ::-1]
        share = np.cumsum(variances) / max(variances.sum(), 1e-300)
        k = max(1, min(MOST, int(np.searchsorted(share, EXPLAINED)) + 1, len(own) // 4))
        floor = 1e-6 * max(variances[0], 1e-12)
        rest = float(variances[k:].sum()) + floor
        found = cls(mean, scale, directions[:, :k], variances[:k] + floor, rest, (np.inf, np.inf))
        inside, outside = found.distances(others)
        slack = SLACK + SLACK_OF_FEW / len(others)
        inside, outside = (max(LEAST, slack * float(np.quantile(each, NEARLY_ALL))) for each in (inside, outside))
        return cls(mean, scale, directions[:, :k], variances[:k] + floor, rest, (inside, outside))

    def distances(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """inside and outside, (n,) each, of inputs (n, d) as they are `looked_at`."""
        centred = (rows - self.mean) / self.scale
        z = centred @ self.directions
        away = (centred**2).sum(axis=1) - (z**2).sum(axis=1)
        return (z**2 / self.variances).mean(axis=1), away / self.rest

    def unlike(self, x: np.ndarray) -> np.ndarray:
        """(n,) bool: which of the inputs, in the training's units, are unlike those."""
        with single_thread():
            inside, outside = self.distances(looked_at(x))
        return (inside > self.bounds[0]) | (outside > self.bounds[1])

    def doubt(self, x: np.ndarray) -> None:
        """Warn of inputs (n, ...), in the training's units, that are unlike those; of many, if they are not few."""
        step = -(-len(x) // LOOKED_AT)
        found = np.flatnonzero(self.unlike(x[::step])) * step
        if len(found) > (max(1, SOME * min(len(x), LOOKED_AT)) if len(x) > FEW else 0):
            share = "" if len(x) == 1 else f" in {len(found) * step} of {len(x)} samples, such as {found[0]}"
            warn(f"x is unlike what the model was trained on{share}: is it in the same units, order and place?")


def looked_at(x: np.ndarray) -> np.ndarray:
    """(n, d) float64 of inputs (n, features) or of images (n, c, i, j), these made small by means over squares."""
    if x.ndim != 4:
        return x.reshape(len(x), -1).astype(np.float64)
    high, wide = (-(-side // SIDE) for side in x.shape[2:])
    x = np.pad(x, ((0, 0), (0, 0), (0, -x.shape[2] % high), (0, -x.shape[3] % wide)), mode="edge")
    n, c, h, w = x.shape
    squares = x.reshape(n, c, h // high, high, w // wide, wide)
    return squares.mean(axis=(3, 5), dtype=np.float64).reshape(n, -1)


def numbers_of(shape: tuple[int, ...]) -> int:
    """d of `looked_at`, of inputs of that shape."""
    if len(shape) != 3:
        return prod(shape)
    high, wide = (-(-side // SIDE) for side in shape[1:])
    return shape[0] * -(-shape[1] // high) * -(-shape[2] // wide)
