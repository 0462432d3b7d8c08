"""Pictures that are all the same: nothing can be learned from them."""

import numpy as np

from chainrule.base.errors import DataError
from chainrule.data.chunks import chunks


def check_different(x: np.ndarray, source: str) -> None:
    """DataError naming the `source` if the images x (n, ...), two or more, are all the same.

    It reads no further than to the first that is different.
    """
    if len(x) < 2 or not all((x[part] == x[0]).all() for part in chunks(x)):
        return
    low, high = x[0].min(), x[0].max()
    what = f"every pixel is {low}" if low == high else "pixel for pixel"
    raise DataError(f"{source}: all {len(x)} images are the same: {what}; expected different ones")
