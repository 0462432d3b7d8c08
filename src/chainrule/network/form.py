"""The form that a network is given when it is made: its input's shape, and its numbers' type."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import short
from chainrule.layers.passes import Shape

MOST_NUMBERS = 2**40
"""Of one sample: more than any memory holds."""


def checked_dtype(dtype: Any) -> np.dtype:
    """float32 or float64; NetworkError for others."""
    try:
        found = np.dtype(dtype) if isinstance(dtype, type | np.dtype | str) else None
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise NetworkError(f"the network's dtype is {short(dtype)}; expected np.float32 or np.float64")
    return found


def checked_shape(shape: int | Sequence[int]) -> Shape:
    """The input shape as a tuple; NetworkError unless it is (n,), (channels, length) or (channels, height, width)."""
    given: Any = shape
    several = (isinstance(shape, Sequence) and not isinstance(shape, str | bytes | memoryview)) or (
        isinstance(shape, np.ndarray) and shape.ndim > 0
    )
    found: tuple[Any, ...] = tuple(given) if several else (given,)
    if len(found) not in (1, 2, 3) or not all(is_whole(n, 1) for n in found):
        expected = "expected (n,), (channels, length) or (channels, height, width), all above 0"
        raise NetworkError(f"the input shape is {short(shape)}; {expected}")
    if prod(map(int, found)) > MOST_NUMBERS:
        raise NetworkError(f"the input shape is {short(shape)}; expected at most {MOST_NUMBERS:,} numbers a sample")
    return tuple(int(n) for n in found)
