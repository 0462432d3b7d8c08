"""What ranks that compute a batch together let one another have of it.

Every rank has buffers for all of the batch, which lie alike on all of them. It computes its own slots, which are whole
and stand side by side; before somebody needs what all have made, that is exchanged in place. What is made of it is then
made by every rank, or, if it is much, by each in part: either way by the same kernels, in the same order, so that no
bit depends on how many ranks there are.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from chainrule.base.ranks import Ranks
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import EXCHANGE, PerSlot
from chainrule.engine.runtime.program import Phase
from chainrule.engine.stages.step import Step

WORTH = (
    96  # samples of a sum, or rows of matrices, from which on to share its weights out is less than to make them all
)

Some = TypeVar("Some")


class Parts(NamedTuple):
    """An array, of each row of which rank r has what ends before ends[r] and begins where the rank before ends."""

    whole: np.ndarray
    ends: Sequence[int]

    def exchange(self, ranks: Ranks) -> None:
        ranks.exchange(self.whole, self.ends)


class Turned(NamedTuple):
    """A matrix, of which each rank has what its samples are in, and is to have what it owns: rows, or columns."""

    whole: np.ndarray
    rows: Sequence[int]
    columns: Sequence[int]
    has_rows: bool

    def exchange(self, ranks: Ranks) -> None:
        ranks.turn(self.whole, self.rows, self.columns, has_rows=self.has_rows)


class Exchange:
    """A function of the interpreter, as it stands in a phase."""

    role = EXCHANGE

    def __init__(self, step: Step, made: Sequence[Any]) -> None:
        self.ranks, self.made, self.parts = step.ranks, made, [_parts(step, each) for each in made]

    def __call__(self) -> None:
        for part in self.parts:
            part.exchange(self.ranks)


def gathered(step: Step, *made: Any) -> list[Phase]:
    """A phase after which every rank has what all have made: images (`View`), sums by slot (`PerSlot`), an array of a
    number a sample, `Parts`, or what is `Turned`; no phase, if nobody else is there."""
    if step.ranks.size == 1 or not made:
        return []
    return [Phase(functions=[Exchange(step, made)])]


def settled(step: Step) -> list[Phase]:
    """A phase behind which nothing is done again, though a rank may have died: only then w may move."""
    return [Phase(functions=[step.ranks.settle])] if step.ranks.survive else []


def rows_of(step: Step, whole: np.ndarray, row: int) -> Parts:
    """Of matrices side by side, (places, floats), the rows that samples make: `row` floats for each."""
    return Parts(whole, [row * last for last in step.lasts])


def divides(step: Step, samples: int) -> bool:
    """Whether weights, of each of which so many samples are summed, have owners among the ranks."""
    return step.ranks.size > 1 and samples >= WORTH


def owned(step: Step, whole: Sequence[Some]) -> Sequence[Some]:
    """A rank's own of things that the ranks share out."""
    rank, size = step.ranks.rank, step.ranks.size
    return whole[len(whole) * rank // size : len(whole) * (rank + 1) // size]


def shared_out(step: Step, whole: np.ndarray, ends: Sequence[int]) -> Parts:
    """The parts of an array whose things end there, once their owners have made them."""
    return Parts(whole, owned_ends(step, ends))


def owned_ends(step: Step, ends: Sequence[int]) -> list[int]:
    """Where each rank's own of things ends, which end there."""
    size = step.ranks.size
    behind = [len(ends) * (rank + 1) // size for rank in range(size)]
    return [ends[k - 1] if k else 0 for k in behind]


def by_owners(step: Step, of: View, ends: Sequence[int]) -> Turned:
    """Of all samples those numbers that a rank owns, where what they are owned with ends there in each."""
    matrix = of.values[: step.samples * of.image.stride].reshape(step.samples, of.image.stride)
    return Turned(matrix, step.lasts, owned_ends(step, ends), has_rows=True)


def by_places(step: Step, made: Parts) -> Turned:
    """Of matrices side by side those that a rank owns, whole."""
    places = range(1, len(made.whole) + 1)
    return Turned(made.whole, owned_ends(step, places), made.ends, has_rows=False)


def own(step: Step, of: View) -> View:
    """A view that begins with the rank's first sample."""
    return of._replace(values=of.values[step.own[0] * of.image.stride :])


def _parts(step: Step, made: Any) -> Parts:
    if isinstance(made, View):
        stride = made.image.stride
        return Parts(made.values[: step.samples * stride], [stride * last for last in step.lasts])
    if isinstance(made, PerSlot):
        sums = made.array[: step.slots]
        return Parts(sums.reshape(-1), [sums.shape[1] * slots.stop for slots in step.shares])
    if isinstance(made, np.ndarray):
        return Parts(made[: step.samples], step.lasts)
    return made
