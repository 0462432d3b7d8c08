"""The reference engine: a network executed by its layers' definitions, in w's own float type."""

import numpy as np

from chainrule.engine.checks import as_samples, check_batch, check_state, check_vector
from chainrule.network import Network, OnReady
from chainrule.objective import Batch, Objective
from chainrule.optimizers import Optimizer, State
from chainrule.random import Draws, check_seed


class Reference(Objective):
    """The loss of a network over a batch, and its gradient by back propagation."""

    def __init__(self, network: Network, seed: int = 0) -> None:
        self.network = network
        self.seed = check_seed(seed)

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return self._loss(self._forward(w, batch)[-1], batch)

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray, on_ready: OnReady | None = None) -> float:
        xs = self._forward(w, batch)
        check_vector("gw", out, len(w), w.dtype, written=True)
        self.network.backward(w, xs, self._output_gradient(xs[-1], batch), out, self._draws(batch), on_ready)
        return self._loss(xs[-1], batch)

    def update(self, optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        check_vector("w", w, self.network.size, written=True)
        check_vector("gw", gw, len(w), w.dtype)
        check_state(optimizer, state, w)
        optimizer.update(w, gw, state)

    def norm(self, gw: np.ndarray) -> float:
        check_vector("gw", gw)
        return super().norm(gw)

    def outputs(self, w: np.ndarray, x: np.ndarray) -> np.ndarray:
        """y = f_w(x), in evaluation."""
        check_vector("w", w, self.network.size)
        x = as_samples(self.network, x)
        return self.network.forward(w, self.network.prepare(x, w.dtype))[-1]

    def kinks(self, w: np.ndarray, batch: Batch) -> list[np.ndarray]:
        xs = self._forward(w, batch)
        found = (layer.kinks(x) for layer, x in zip(self.network.layers, xs, strict=False))
        return [kinks for kinks in found if kinks is not None]

    def trace(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> tuple[float, list[np.ndarray], list[np.ndarray]]:
        """As `loss_and_gradient`, and also every [x, x_1, ..., y] and [dL/dx, dL/dx_1, ..., dL/dy]."""
        xs, gxs = self._forward(w, batch), []
        check_vector("gw", out, len(w), w.dtype, written=True)
        gy = self._output_gradient(xs[-1], batch)
        self.network.backward(w, xs, gy, out, self._draws(batch), gxs=gxs)
        return self._loss(xs[-1], batch), xs, gxs[::-1]

    def _draws(self, batch: Batch) -> Draws:
        return Draws(self.seed, layer=0, step=batch.step, offset=batch.offset)

    def _forward(self, w: np.ndarray, batch: Batch) -> list[np.ndarray]:
        check_vector("w", w, self.network.size)
        check_batch(self.network, batch)
        return self.network.forward(w, self.network.prepare(batch.samples, w.dtype), self._draws(batch))

    def _loss(self, y: np.ndarray, batch: Batch) -> float:
        error = self.network.loss.error(y, batch.t).astype(np.float64)
        return float(error.sum() if batch.sample_weight is None else error @ batch.sample_weight)

    def _output_gradient(self, y: np.ndarray, batch: Batch) -> np.ndarray:
        gy = self.network.loss.gradient(y, batch.t)
        if batch.sample_weight is None:
            return gy
        return gy * batch.sample_weight.astype(y.dtype).reshape(-1, *[1] * (y.ndim - 1))
