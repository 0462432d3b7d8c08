"""The two ends of a network in the engine: a batch's samples become the first image, the outputs meet the loss."""

from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from chainrule.engine.kernels import losses
from chainrule.engine.kernels.elementwise import add_up, addition
from chainrule.engine.kernels.samples import take_samples
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.runtime.program import Task
from chainrule.engine.stages.definition import interpreted
from chainrule.engine.stages.stage import Work
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.together import gathered
from chainrule.engine.stages.value import Value
from chainrule.losses.loss import ClassLoss
from chainrule.network.batch_gradient import gradient_by_output
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


class Term(NamedTuple):
    """Errors that are part of the loss: what the loss kernel is given beside y, and their sum."""

    t: np.ndarray  # flat, as the loss learns it
    weight: np.ndarray  # (capacity,)
    error: np.ndarray  # (capacity,)
    gy: View  # dL/dy, as far as it comes from these errors
    sum: np.ndarray  # (1,) of the errors


class Output:
    """The loss of y, and its derivative by y: by kernel for vectors, by definition for images.

    Of mixtures of two samples, the kernel meets the one's targets and then the other's.
    """

    def __init__(self, network: Network, y: Value, samples: int) -> None:
        self.loss, self.y, self.shape, self.samples = network.loss, y, network.output_shape, samples
        vector = len(network.output_shape) == 1
        self.kernel, self.options = losses.kernel_of(network.loss, network.output_shape[0]) if vector else (None, ())
        self.kind = network.w.dtype.type
        self.terms = [self._new_term(y.gradient if y.gradient.values.size else self._another_gy())]
        self.batch = Batch(np.empty(0), np.empty(0))

    def take(self, batch: Batch) -> None:
        """Keep the targets and weights of a batch for `meet`."""
        self.batch = batch
        if self.kernel is None:
            return
        if batch.mixture and len(self.terms) == 1:
            self.terms.append(self._new_term(self._another_gy()))
        for term, (t, weight) in zip(self.terms, batch.terms, strict=False):
            term.weight[: len(batch)] = 1.0 if weight is None else weight
            learned = self.loss.learned(t, self.shape).reshape(-1)
            term.t[: len(learned)] = learned

    def meet(self, step: Step) -> Work:
        """Calls that compute the errors of the batch, and dL/dy."""
        if self.kernel is None:
            return [*gathered(step, self.y.view), interpreted(self._by_definition)]
        first, *others = terms = self._terms(step.mixes)
        calls = [bind(self.kernel, self.y.view, *term[:4], *self.options) for term in terms]
        return [*calls, *(bind(addition, first.gy, other.gy, first.gy) for other in others)]

    def add_up(self, step: Step) -> Task:
        """A task that adds the errors up, once all slots are done."""
        calls = [bind(add_up, term.error, term.sum) for term in self._terms(step.mixes)]
        return Task(calls, 0, 0, step.samples, step.samples)

    def errors(self, step: Step) -> list[np.ndarray]:
        """Those that `add_up` adds up, by sample."""
        return [term.error for term in self._terms(step.mixes)]

    def total(self) -> float:
        """L(w; D') of the last run."""
        return sum(float(term.sum[0]) for term in self._terms(self.batch.mixture is not None))

    def _terms(self, mixes: bool) -> list[Term]:
        """What there is to meet; a definition meets all at once."""
        return self.terms if mixes else self.terms[:1]

    def _new_term(self, gy: View) -> Term:
        classes = isinstance(self.loss, ClassLoss)
        t = aligned_zeros(self.samples * (1 if classes else self.shape[0]), np.int64 if classes else self.kind)
        weight, error = (aligned_zeros(self.samples, np.float64) for _ in range(2))
        return Term(t, weight, error, gy, aligned_zeros(1, np.float64))

    def _another_gy(self) -> View:
        image = self.y.gradient.image
        return View(aligned_zeros(self.samples * image.stride, self.kind), image)

    def _by_definition(self) -> None:
        batch = self.batch
        y = self.y.canonical(len(batch)).reshape(-1, *self.shape)
        total, in_double = self.terms[0].error[: len(batch)], y.astype(np.float64)
        total[:] = 0
        for t, weight in batch.terms:
            error = self.loss.error(in_double, t)
            total += error if weight is None else weight * error
        if self.y.gradient.values.size:
            self.y.put(gradient_by_output(self.loss, y, batch), gradient=True)
