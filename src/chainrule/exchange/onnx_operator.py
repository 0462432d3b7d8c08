"""One operator of an ONNX graph, before there is a graph."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

FLOAT32 = np.dtype(np.float32)
Attributes = dict[str, Any]  # numbers, and lists of whole ones


@dataclass(frozen=True)
class Operator:
    """`output` = `kind`(the values called `inputs`, the constants)."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: Attributes = field(default_factory=dict)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    about: str = ""

    @property
    def arguments(self) -> list[str]:
        """All that it reads: where a constant comes first, `inputs` says so."""
        return [*self.inputs, *(name for name in self.constants if name not in self.inputs)]

    def renamed(self, names: dict[str, str]) -> "Operator":
        """The same, where what it reads and gives has the names that stand for its own."""
        inputs = tuple(names.get(name, name) for name in self.inputs)
        constants = {names.get(name, name): array for name, array in self.constants.items()}
        return replace(self, inputs=inputs, output=names.get(self.output, self.output), constants=constants)
