"""The two ends of a network in the engine: a batch's samples become the first image, the outputs meet the loss."""

from dataclasses import dataclass
from math import prod

import numpy as np

from chainrule.engine.kernels import losses
from chainrule.engine.kernels.elementwise import add_up
from chainrule.engine.kernels.samples import take_samples
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.runtime.program import Task
from chainrule.engine.stages.definition import interpreted
from chainrule.engine.stages.stage import Work
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.value import Value
from chainrule.losses.loss import ClassLoss
from chainrule.network.network import Network
from chainrule.training.objective import Batch

KINDS = np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64)  # of samples that kernels read


@dataclass(frozen=True, eq=False)
class Samples:
    """Where the samples of a batch stand."""

    x: np.ndarray  # flat
    rows: np.ndarray  # (capacity,) int64; the first so many are the batch's


class Input:
    """Bytes are scaled, other numbers copied, into x: out of the data themselves, if these are as kernels
    read them, or else out of a copy of the batch."""

    def __init__(self, network: Network, x: Value, samples: int) -> None:
        self.network, self.x, self.samples = network, x, samples
        table = network.scaling.table(np.dtype(np.float64))
        self.dtype = network.w.dtype
        self.zero, self.step = self.dtype.type(table[0]), self.dtype.type(table[1] - table[0])  # scaling is affine
        self._staged: dict[np.dtype, Samples] = {}
        self._data: tuple[np.ndarray, Samples] | None = None  # what batches were last taken from

    def take(self, x: np.ndarray, rows: np.ndarray | None = None) -> Samples:
        """Keep the samples x, or x[rows], for `load`."""
        if rows is None or not (x.dtype in KINDS and x.flags.c_contiguous and x.flags.aligned):
            return self._stage(x if rows is None else x.take(rows, axis=0))
        if self._data is None or self._data[0] is not x:
            self._data = x, Samples(self.network.check_shape(x).reshape(-1), aligned_zeros(self.samples, np.int64))
        source = self._data[1]
        source.rows[: len(rows)] = rows
        return source

    def _stage(self, x: np.ndarray) -> Samples:
        x = self.network.check_shape(x)
        kind = x.dtype if x.dtype in KINDS else self.dtype
        staged = self._staged.get(kind)
        if staged is None:
            room = aligned_zeros(self.samples * prod(self.network.shapes[0]), kind.type)
            staged = self._staged[kind] = Samples(room, np.arange(self.samples))
        staged.x[: x.size].reshape(x.shape)[...] = x
        return staged

    def shift(self, source: Samples) -> float:
        """c, which a byte of 0 becomes; 0 for other numbers."""
        return float(self.zero) if source.x.dtype == np.uint8 else 0.0

    def load(self, source: Samples, shift: float) -> Work:
        """Calls that make the samples that were taken, less `shift`, the network's input."""
        scaling = self.dtype.type(0), self.dtype.type(1)
        if source.x.dtype == np.uint8:
            scaling = self.zero - self.dtype.type(shift), self.step
        return [bind(take_samples, source.x, source.rows, self.x.view, *scaling)]


class Output:
    """The loss of y, and its derivative by y: by kernel for vectors, by definition for images."""

    def __init__(self, network: Network, y: Value, samples: int) -> None:
        self.loss, self.y, self.shape = network.loss, y, network.output_shape
        vector = len(network.output_shape) == 1
        self.kernel, self.options = losses.kernel_of(network.loss, network.output_shape[0]) if vector else (None, ())
        self.gy, kind = y.gradient, network.w.dtype.type
        if not self.gy.values.size:
            self.gy = View(aligned_zeros(samples * y.gradient.image.stride, kind), y.gradient.image)
        self.error = aligned_zeros(samples, np.float64)
        self.weight = aligned_zeros(samples, np.float64)
        self.sum = aligned_zeros(1, np.float64)
        classes = isinstance(self.loss, ClassLoss)
        self.t = aligned_zeros(samples * (1 if classes else self.shape[0]), np.int64 if classes else kind)
        self.batch = Batch(np.empty(0), np.empty(0))

    def take(self, batch: Batch) -> None:
        """Keep the targets and weights of a batch for `meet`."""
        self.batch = batch
        self.weight[: len(batch)] = 1.0 if batch.sample_weight is None else batch.sample_weight
        if self.kernel is not None:
            t = self.loss.learned(batch.t, self.shape).reshape(-1)
            self.t[: len(t)] = t

    def meet(self, step: Step) -> Work:
        """Calls that compute the errors of the batch, and dL/dy."""
        if self.kernel is None:
            return [interpreted(self._by_definition)]
        return [bind(self.kernel, self.y.view, self.t, self.weight, self.error, self.gy, *self.options)]

    def _by_definition(self) -> None:
        batch = self.batch
        y = self.y.canonical(len(batch)).reshape(-1, *self.shape)
        self.error[: len(batch)] = self.weight[: len(batch)] * self.loss.error(y.astype(np.float64), batch.t)
        if self.y.gradient.values.size:
            weight = self.weight[: len(batch)].astype(y.dtype).reshape(-1, *[1] * len(self.shape))
            self.y.put(self.loss.gradient(y, batch.t) * weight, gradient=True)

    def add_up(self, step: Step) -> Task:
        """A task that adds the errors up, once all slots are done."""
        return Task([bind(add_up, self.error, self.sum)], 0, 0, step.samples, step.samples)

    def total(self) -> float:
        """L(w; D') of the last run."""
        return float(self.sum[0])
