"""Numbers in another float type: rounded, but never made infinite."""

import numpy as np

from chainrule.base.errors import DataError


def rounded(name: str, values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The values in `dtype`, contiguous; DataError, with their name, if one is too large for that."""
    with np.errstate(over="ignore"):
        result = np.asarray(values, dtype, order="C")  # () stays ()
    too_large = values[np.isinf(result) & np.isfinite(values)]
    if len(too_large):
        raise DataError(f"{name} holds {too_large[0]:.3g}, which is too large for {dtype}")
    return result
