"""An array that may be larger than memory, a few samples at a time."""

from collections.abc import Iterator

import numpy as np

from chainrule.data.mapped import check_mapped

BYTES = 1 << 20  # of samples at a time: they and what is computed of them stay in cache


def chunks(x: np.ndarray) -> Iterator[slice]:
    """Slices of x's first axis, in order, each of about a megabyte; at least one sample.

    DataError if x is mapped and its file has changed.
    """
    samples = max(1, BYTES * len(x) // max(1, x.nbytes))
    for start in range(0, len(x), samples):
        check_mapped()
        yield slice(start, min(start + samples, len(x)))
