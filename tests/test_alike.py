"""A run on ranks that are not alike: refused at its start, ended where they drift apart; and they stop together."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chainrule import SGD, DataError, Dataset, Training, UsageError
from chainrule.base.errors import ChainruleError
from chainrule.base.ranks import Ranks
from chainrule.training.descent import Result, minimise
from chainrule.training.events import BatchEvent, CheckpointEvent, EpochEvent, Event, StopTraining
from descents import EXAMPLES, Quadratic
from thread_ranks import on_ranks

TRAINING = Training(SGD(0.1), epochs=2, batch_size=5)


def runs(given: Any) -> list[Result]:
    """What two ranks come to, of which rank 1 is given something else: w, data or training, by `given(rank)`."""

    def one(ranks: Ranks) -> Result:
        how = {"w": np.ones(4), "data": EXAMPLES, "training": TRAINING, "objective": Quadratic()} | given(ranks.rank)
        listeners = how.pop("listeners", ())
        return minimise(how["objective"], how["data"], how["w"], how["training"], listeners=listeners)

    return on_ranks(2, one)


@pytest.mark.parametrize(
    ("other", "kind", "named"),
    [
        ({"w": np.full(4, 2.0)}, UsageError, "^w is .* on rank 0, .* on rank 1"),
        ({"training": replace(TRAINING, epochs=3)}, UsageError, r"^training\.epochs is 2 on rank 0, .* 3 on rank 1"),
        ({"data": Dataset(EXAMPLES.x + 1, EXAMPLES.t)}, DataError, "^the fingerprint of the data is"),
    ],
)
def test_what_is_not_the_same_is_named(other: dict[str, Any], kind: type[Exception], named: str) -> None:
    with pytest.raises(kind, match=named):
        runs(lambda rank: other if rank else {})


def test_ranks_that_are_alike_come_to_one_w() -> None:
    first, second = runs(lambda rank: {})
    alone = minimise(Quadratic(), EXAMPLES, np.ones(4), TRAINING)
    assert first.w.tobytes() == second.w.tobytes() == alone.w.tobytes()


def test_a_rank_that_comes_to_another_w_ends_the_run() -> None:
    class Drifting(Quadratic):
        """It computes otherwise from its third step on."""

        steps = 0

        def loss_and_gradient(self, w: np.ndarray, *given: Any, **more: Any) -> float:
            loss, self.steps = super().loss_and_gradient(w, *given, **more), self.steps + 1
            given[1][:] *= 1 + 1e-12 * (self.steps > 2)
            return loss

    Drifting.__name__ = Quadratic.__name__
    with pytest.raises(ChainruleError, match=r"^after 4 steps\.w is .* on rank 0, .* on rank 1"):
        runs(lambda rank: {"objective": Drifting()} if rank else {})


@pytest.mark.parametrize("rank", [0, 1])
def test_what_stops_one_rank_stops_all(rank: int) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, BatchEvent) and event.progress.state.step == 1:
            raise StopTraining("enough")

    first, second = runs(lambda own: {"listeners": [stop]} if own == rank else {})
    once = minimise(Quadratic(), EXAMPLES, np.ones(4), TRAINING, listeners=[stop])
    assert first.w.tobytes() == second.w.tobytes() == once.w.tobytes()
    assert first.reason == second.reason == once.reason == "enough"


@pytest.mark.parametrize("rank", [0, 1])
def test_a_checkpoint_that_one_rank_asks_for_is_made_by_all(rank: int) -> None:
    made: list[list[tuple[int, int]]] = [[], []]

    def listeners(own: int) -> dict[str, Any]:
        def listen(event: Event) -> None:
            if isinstance(event, BatchEvent) and own == rank and event.progress.state.step == 3:
                event.progress.due = True
            if isinstance(event, CheckpointEvent) and not isinstance(event, EpochEvent):
                made[own].append((event.progress.epoch, event.progress.batch))

        return {"listeners": [listen]}

    runs(listeners)
    assert made[0] == made[1] == [(1, 0), (1, 1), (2, 0)]
