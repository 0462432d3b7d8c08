"""The arrays of a model file: of the shape and type that they must have, and finite."""

import numpy as np

from chainrule.base.errors import ModelError
from chainrule.exchange.tensor_file import Stored, TensorFile
from chainrule.layers.passes import Shape
from chainrule.network.given import check_finite

Tensors = dict[str, np.ndarray]


class Left:
    """The tensors of a file that nobody has taken yet; one is read when it is taken."""

    def __init__(self, file: TensorFile) -> None:
        self.file = file
        self.tensors: dict[str, Stored] = dict(file.tensors)

    def __contains__(self, name: str) -> bool:
        return name in self.tensors

    def shape(self, name: str) -> Shape:
        """Of a tensor that is there."""
        return self.tensors[name].shape

    def named(self, start: str) -> list[str]:
        """The names that begin so."""
        return [name for name in self.tensors if name.startswith(start)]

    def check(self, name: str, shape: Shape, dtype: np.dtype) -> None:
        """ModelError unless there is such a tensor."""
        expected = f"expected {dtype} of shape {shape}"
        if name not in self.tensors:
            raise ModelError(f"{name} is missing; {expected}")
        stored = self.tensors[name]
        if (stored.type, stored.shape) != (str(dtype), shape):
            raise ModelError(f"{name} is {stored}; {expected}")

    def take(self, name: str, shape: Shape, dtype: np.dtype) -> np.ndarray:
        """That tensor, all of it finite numbers."""
        self.check(name, shape, dtype)
        values = self.file.read(name)
        del self.tensors[name]
        return check_finite(name, values)

    def check_none(self) -> None:
        """ModelError if one was not taken."""
        if self.tensors:
            first = min(self.tensors)
            raise ModelError(f"there is a tensor {first!r}; expected only those of the network and its training")
