"""Channels: the second axis of x (s, c, ...), however many axes of pixels follow; of vectors, features."""

import numpy as np


def along_channels(numbers: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The numbers (c,), shaped so that each goes with all of its channel."""
    return numbers.reshape(-1, *[1] * (x.ndim - 2))


def sum_of_channels(x: np.ndarray) -> np.ndarray:
    """(c,): the sum over samples and pixels."""
    return x.sum(axis=(0, *range(2, x.ndim)))
