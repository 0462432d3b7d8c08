"""The two ends of a network in the engine: a batch's samples become the first image, the outputs meet the loss."""

from math import prod

import numpy as np

from chainrule.engine.calls import bind
from chainrule.engine.kernels import losses
from chainrule.engine.kernels.elementwise import copy_samples, scale_bytes
from chainrule.engine.stage import Step, Values, Work, interpreted
from chainrule.losses.loss import ClassLoss
from chainrule.network import Network
from chainrule.objective import Batch


class Input:
    """Bytes are scaled, other numbers copied, into the planes of x."""

    def __init__(self, network: Network, x: Values, samples: int) -> None:
        self.network, self.x, self.samples = network, x, samples
        table = network.scaling.table(np.dtype(np.float64))
        self.zero, self.step = np.float32(table[0]), np.float32(table[1] - table[0])  # scaling is affine
        self.staged: dict[np.dtype, np.ndarray] = {}

    def take(self, x: np.ndarray) -> np.dtype:
        """Keep the samples x for `load`; their type."""
        x = self.network.check_shape(x)
        kind = x.dtype if x.dtype in (np.uint8, np.float64) else np.dtype(np.float32)
        staged = self.staged.get(kind)
        if staged is None:
            staged = self.staged[kind] = np.empty(self.samples * prod(self.network.shapes[0]), kind)
        staged[: x.size].reshape(x.shape)[...] = x
        return kind

    def shift(self, kind: np.dtype) -> float:
        """What a byte of 0 becomes, of samples of that type; 0 for others."""
        return float(self.zero) if kind == np.uint8 else 0.0

    def load(self, kind: np.dtype, shift: float) -> Work:
        """What makes the samples that were taken, less `shift`, the input."""
        image, out = self.x.image, self.x.x
        if kind == np.uint8:
            return [bind(scale_bytes, self.staged[kind], self.zero - np.float32(shift), self.step, out, image)]
        return [bind(copy_samples, self.staged[kind], out, image)]


class Output:
    """The loss of y, and its derivative by y: by kernel for vectors, by definition for images."""

    def __init__(self, network: Network, y: Values, samples: int) -> None:
        self.loss, self.y, self.shape = network.loss, y, network.output_shape
        self.kernel = losses.KERNELS.get(type(network.loss)) if len(network.output_shape) == 1 else None
        self.gy = y.gx if isinstance(y.gx, np.ndarray) and y.gx.size else np.empty(samples * y.image.stride, np.float32)
        self.error, self.weight = np.zeros(samples), np.zeros(samples)
        classes = isinstance(self.loss, ClassLoss)
        self.t = np.zeros(samples * (1 if classes else self.shape[0]), np.int64 if classes else np.float32)
        self.batch = Batch(np.empty(0), np.empty(0))

    def take(self, batch: Batch) -> None:
        """Keep the targets and weights of a batch for `meet`."""
        self.batch = batch
        self.weight[: len(batch)] = 1.0 if batch.sample_weight is None else batch.sample_weight
        if self.kernel is not None:
            t = np.asarray(batch.t).reshape(-1)
            self.t[: len(t)] = t

    def meet(self, step: Step) -> Work:
        """What computes the errors of the batch, and dL/dy."""
        if self.kernel is None:
            return [interpreted(self._by_definition)]
        return [
            bind(self.kernel, self.y.x, self.t, self.weight, self.shape[0], self.y.image.stride, self.error, self.gy)
        ]

    def _by_definition(self) -> None:
        batch = self.batch
        y = self.y.canonical(len(batch)).reshape(-1, *self.shape)
        self.error[: len(batch)] = self.loss.error(y, batch.t)
        if isinstance(self.y.gx, np.ndarray) and self.y.gx.size:
            weight = self.weight[: len(batch)].astype(np.float32).reshape(-1, *[1] * len(self.shape))
            self.y.put(self.loss.gradient(y, batch.t) * weight, gradient=True)

    def total(self, batch: Batch) -> float:
        """L(w; D'): the errors, weighted, in the order of the samples."""
        error = self.error[: len(batch)]
        return float(error.sum() if batch.sample_weight is None else error @ batch.sample_weight)
