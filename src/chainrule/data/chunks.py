"""An array that may be larger than memory, a few samples at a time."""

from collections.abc import Iterator

import numpy as np

BYTES = 1 << 20  # of samples at a time: they and what is computed of them stay in cache


def chunks(x: np.ndarray) -> Iterator[slice]:
    """Slices of x's first axis, in order, each of about a megabyte; at least one sample."""
    samples = max(1, BYTES * len(x) // max(1, x.nbytes))
    for start in range(0, len(x), samples):
        yield slice(start, min(start + samples, len(x)))
