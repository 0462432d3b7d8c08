"""Descent by mini-batches: the solvers sgd and adam, epoch by epoch.

    L(w; B) = sum over B of weight_i err(y_i, t_i) / weight(B) + alpha / 2 |W|^2 / weight(B)

weight(B) is the sum of the batch's weights, which are 1 unless given: the penalty, of weights and not of biases, stands
beside the sum over one batch.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.estimators.mlp.execution import Executor
from chainrule.estimators.mlp.optimizers import EarlyAdam, Momentum
from chainrule.estimators.mlp.targets import Comparison
from chainrule.training.objective import Batch, Layout, runs
from chainrule.training.optimizers import Optimizer, State
from chainrule.training.sampling import batch_count

LEAST_RATE, LOWER = 1e-6, 5.0  # of an adaptive learning rate: where it ends, and what it is divided by


@dataclass(frozen=True, eq=False)
class Samples:
    """What is learned from, or held out."""

    x: Any  # (n, features), an array or a sparse matrix
    t: np.ndarray  # (n,) classes or (n, outputs)
    weight: np.ndarray | None = None  # (n,)

    def __len__(self) -> int:
        return len(self.t)


@dataclass
class Solver:
    """What goes on from call to call: the optimizer, its learning rate, and what it remembers."""

    optimizer: Optimizer
    schedule: str = "constant"
    power: float = 0.5
    state: State | None = None  # in `Perceptron`'s order

    def __post_init__(self) -> None:
        self.learning_rate = self.initial = self.optimizer.lr

    @classmethod
    def of(cls, parameters: dict[str, Any]) -> "Solver":
        """That of an estimator with these parameters."""
        lr = parameters["learning_rate_init"]
        if parameters["solver"] == "adam":
            return cls(EarlyAdam(lr, parameters["beta_1"], parameters["beta_2"], parameters["epsilon"]))
        below_one = min(float(parameters["momentum"]), np.nextafter(1.0, 0.0))
        optimizer = Momentum(lr, below_one, bool(parameters["nesterovs_momentum"]))
        return cls(optimizer, parameters["learning_rate"], parameters["power_t"])

    def after(self, seen: int) -> None:
        """Let the learning rate fall after so many samples, if it is to."""
        if self.schedule == "invscaling":
            self.learning_rate = float(self.initial) / (seen + 1) ** self.power

    def lower(self) -> bool:
        """Lower the learning rate, as there was no progress; whether it could be."""
        if self.schedule != "adaptive" or self.learning_rate <= LEAST_RATE:
            return False
        self.learning_rate /= LOWER
        return True


class Descent:
    """A solver at work on samples, from w in `Perceptron`'s order, which stays as it is."""

    def __init__(
        self,
        solver: Solver,
        execution: tuple[Executor, Layout],
        w: np.ndarray,
        samples: Samples,
        *,
        comparison: Comparison,
        alpha: float,
        batch_size: int,
    ) -> None:
        self.solver, (self.executor, self.layout), self.samples = solver, execution, samples
        self.factor, self.told = comparison.factor, comparison.told(samples.t)
        self.alpha, self.batch_size = alpha, batch_size
        self.w = self.layout.pack(w)
        self.gw = np.zeros_like(self.w)
        self.state = self._begin()
        self.optimizer, self._weight = solver.optimizer, np.nan  # which weight it is for
        self.decayed = [part for part, decays in runs(self.executor.undecayed, len(self.w)) if decays]

    def _begin(self) -> State:
        found = self.solver.state
        if found is None:
            return self.solver.optimizer.new_state(self.w)
        return State(np.stack([self.layout.pack(vector) for vector in found.vectors]), found.step)

    def epoch(self, order: np.ndarray | None) -> float:
        """Learn from all samples once, in that order (None: as they stand); the mean loss, each before its update."""
        n, total = len(self.samples), 0.0
        for k in range(batch_count(n, self.batch_size)):
            where = slice(k * self.batch_size, min((k + 1) * self.batch_size, n))
            batch, weight = self._batch(where if order is None or self.batch_size >= n else order[where])
            if weight == 0:
                continue  # nothing to average
            if (self.solver.learning_rate, weight) != (self.optimizer.lr, self._weight):
                decay, self._weight = self.alpha / weight, weight
                self.optimizer = replace(self.optimizer, lr=self.solver.learning_rate, weight_decay=decay)
            penalty = 0.5 * self.alpha / weight * self._squares() if self.alpha else 0.0
            loss, _ = self.executor.step(self.optimizer, self.w, batch, self.gw, state=self.state)
            total += (loss * self.told + penalty) * len(batch)
        return total / n

    def parameters(self) -> np.ndarray:
        """A copy of w in `Perceptron`'s order."""
        return self.layout.unpack(self.w)

    def end(self) -> None:
        """Let the solver remember."""
        vectors = np.stack([self.layout.unpack(vector) for vector in self.state.vectors])
        self.solver.state = State(vectors, self.state.step)

    def _batch(self, rows: slice | np.ndarray) -> tuple[Batch, float]:
        """These samples, and what they weigh together; each counts its share of that."""
        x, weight = self.samples.x, self.samples.weight
        x, rows_of_x = (x[rows], None) if isinstance(rows, slice) else (x, rows)
        t = self.samples.t[rows]
        if weight is None:
            return Batch(x, t, shares(len(t), self.factor), step=self.state.step, rows=rows_of_x), float(len(t))
        total = float(weight[rows].sum())
        share = weight[rows] * (self.factor / total) if total else weight[rows]
        return Batch(x, t, share, step=self.state.step, rows=rows_of_x), total

    def _squares(self) -> float:
        """|W|^2."""
        return float(sum(np.dot(self.w[part], self.w[part]) for part in self.decayed))


@lru_cache(maxsize=4)  # batches have one size, but for the last of an epoch
def shares(n: int, factor: float) -> np.ndarray:
    """(n,) factor / n, read-only."""
    found = np.full(n, factor / n)
    found.flags.writeable = False
    return found
