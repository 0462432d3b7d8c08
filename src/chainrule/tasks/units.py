"""Units in which inputs are about 1, as networks learn best: a Standardise layer, from what the columns are like.

    z = (x - mean) / scale

A feature's scale is its standard deviation, but for one thing: features that differ little in size keep that
difference, as lengths in a table do that are all in cm. With the median deviation as 1, only what is beyond 1/2 .. 2 is
brought there. Then features as different as grams and tons do no harm, and a pixel that is hardly ever set does not
become huge where it is. An image has one mean and one scale for each channel.
"""

import numpy as np

from chainrule.data.moments import Moments
from chainrule.layers import Standardise
from chainrule.layers.layer import Shape

KEPT = 2.0
"""Deviations up to so many times below or above the median stay so."""
COARSE = 2.0**-17
"""Of a column's mean: a deviation below that is less than 64 of float32's steps there, and is lost in it."""


def input_units(moments: Moments, shape: Shape) -> Standardise:
    """The layer that standardises samples of that shape, whose columns have these moments."""
    if len(shape) == 3:
        moments = moments.pooled(shape[0])
    deviation, changing = np.sqrt(moments.variance), ~moments.constant(np.float64)
    median = float(np.median(deviation[changing])) if changing.any() else 1.0
    scale = np.where(changing, deviation / np.clip(deviation / median, 1 / KEPT, KEPT), median)
    return Standardise(tuple(moments.mean.tolist()), tuple(scale.tolist()))


def lost_in_float32(moments: Moments) -> np.ndarray:
    """(n,) bool: the columns whose changes are lost beside their mean in float32, as those of a time in seconds are."""
    return ~moments.constant(np.float64) & (np.sqrt(moments.variance) < COARSE * np.abs(moments.mean))
