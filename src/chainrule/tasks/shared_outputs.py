"""What a network answers to many batches, of which each rank asks for some: all ranks have all answers, in order.

A batch is the same whoever asks for it, so that its answers are, too, to the bit.
"""

from collections.abc import Callable, Iterator
from math import prod

import numpy as np

from chainrule.base.ranks import ALONE, among, current
from chainrule.base.together import check_same
from chainrule.network.network import Network

MOST = 32
"""Batches of a rank between two exchanges: they bound the memory."""


def shared_outputs(
    network: Network, samples: int, batch_size: int, ask: Callable[[slice], np.ndarray]
) -> Iterator[tuple[slice, np.ndarray]]:
    """Where each batch of so many samples lies, and what `ask` finds of it: (s, *output_shape), in the type of w."""
    batches = [slice(k, min(k + batch_size, samples)) for k in range(0, samples, batch_size)]
    ranks = current()
    if ranks.size == 1 or len(batches) <= 1:
        yield from ((batch, ask(batch)) for batch in batches)
        return
    check_same({"samples to be asked about": samples, "batch_size": batch_size, "w": network.w})
    turn = min(MOST, -(-len(batches) // ranks.size))
    together = turn * ranks.size
    for k in range(0, len(batches), together):
        yield from _round(network, batches[k : k + together], turn, ask)


def _round(
    network: Network, batches: list[slice], turn: int, ask: Callable[[slice], np.ndarray]
) -> Iterator[tuple[slice, np.ndarray]]:
    """The batches that ranks ask for at once, `turn` each as far as they go; more, once one of them has died."""
    ranks, first, last = current(), batches[0].start, len(batches)
    y = np.empty((batches[-1].stop - first, *network.output_shape), network.w.dtype)

    def do() -> None:
        each = max(turn, -(-last // ranks.size))
        with among(ALONE):
            for batch in batches[each * ranks.rank : each * (ranks.rank + 1)]:
                y[batch.start - first : batch.stop - first] = ask(batch)
        width = prod(network.output_shape)
        ends = [batches[min(each * (rank + 1), last) - 1].stop - first for rank in range(ranks.size)]
        ranks.exchange(y.reshape(-1), [width * end for end in ends])
        ranks.settle()

    ranks.attempt(do)
    yield from ((batch, y[batch.start - first : batch.stop - first]) for batch in batches)
