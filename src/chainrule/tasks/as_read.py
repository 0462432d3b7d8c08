"""What people have, as a network reads it: the x of pictures, tables and arrays, prepared as when it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.base.errors import DataError
from chainrule.data.schema import AS_THEY_SAY, Given
from chainrule.network.network import Network
from chainrule.tasks.asking import Said, told


@dataclass
class Read(Said):
    """What was read so far; nobody is asked."""

    x: list[np.ndarray] = field(default_factory=list)

    def ask(self, x: np.ndarray, expected: int) -> np.ndarray:
        self.x.append(x)
        return np.full((len(x), self.width), np.nan)


def as_read(
    network: Network,
    inputs: Any,
    *,
    as_is: bool = False,
    missing: str | None = None,
    classes: Sequence[str] | None = None,
    given: Given = AS_THEY_SAY,
) -> np.ndarray:
    """x (s, ...) of the inputs, which are those of `chainrule.tasks.asking.ask`, as it gives them to the network.

    DataError for the first that cannot be read.
    """
    read = told(Read(network, as_is, False, missing, classes, given), inputs)
    for problem in read.problems.values():
        raise DataError(problem)
    return np.concatenate([network.check_shape(x) for x in read.x])
