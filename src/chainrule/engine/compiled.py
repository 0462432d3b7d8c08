"""The compiled engine: a network executed in stages, by kernels where there is one, by definitions elsewhere."""

import math
import threading
from itertools import count
from typing import NamedTuple
from weakref import WeakSet

import numpy as np

from chainrule.base.forking import in_forked_children
from chainrule.base.numbers import whole_number
from chainrule.base.random import Source
from chainrule.base.ranks import current
from chainrule.engine.bound import Bound
from chainrule.engine.forward import Forwards
from chainrule.engine.kernels.optimizers import update_of
from chainrule.engine.lowering import Lowering
from chainrule.engine.plan import Plan
from chainrule.engine.runtime.processors import MOST_THREADS, default_threads
from chainrule.engine.runtime.program import Program
from chainrule.engine.runtime.stopwatch import Stopwatch
from chainrule.engine.runtime.threads import run
from chainrule.engine.stage_times import stage_times
from chainrule.engine.stages.ends import Samples
from chainrule.engine.stages.step import NO_GRADIENT, Step
from chainrule.engine.stages.updates import LateUpdates, Updates, blending
from chainrule.network.engine import Engine, LayerTime
from chainrule.network.given import check_apart, check_batch, check_optimizer, check_state, check_vector
from chainrule.network.network import Network
from chainrule.training.objective import Batch
from chainrule.training.optimizers import Optimizer, State

WORTH = 1 << 19  # multiply-adds of a forward pass for which a thread is worth waking
SMALL = 1 << 17  # weights of an update likewise

_engines: WeakSet["Compiled"] = WeakSet()


@in_forked_children
def _give_turns_back() -> None:
    """A forked process has none of the threads that may hold one."""
    for engine in _engines:
        engine.take_turns()


class Done(NamedTuple):
    """The result of a step."""

    loss: float
    norm: float  # |dL/dw|; NaN where w was not moved


