"""Units in which inputs and targets are about 1, as networks learn best.

    z = (x - mean) / scale             inputs: once before training; in the fitted network, by a Standardise layer,
                                       as tasks/units.py has it
    y = mean + scale f(z)              targets: taken into the last Linear (network/target_units.py)

A target's scale is its standard deviation.
"""

import numpy as np

from chainrule.base.errors import DataError
from chainrule.data.moments import Moments
from chainrule.regression.polynomial import LARGEST


def moments_of(values: np.ndarray, weight: np.ndarray | None, earlier: Moments | None = None) -> Moments:
    """Those of values (samples, n); DataError for numbers whose squares are beyond float64."""
    seen = Moments.of(values, weight, earlier)
    if not np.isfinite(seen.variance).all():
        j = int(np.argmin(np.isfinite(seen.variance)))
        raise DataError(f"column {j} goes up to {np.abs(values[:, j]).max():g}; expected numbers up to {LARGEST:g}")
    return seen


def target_units(moments: Moments) -> tuple[np.ndarray, np.ndarray]:
    """(mean, scale), both (outputs,), of targets with these moments."""
    return moments.mean, np.where(moments.constant(np.float64), 1.0, np.sqrt(moments.variance))
