"""The compiled engine: a network executed in stages, by kernels where there is one, by definitions elsewhere."""

import math

import numpy as np

from chainrule.engine.kernels.optimizers import CHUNK, chunks, squares, update
from chainrule.engine.plan import Plan, layout_of
from chainrule.engine.stage import Step
from chainrule.engine.threads import Phase, Team, default_threads, team_of
from chainrule.errors import UsageError
from chainrule.network import Network, OnReady
from chainrule.objective import Batch, Objective
from chainrule.optimizers import Optimizer, State
from chainrule.random import Draws, check_seed

WORTH = 1 << 22  # multiply-adds of a forward pass for which a thread is worth waking
SMALL = 1 << 17  # weights of an update likewise


class Compiled(Objective):
    """The loss of a float32 network over a batch, and its gradient. Buffers are allocated once for a batch size."""

    def __init__(self, network: Network, seed: int = 0, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise UsageError(f"threads is {threads}; expected at least 1")
        self.network, self.seed = network, check_seed(seed)
        self.layout = self._permuted = layout_of(network)
        self.threads = threads or default_threads()
        self._multiply_adds = sum(
            layer.multiply_adds(shape) for layer, shape in zip(network.layers, network.shapes[:-1], strict=True)
        )
        self._training: Plan | None = None
        self._inference: Plan | None = None

    def plan(self, samples: int) -> Plan:
        """The stages for training on batches of that size; print it to see them."""
        return self._plan(samples, training=True)

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        plan = self._plan(len(batch), training=True)
        self._team(len(batch)).run(plan.loss(batch, Step(w, len(batch), plan.slots(len(batch)), self._draws(batch))))
        return plan.output.total(batch)

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray, on_ready: OnReady | None = None) -> float:
        plan = self._plan(len(batch), training=True)
        step = Step(w, len(batch), plan.slots(len(batch)), self._draws(batch), out)
        self._team(len(batch)).run(plan.gradient(batch, step))
        if on_ready:
            on_ready(slice(0, len(w)))
        return plan.output.total(batch)

    def update(self, optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        """The optimizer's kernel, each thread on some of w."""
        count = min(self.threads, 1 + len(w) // SMALL)

        def part(k: int) -> None:
            update(optimizer, w, gw, state, k * len(w) // count, (k + 1) * len(w) // count)

        team_of(count).run([Phase(count, part)])

    def norm(self, gw: np.ndarray) -> float:
        """|gw|: squares are summed chunk by chunk, so that threads do not matter."""
        sums = np.empty(chunks(len(gw)))
        count = min(self.threads, 1 + len(gw) // SMALL)

        def part(k: int) -> None:
            squares(gw, np.empty(CHUNK // 4), sums, k * len(sums) // count, (k + 1) * len(sums) // count)

        team_of(count).run([Phase(count, part)])
        return math.sqrt(float(sums.sum()))

    def outputs(self, w: np.ndarray, x: np.ndarray) -> np.ndarray:
        """y = f_w(x), in evaluation."""
        plan = self._plan(len(x), training=False)
        self._team(len(x)).run(plan.evaluate(x, Step(w, len(x), plan.slots(len(x)))))
        return plan.outputs(len(x))

    def _team(self, samples: int) -> Team:
        """As many threads as a batch is worth; the result does not depend on it."""
        return team_of(max(1, min(self.threads, samples * self._multiply_adds // WORTH)))

    def _draws(self, batch: Batch) -> Draws:
        return Draws(self.seed, layer=0, step=batch.step, offset=batch.offset)

    def _plan(self, samples: int, training: bool) -> Plan:
        """A plan with room for so many samples; the one there is, if it has."""
        plan = self._training if training else self._inference or self._training
        if plan is None or plan.capacity < samples:
            plan = Plan(self.network, self._permuted, samples, gradients=training, threads=self.threads)
            if training:
                self._training = plan
            else:
                self._inference = plan
        return plan
