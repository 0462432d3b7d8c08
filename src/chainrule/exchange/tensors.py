"""The arrays of a model file: of the shape and type that they must have, and finite."""

from typing import Any

import numpy as np

from chainrule.base.arrays import described
from chainrule.base.errors import ModelError
from chainrule.layers.passes import Shape

Tensors = dict[str, np.ndarray]
TYPES = ("float32", "float64")


def take(left: Tensors, name: str, shape: Shape, dtype: np.dtype) -> np.ndarray:
    """That tensor, which is left no longer."""
    if name not in left:
        raise ModelError(f"{name} is missing; expected {dtype} of shape {shape}")
    tensor = left.pop(name)
    if (tensor.dtype, tensor.shape) != (dtype, shape):
        raise ModelError(f"{name} is {described(tensor)}; expected {dtype} of shape {shape}")
    return tensor


def check_type(name: Any) -> np.dtype:
    if name not in TYPES:
        raise ModelError(f"the network's type is {name!r}; expected {' or '.join(TYPES)}")
    return np.dtype(name)
