"""Units in which inputs are about 1, as networks learn best: a Standardise layer, from what the columns are like.

    z = (x - mean) / scale

A feature's scale is its standard deviation, but for one thing: features that differ little in size keep that
difference, as lengths in a table do that are all in cm. With the median deviation as 1, only what is beyond 1/2 .. 2 is
brought there. Then features as different as grams and tons do no harm, and a pixel that is hardly ever set does not
become huge where it is. An image has one mean and one scale for each channel.
"""

from collections.abc import Sequence

import numpy as np

from chainrule.base.errors import warn
from chainrule.data.moments import Moments
from chainrule.data.schema import Column, Features, Reals, Schema
from chainrule.layers import BatchNormalisation, Standardise
from chainrule.layers.layer import Shape
from chainrule.losses.regression import RegressionLoss
from chainrule.network.network import Network

LARGE = 1000.0
"""Inputs beyond that are learned from badly if nothing standardises them."""
FAR = 100.0
"""Targets beyond that, or that vary by more, or by less than 1 / FAR, are learned badly as they are."""
KEPT = 2.0
"""Deviations up to so many times below or above the median stay so."""
COARSE, ROUNDING = 2.0**-17, 2.0**-46
"""Of a column's mean: a deviation below the first is less than 64 of float32's steps there, and is lost in it; one
below the second is rounding."""


def input_units(moments: Moments, shape: Shape) -> Standardise:
    """The layer that standardises samples of that shape, whose columns have these moments."""
    if len(shape) > 1:
        moments = moments.pooled(shape[0])
    deviation, changing = np.sqrt(moments.variance), ~moments.constant(np.float64)
    median = float(np.median(deviation[changing])) if changing.any() else 1.0
    scale = np.where(changing, deviation / np.clip(deviation / median, 1 / KEPT, KEPT), median)
    return Standardise(tuple(moments.mean.tolist()), tuple(scale.tolist()))


def is_lost_in_float32(mean: float, deviation: float) -> bool:
    """Whether a column's changes are lost beside its mean in float32, as those of a time in seconds are."""
    return ROUNDING * abs(mean) < deviation < COARSE * abs(mean)


def doubt_units(network: Network, schema: Schema) -> None:
    """Warn in a line of inputs or targets that are far from 1 and that the network learns as they are."""
    inputs, answers = schema.inputs, schema.answers
    if isinstance(inputs, Features) and inputs.columns and not inputs.in_bytes:
        _doubt_inputs(network, inputs.columns)
    if isinstance(answers, Reals) and isinstance(network.loss, RegressionLoss) and not network.loss.has_units:
        far = [column for column in answers.columns if _is_far(column)]
        if far:
            what = f"{far[0].name} is {far[0].mean:.6g} ± {far[0].deviation:.4g}, far from 1"
            kind = type(network.loss).__name__
            warn(f"{what}: {kind}.of(t) as the network's loss learns it in units in which it is about 1")


def _doubt_inputs(network: Network, columns: Sequence[Column]) -> None:
    lost = [column for column in columns if is_lost_in_float32(column.mean, column.deviation)]
    largest = max(columns, key=_size)
    if lost and network.w.dtype == np.float32:
        what = f"column {lost[0].name} is {lost[0].mean:.10g} ± {lost[0].deviation:.2g}, which float32 cannot hold"
        warn(f"{what}: expected dtype=np.float64 for the network, or the column less its mean")
    elif not isinstance(network.layers[0], Standardise | BatchNormalisation) and _size(largest) > LARGE:
        what = f"column {largest.name} goes up to {_size(largest):.6g}, far from 1"
        warn(f"{what}: Standardise.of(x) as the first layer brings inputs there")


def _size(column: Column) -> float:
    return max(abs(column.lowest), abs(column.highest))


def _is_far(column: Column) -> bool:
    return max(abs(column.mean), column.deviation) > FAR or 0 < column.deviation < 1 / FAR
