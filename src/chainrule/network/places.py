"""Where named arrays stand in one flat vector, one after the other."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.base.random import WEIGHTS, Draws
from chainrule.layers.initial import Parameter, drawn
from chainrule.layers.passes import Shape

MOST_PARAMETERS = 2**40  # more than any memory holds, and few enough for NumPy to say so


class Placed(NamedTuple):
    """Where a named array stands in a flat vector."""

    name: str  # as in "conv1.w"
    parameter: Parameter
    slice: slice

    @property
    def shape(self) -> Shape:
        return self.parameter.shape

    def view(self, vector: np.ndarray) -> np.ndarray:
        return vector[self.slice].reshape(self.shape)


def lay_out(parameters: Mapping[str, Parameter]) -> list[Placed]:
    """Their places in a flat vector, one after the other."""
    places, start = [], 0
    for name, parameter in parameters.items():
        end = start + prod(parameter.shape)
        places.append(Placed(name, parameter, slice(start, end)))
        start = end
    return places


def size_of(places: Sequence[Placed]) -> int:
    """The length of the vector; NetworkError if no memory holds it."""
    size = places[-1].slice.stop if places else 0
    if size > MOST_PARAMETERS:
        raise NetworkError(f"the network has {size:,} parameters; expected at most {MOST_PARAMETERS:,}")
    return size


def check_names(parameters: Sequence[Placed], kept: Sequence[Placed]) -> None:
    """NetworkError for a parameter and a statistic of one name, which one file could not hold."""
    both = {p.name for p in parameters} & {p.name for p in kept}
    if both:
        raise NetworkError(f"{min(both)} is a parameter and a statistic; expected two names")


def initial(places: Sequence[Placed], seed: int, first: int = 0) -> np.ndarray:
    """The flat vector, float64, drawn by the seed; `first`: the number of the first of its arrays."""
    vector = np.empty(places[-1].slice.stop if places else 0)
    for k, placed in enumerate(places, start=first):
        vector[placed.slice] = drawn(placed.parameter, Draws(seed, WEIGHTS, offset=k))
    return vector