class Compiled(Engine):
    """The loss of a network over a batch, and its gradient. Buffers are allocated once for a batch size.

    Threads may share it. In training they take turns, as what one puts into the buffers is to be computed and taken out
    before the next one's; outputs are computed at once, each caller's in buffers of its own.
    """

    takes_mixtures = True

    def __init__(
        self,
        network: Network,
        source: Source | int = 0,
        threads: int | None = None,
        *,
        watch: Stopwatch | None = None,
    ) -> None:
        """`source` of the random words, or its seed; `threads`: at most so many; `watch`: it runs all, and times it."""
        if threads is not None:
            threads = min(whole_number("threads", threads, 1), MOST_THREADS)
        self.network, self.source = network, source if isinstance(source, Source) else Source(source)
        self.lowering = Lowering(network, self.source)
        self.layout, self.undecayed = self.lowering.layout, self.lowering.undecayed
        self.statistics = network.statistics.copy()
        self.dtype, self._size_of_w = network.w.dtype, self.lowering.layout.size
        self.threads, self.watch, self.ranks = threads or default_threads(), watch, current()
        self._work = self.lowering.work(in_bytes=False), self.lowering.work(in_bytes=True)
        self._plan: Plan | None = None
        self._bound, self._forwards = Bound(), Forwards(self.lowering, self.statistics, self.threads)
        self.take_turns()
        _engines.add(self)
        self._versions, self._version = count(1), 0  # of the w that outputs were last asked of

    def take_turns(self) -> None:
        """Whoever trains from now on waits for nobody who began before."""
        self._turn = threading.Lock()

    def plan(self, samples: int) -> Plan:
        """The stages for training on batches of that size; print it to see them."""
        if self._plan is None or self._plan.capacity < samples:
            self._bound.clear()
            self._plan = Plan(self.lowering, samples, gradients=True, threads=self.threads, statistics=self.statistics)
        return self._plan

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return self._run(w, batch, NO_GRADIENT).loss

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        return self._run(w, batch, out).loss

    def step(
        self,
        optimizer: Optimizer,
        w: np.ndarray,
        batch: Batch,
        gw: np.ndarray,
        *,
        state: State,
        clip_norm: float | None = None,
    ) -> tuple[float, float]:
        """Each part of w is moved as soon as its gradient is known; if that may be clipped, as soon as all of it is."""
        check_optimizer(optimizer, state)
        if update_of(optimizer) is None:
            check_vector("w", w, self._size_of_w, self.dtype, written=True)
            check_state(optimizer, state, w)
            return super().step(optimizer, w, batch, gw, state=state, clip_norm=clip_norm)
        return self._run(w, batch, gw, optimizer=optimizer, state=state, clip_norm=clip_norm)

    def update(self, optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        """The optimizer's kernel, each thread on some of w."""
        check_optimizer(optimizer, state)
        key = "update", id(w), id(gw), id(state.vectors), update_of(optimizer)

        def make() -> tuple[Updates, Program]:
            check_vector("w", w, self._size_of_w, self.dtype, written=True)
            check_vector("gw", gw, len(w), self.dtype)
            check_state(optimizer, state, w)
            check_apart(w=w, gw=gw, state=state.vectors)
            updates = Updates(w, state, optimizer, self.undecayed)
            return updates, Program(updates.rest(gw, squared=False) if updates.complete else [])

        with self._turn:
            updates, program = self._bound.once(key, make, w, gw, state.vectors)
            if updates.complete:
                updates.begin(optimizer, state.step)
                run(program, self._size(len(w) // SMALL))
            else:
                super().update(optimizer, w, gw, state)

    def norm(self, gw: np.ndarray) -> float:
        """|gw|: squares are summed chunk by chunk, so that threads do not matter."""

        def make() -> tuple[Updates, Program]:
            check_vector("gw", gw, dtype=self.dtype)
            updates = Updates(gw, None, None)
            return updates, Program(updates.rest(gw))

        with self._turn:
            updates, program = self._bound.once(("norm", id(gw)), make, gw)
            run(program, self._size(len(gw) // SMALL))
            return updates.norm()

    def blend(self, average: np.ndarray, w: np.ndarray, share: float) -> None:
        """Each thread some of it."""

        def make() -> tuple[np.ndarray, Program]:
            check_vector("average", average, self._size_of_w, self.dtype, written=True)
            check_vector("w", w, self._size_of_w, self.dtype)
            check_apart(average=average, w=w)
            part = np.zeros(1, self.dtype)
            return part, Program(blending(average, w, part))

        with self._turn:
            part, program = self._bound.once(("blend", id(average), id(w)), make, average, w)
            part[0] = share
            run(program, self._size(len(w) // SMALL))

    def outputs(self, w: np.ndarray, x: np.ndarray, unchanged: bool = False) -> np.ndarray:
        """y = f_w(x), in evaluation; `unchanged`: this w was the last one, and has not moved since."""
        x = self.network.check_shape(x)
        if not unchanged:
            self._version = next(self._versions)
        with self._forwards.one() as forward:
            return forward.outputs(w, x, self._version, self._execute)

    def times(self, x: np.ndarray, runs: int) -> list[LayerTime]:
        """Stage by stage: the calls of a forward pass, timed one by one."""
        watch = Stopwatch()
        engine = Compiled(self.network, self.source, 1, watch=watch)
        w = engine.layout.pack(self.network.w)
        for k in range(1 + runs):
            engine.outputs(w, x, unchanged=k > 0)
        return stage_times(watch, engine.lowering.groups, len(x))

    def _run(
        self,
        w: np.ndarray,
        batch: Batch,
        gw: np.ndarray,
        *,
        optimizer: Optimizer | None = None,
        state: State | None = None,
        clip_norm: float | None = None,
    ) -> Done:
        """A batch in training: its loss; dL/dw, if it is wanted; and the update, if there is an optimizer."""
        check_batch(self.network, batch)
        with self._turn:
            plan, n, mixes = self.plan(len(batch)), len(batch), batch.mixture is not None
            source = plan.input.take(batch.x, batch.rows)
            plan.output.take(batch)

            def make() -> tuple[Step, Program]:
                check_vector("w", w, self._size_of_w, self.dtype, written=optimizer is not None)
                if gw is not NO_GRADIENT:
                    check_vector("gw", gw, self._size_of_w, self.dtype, written=True)
                    check_apart(gw=gw, w=w, x=source.x)
                if optimizer and state:
                    check_state(optimizer, state, w)
                    check_apart(state=state.vectors, w=w, gw=gw, x=source.x)
                step = plan.step(w, n, training=True, gw=gw, mixes=mixes, source=self.source, ranks=self.ranks)
                if optimizer and state and clip_norm is None:
                    step.updates = Updates(w, state, optimizer, self.undecayed)
                elif optimizer and state:
                    step.late = LateUpdates(w, state, optimizer, self.undecayed)
                return step, plan.program(source, step, loss=True)

            vectors = state.vectors if state else None
            asked = id(plan), id(w), id(gw), id(vectors), update_of(optimizer), clip_norm is None, n, mixes, id(source)

            def do() -> Updates | None:
                key = *asked, self.ranks.rank, self.ranks.size
                step, program = self._bound.once(key, make, w, gw, vectors, source)
                updates = step.updates or step.late
                if updates and optimizer and state:
                    updates.begin(optimizer, state.step + 1, clip_norm)
                step.draw(batch)
                self._execute(program, source, -(-n // self.ranks.size), self.threads)
                return updates

            updates = self.ranks.attempt(do, self.statistics)
            if updates and state:
                state.step += 1
            return Done(plan.output.total(), updates.norm() if updates else math.nan)

    def _execute(self, program: Program, source: Samples, samples: int, most: int) -> None:
        """Run it by as many threads as a batch is worth, of so many; the result does not depend on it."""
        if self.watch is not None:
            self.watch.run(program)
        else:
            run(program, min(self._size(samples * self._work[source.x.dtype == np.uint8] // WORTH), most))

    def _size(self, worth: int) -> int:
        """Of a team: all threads, or a power of two, so that there are few teams."""
        return self.threads if worth >= self.threads else 1 << max(worth, 1).bit_length() - 1
