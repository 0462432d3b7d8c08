"""The reference engine: a network executed by its layers' definitions, in w's own float type.

Products of matrices are NumPy's. Its BLAS cuts large ones as it has threads, and the order of a sum with them: the bits
are the same for the same number of BLAS threads (OPENBLAS_NUM_THREADS, say), and for another within rounding.
"""

from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from chainrule.base.arrays import read_only
from chainrule.base.random import Source
from chainrule.layers import graph as graphs
from chainrule.layers.layer import Context, within
from chainrule.layers.passes import write_gradients
from chainrule.network.batch_gradient import gradient_by_output
from chainrule.network.engine import Engine, LayerTime, register_engine
from chainrule.network.given import check_apart, check_batch, check_optimizer, check_state, check_vector
from chainrule.network.network import Network
from chainrule.training.objective import Batch
from chainrule.training.optimizers import Optimizer, State


@register_engine("reference")
class Reference(Engine):
    """The loss of a network over a batch, and its gradient by back propagation."""

    takes_mixtures = True

    def __init__(self, network: Network, source: Source | int = 0, threads: int | None = None) -> None:
        """`source` of the random words, or its seed. `threads` is for other engines: NumPy has its own."""
        self.network = network
        self.source = source if isinstance(source, Source) else Source(source)

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return self.loss_of(self.forward(w, batch)[0], batch)

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        y, saved = self.forward(w, batch)
        check_vector("gw", out, len(w), w.dtype, written=True)
        check_apart(gw=out, w=w, x=batch.x)
        gy, named = self.output_gradient(y, batch), self.network.named(read_only(w))
        gw = self.network.parameter_gradients(gy, saved, named, self.context(batch))
        write_gradients(gw, self.network.named(out))
        return self.loss_of(y, batch)

    def outputs(self, w: np.ndarray, x: np.ndarray, unchanged: bool = False) -> np.ndarray:
        check_vector("w", w, self.network.size)
        x = self.network.prepare(self.network.check_shape(x), w.dtype)
        return self.network.forward(x, self.network.named(read_only(w)), self.context())[0]

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
        self._check_moved(optimizer, w, gw, state)
        return super().step(optimizer, w, batch, gw, state=state, clip_norm=clip_norm)

    def update(self, optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        self._check_moved(optimizer, w, gw, state)
        super().update(optimizer, w, gw, state)

    def _check_moved(self, optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        """UsageError for what an optimizer cannot move by, or from."""
        check_optimizer(optimizer, state)
        check_vector("w", w, self.network.size, written=True)
        check_vector("gw", gw, len(w), w.dtype)
        check_state(optimizer, state, w)
        check_apart(w=w, gw=gw, state=state.vectors)

    def norm(self, gw: np.ndarray) -> float:
        check_vector("gw", gw)
        return super().norm(gw)

    def kinks(self, w: np.ndarray, batch: Batch) -> list[np.ndarray]:
        check_vector("w", w, self.network.size)
        check_batch(self.network, batch)
        graph, x = self.network.graph, self.network.prepare(batch.samples, w.dtype)
        values = graphs.forward(graph, x, self.network.named(w), self.context(batch)).values
        found = [node.layer.kinks(node.read(values)) for node in graph.nodes]
        found += [self.network.loss.kinks(values[-1], t) for t, _ in batch.terms]
        return [kinks for kinks in found if kinks is not None]

    def times(self, x: np.ndarray, runs: int) -> list[LayerTime]:
        """Layer by layer."""
        named, graph = self.network.named(), self.network.graph
        clocks = []
        for _ in range(runs):
            clock = [perf_counter()]
            values = [self.network.prepare(x, self.network.w.dtype)]
            clock.append(perf_counter())
            for node in graph.nodes:
                w, context = within(named, node.name), node.context(self.context())
                values.append(node.layer.forward(node.read(values), w, context)[0])
                clock.append(perf_counter())
            clocks.append(np.diff(clock))
        names = [(), *((node.name,) for node in graph.nodes)]
        return [
            LayerTime(each, median(taken) / len(x))
            for each, taken in zip(names, np.transpose(clocks).tolist(), strict=True)
        ]

    def context(self, batch: Batch | None = None) -> Context:
        """Of training on a batch; without one, of evaluation."""
        statistics = self.network.named_statistics(self.statistics)
        if batch is None:
            return Context(statistics=statistics)
        return Context(True, self.source.draws(batch.step, batch.offset), statistics)

    def forward(self, w: np.ndarray, batch: Batch) -> tuple[np.ndarray, Any]:
        """(y, saved), in training."""
        check_vector("w", w, self.network.size)
        check_batch(self.network, batch)
        x = self.network.prepare(batch.samples, w.dtype)
        return self.network.forward(x, self.network.named(read_only(w)), self.context(batch))

    def loss_of(self, y: np.ndarray, batch: Batch) -> float:
        """The sum of the samples' weighted errors."""
        total, y = 0.0, y.astype(np.float64)
        for t, weight in batch.terms:
            error = self.network.loss.error(y, t)
            total += float(error.sum() if weight is None else error @ weight)
        return total

    def output_gradient(self, y: np.ndarray, batch: Batch) -> np.ndarray:
        """dL/dy."""
        return gradient_by_output(self.network.loss, y, batch)
