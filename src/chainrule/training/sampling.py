"""How mini-batches D' are drawn from D: reshuffled every epoch, drawn with replacement, or in file order."""

from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np

from chainrule.base.random import SHUFFLE, SUBSET, Draws, permutation, subset

Order = Literal["shuffle", "replacement", "file"]
ORDERS: tuple[str, ...] = get_args(Order)


def batch_count(n: int, batch_size: int) -> int:
    """Batches in an epoch of n samples; the last one may be smaller."""
    return -(-n // batch_size)


def batches(
    n: int, batch_size: int, order: Order, seed: int, *, epoch: int, first: int = 0
) -> Iterator[slice | np.ndarray]:
    """The indices of each batch of an epoch, from batch `first` on: a function of the arguments alone."""
    if batch_size >= n and order != "replacement":
        order = "file"  # one batch of all samples: a sum does not depend on their order
    indices = None
    if order == "shuffle":
        indices = permutation(Draws(seed, SHUFFLE, epoch), n)
    elif order == "replacement":
        indices = subset(Draws(seed, SUBSET, epoch), n, n)
    for k in range(first, batch_count(n, batch_size)):
        where = slice(k * batch_size, min((k + 1) * batch_size, n))
        yield where if indices is None else indices[where]
