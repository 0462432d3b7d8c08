"""Numbers in another float type: rounded, but never made infinite."""

import numpy as np

from chainrule.base.errors import DataError, warn

COARSE = 1e-4
"""In standard deviations: the rounding by float32 from which on numbers are doubtful."""


def rounded(name: str, values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The values in `dtype`, contiguous; DataError, with their name, if one is too large for that."""
    with np.errstate(over="ignore"):
        result = np.asarray(values, dtype, order="C")  # () stays ()
    too_large = values[np.isinf(result) & np.isfinite(values)]
    if len(too_large):
        raise DataError(f"{name} holds {too_large[0]:.3g}, which is too large for {dtype}")
    return result


def doubt_rounding(name: str, mean: np.ndarray, std: np.ndarray) -> None:
    """Warn if float32 is too coarse for numbers of that mean and standard deviation."""
    part = float((np.finfo(np.float32).eps / 2 * np.abs(mean) / std).max())
    if part > COARSE:
        warn(f"{name} is in float32, whose rounding is {part:.2g} of a standard deviation")
