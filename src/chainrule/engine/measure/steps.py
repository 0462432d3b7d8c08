"""Steps of a real training, so that what is sparse is as sparse as it is there; and how long they take."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from statistics import median
from time import perf_counter

import numpy as np

from chainrule.base.errors import DivergedError
from chainrule.base.showing import brief
from chainrule.data.dataset import Dataset
from chainrule.engine.compiled import Compiled
from chainrule.engine.lowering import layout_of
from chainrule.engine.measure.profile import Row, rows, watch_of, watched
from chainrule.network.network import Network
from chainrule.training.drawing import batch_of
from chainrule.training.objective import Batch
from chainrule.training.optimizers import Optimizer
from chainrule.training.sampling import batches
from chainrule.training.settings import Training

ROUNDS = 5  # in which engines take turns, so that a slow moment of the machine does not hit one of them alone


class Steps:
    """A training, step by step, by any compiled engines in turn; all batches are of one size."""

    def __init__(self, network: Network, data: Dataset, training: Training) -> None:
        self.data, self.training, self.samples = data, training, training.batch_size or len(data)
        self.w = layout_of(network).pack(network.w)
        self.gw, self.state = np.zeros_like(self.w), training.optimizer.new_state(self.w)
        self._batches = self._draw()

    def run(self, engine: Compiled, steps: int) -> list[float]:
        """Go on for so many steps; the seconds that each took."""
        return [self._step(engine, *next(self._batches)) for _ in range(steps)]

    def _step(self, engine: Compiled, optimizer: Optimizer, batch: Batch) -> float:
        began = perf_counter()
        loss, norm = engine.step(optimizer, self.w, batch, self.gw, state=self.state, clip_norm=self.training.clip_norm)
        seconds = perf_counter() - began
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise DivergedError(f"step {self.state.step}: the loss is {loss}, |dL/dw| is {norm}; try a larger batch")
        return seconds

    def _draw(self) -> Iterator[tuple[Optimizer, Batch]]:
        """Epoch after epoch, except what an epoch leaves that is no whole batch."""
        n, training = self.samples, self.training
        for epoch in count():
            for indices in batches(len(self.data), n, training.order, training.seed, epoch=epoch):
                batch, _ = batch_of(self.data, indices, training, epoch=epoch, step=self.state.step)
                if len(batch) == n:
                    yield training.optimizer_at(epoch), batch


@dataclass(frozen=True)
class Measured:
    """The rows of a watched engine; the seconds of a whole step by others, on one thread and on a team's."""

    rows: list[Row]
    one_thread: float
    team: float
    threads: int  # of the team, at most

    __repr__ = brief

    @property
    def calls(self) -> Row:
        """The row of all timed calls together."""
        seconds, made = sum(row.seconds for row in self.rows), sum(row.executed for row in self.rows)
        return Row(len(self.rows), "all calls", "", seconds, made, sum(row.dense for row in self.rows))


def measure(steps: Steps, network: Network, threads: int | None, *, after: int, counted: int, warmup: int) -> Measured:
    """Train for `after` steps, then time `counted` steps of each engine, `warmup` more before each of its turns."""
    source = steps.training.source(len(steps.data))
    timed, one, team = watched(network, source), Compiled(network, source, 1), Compiled(network, source, threads)
    steps.run(team, after)
    engines = [timed, one] if team.threads == 1 else [timed, one, team]
    seconds: dict[Compiled, list[float]] = {engine: [] for engine in engines}
    calls = []
    for k in range(min(ROUNDS, counted)):
        turn = counted * (k + 1) // min(ROUNDS, counted) - len(seconds[one])
        for engine in engines:
            steps.run(engine, warmup)
            seconds[engine] += steps.run(engine, turn)
        calls += watch_of(timed).runs[-turn:]
    alone = median(seconds[one])
    return Measured(rows(timed, calls, steps.samples), alone, median(seconds.get(team, seconds[one])), team.threads)
