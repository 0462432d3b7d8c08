"""The form that a network is given when it is made: its input's shape, and its numbers' type."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.base.arguments import in_a_row
from chainrule.base.errors import NetworkError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import short
from chainrule.layers.passes import Shape
from chainrule.layers.shapes import check_room


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
    found: tuple[Any, ...] = tuple(shape) if in_a_row(shape) else (shape,)
    if len(found) not in (1, 2, 3) or not all(is_whole(n, 1) for n in found):
        expected = "(n,), (channels, length) or (channels, height, width), all above 0"
        raise NetworkError(f"the input shape is {short(shape)}; expected {expected}")
    found = tuple(map(int, found))
    check_room(found, "the input shape is")
    return found
