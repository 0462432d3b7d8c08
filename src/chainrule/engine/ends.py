"""The two ends of a network in the engine: a batch's samples become the first image, the outputs meet the loss."""

from collections.abc import Callable

import numpy as np

from chainrule.engine.kernels import losses
from chainrule.engine.kernels.elementwise import copy_samples, scale_bytes
from chainrule.engine.stage import Step, Values
from chainrule.engine.threads import Phase
from chainrule.losses.loss import ClassLoss
from chainrule.network import Network
from chainrule.objective import Batch

Work = Callable[[int], None]


class Input:
    """Bytes are scaled, other numbers copied, into the planes of x."""

    def __init__(self, network: Network, x: Values) -> None:
        self.network, self.x = network, x
        self.table = network.scaling.table(np.dtype(np.float32))

    def load(self, x: np.ndarray, step: Step) -> Work:
        """What makes the samples x the input, slot by slot."""
        image, out = self.x.image, self.x.x
        x = self.network.check_shape(x)
        x = np.ascontiguousarray(x.reshape(len(x), image.channels, image.height, image.width))
        if x.dtype not in (np.uint8, np.float32, np.float64):
            x = x.astype(np.float32)
        here = np.arange(len(x))

        def run(slot: int) -> None:
            if x.dtype == np.uint8:
                scale_bytes(x, here, self.table, out, image, *step.slot(slot))
            else:
                copy_samples(x, here, out, image, *step.slot(slot))

        return run


class Output:
    """The loss of y, and its derivative by y: by kernel for vectors, by definition for images."""

    def __init__(self, network: Network, y: Values, samples: int) -> None:
        self.loss, self.y, self.shape = network.loss, y, network.output_shape
        self.kernel = losses.KERNELS.get(type(network.loss)) if len(network.output_shape) == 1 else None
        self.gy = y.gx if y.gx.size else np.empty(samples * y.image.stride, np.float32)
        self.error = np.zeros(samples)

    def meet(self, batch: Batch, step: Step) -> list[Phase | Work]:
        """What computes the errors of the batch, and dL/dy."""
        weight = np.ones(len(batch)) if batch.sample_weight is None else np.asarray(batch.sample_weight, np.float64)
        kernel, y = self.kernel, self.y
        if kernel is None:
            return [Phase(1, lambda _: self._by_definition(batch, weight))]
        kind = np.int64 if isinstance(self.loss, ClassLoss) else np.float32
        t = np.ascontiguousarray(batch.t, kind).reshape(-1)

        def run(slot: int) -> None:
            kernel(y.x, t, weight, self.shape[0], y.image.stride, self.error, self.gy, *step.slot(slot))

        return [run]

    def _by_definition(self, batch: Batch, weight: np.ndarray) -> None:
        y = self.y.canonical(len(batch)).reshape(-1, *self.shape)
        self.error[: len(batch)] = self.loss.error(y, batch.t)
        if self.y.gx.size:
            gy = self.loss.gradient(y, batch.t) * weight.astype(np.float32).reshape(-1, *[1] * len(self.shape))
            self.y.put(gy, gradient=True)

    def total(self, batch: Batch) -> float:
        """L(w; D'): the errors, weighted, in the order of the samples."""
        error = self.error[: len(batch)]
        return float(error.sum() if batch.sample_weight is None else error @ batch.sample_weight)
