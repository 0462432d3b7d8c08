"""Units in which inputs and targets are about 1, as networks learn best.

    z = (x - mean) / scale             inputs: once before training; in the fitted network, by a Standardise layer
    y = mean + scale f(z)              targets: taken into the last Linear (network/target_units.py)

A target's scale is its standard deviation. So is a feature's, but for one thing: features that differ little in size
keep that difference, as lengths in a table do that are all in cm. With the median deviation as 1, only what is beyond
1/2 .. 2 is brought there. Then features as different as grams and tons do no harm, and a pixel that is hardly ever set
does not become huge where it is. An image has one mean and one scale for each channel.
"""

import numpy as np

from chainrule.base.errors import DataError
from chainrule.data.moments import Moments
from chainrule.layers import Standardise
from chainrule.layers.layer import Shape
from chainrule.regression.polynomial import LARGEST

KEPT = 2.0  # deviations up to so many times below or above the median stay so


def moments_of(values: np.ndarray, weight: np.ndarray | None, earlier: Moments | None = None) -> Moments:
    """Those of values (samples, n); DataError for numbers whose squares are beyond float64."""
    seen = Moments.of(values, weight, earlier)
    if not np.isfinite(seen.variance).all():
        j = int(np.argmin(np.isfinite(seen.variance)))
        raise DataError(f"column {j} goes up to {np.abs(values[:, j]).max():g}; expected numbers up to {LARGEST:g}")
    return seen


def input_units(moments: Moments, shape: Shape) -> Standardise:
    """The layer that standardises samples of that shape, whose columns have these moments."""
    if len(shape) == 3:
        moments = moments.pooled(shape[0])
    deviation, changing = np.sqrt(moments.variance), ~moments.constant(np.float64)
    median = float(np.median(deviation[changing])) if changing.any() else 1.0
    scale = np.where(changing, deviation / np.clip(deviation / median, 1 / KEPT, KEPT), median)
    return Standardise(tuple(moments.mean.tolist()), tuple(scale.tolist()))


def target_units(moments: Moments) -> tuple[np.ndarray, np.ndarray]:
    """(mean, scale), both (outputs,), of targets with these moments."""
    return moments.mean, np.where(moments.constant(np.float64), 1.0, np.sqrt(moments.variance))
