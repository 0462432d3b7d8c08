"""What can be told of a value, exactly: two of which the same is told are the same, in whatever memory they lie."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

import chainrule as cr

DEEPEST = 5
CLOCKS = "seconds", "samples_per_second"


def told(value: Any, depth: int = 0) -> str:
    """Of numbers their shape and their values, in whatever type; of objects their fields."""
    if isinstance(value, np.ndarray):
        exact = value.dtype.kind in "biuf"
        digest = hashlib.sha1(value.astype(np.float64).tobytes()).hexdigest() if exact else repr(value.tolist())
        return f"{value.shape} {digest}"
    if isinstance(value, cr.Network):
        return f"{value!r} {told(value.w)} {value.schema!r}"
    if depth < DEEPEST and is_dataclass(value) and not isinstance(value, type):
        named = {each.name: getattr(value, each.name) for each in fields(value) if each.name not in CLOCKS}
        return type(value).__name__ + told(named, depth)
    if depth < DEEPEST and isinstance(value, Mapping):
        return str([(name, told(each, depth + 1)) for name, each in value.items()])
    if depth < DEEPEST and isinstance(value, list | tuple):
        return str([told(each, depth + 1) for each in value])
    text = repr(value)
    return type(value).__name__ if " at 0x" in text else text
