"""A multilayer perceptron as an objective: a few products of matrices, in any float type, of dense or sparse samples.

    a_0 = x,  a_k = f(a_{k-1} W_k + b_k),  y = a_{n-1} W_n + b_n
    delta_n = dL/dy,  delta_{k-1} = (delta_k W_k^T) f'(a_{k-1}),  dL/dW_k = a_{k-1}^T delta_k,  dL/db_k = sum of delta_k

W_k is (in, out), as scikit-learn has it, so that x W_k suits a sparse x; w holds all W_k, then all b_k. It agrees with
the layers' definitions (`Linear` has W^T), and makes fewer arrays.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from chainrule.engine.kernels.optimizers import WeightSpan, update_of
from chainrule.losses import Loss
from chainrule.training.objective import Batch, Objective, runs
from chainrule.training.optimizers import Optimizer, State

Arrays = list[np.ndarray]


class Activation(NamedTuple):
    """f, and what it makes of a derivative: both in place."""

    apply: Callable[[np.ndarray], Any]
    """a (s, n), which becomes f(a)."""

    derive: Callable[[np.ndarray, np.ndarray], Any]
    """f(a) and delta (s, n), which becomes delta f'(a)."""


def _identity(*_: np.ndarray) -> None:
    """Nothing changes."""


def _derive_logistic(y: np.ndarray, delta: np.ndarray) -> None:
    delta *= y
    delta *= 1 - y


def _derive_tanh(y: np.ndarray, delta: np.ndarray) -> None:
    delta *= 1 - y * y


def _derive_relu(y: np.ndarray, delta: np.ndarray) -> None:
    delta *= y > 0


ACTIVATIONS = {
    "identity": Activation(_identity, _identity),
    "logistic": Activation(lambda a: expit(a, out=a), _derive_logistic),
    "tanh": Activation(lambda a: np.tanh(a, out=a), _derive_tanh),
    "relu": Activation(lambda a: np.maximum(a, 0, out=a), _derive_relu),
}


def forward(x: Any, weights: Arrays, biases: Arrays, activation: str) -> Arrays:
    """a_0 .. a_{n-1} and y, from x (s, in), an array or a sparse matrix."""
    values = [x]
    for k, (w, b) in enumerate(zip(weights, biases, strict=True), start=1):
        a = values[-1] @ w
        a += b
        if k < len(weights):
            ACTIVATIONS[activation].apply(a)
        values.append(a)
    return values


class Perceptron(Objective):
    """units[0] inputs, hidden units with one activation, units[-1] outputs, and what these are compared with t by."""

    def __init__(self, units: Sequence[int], activation: str, loss: Loss) -> None:
        self.units, self.activation, self.loss_of = units, activation, loss
        self.shapes = [*pairwise(units), *((n,) for n in units[1:])]  # of W_1, ..., b_1, ...
        ends = np.cumsum([prod(shape) for shape in self.shapes]).tolist()
        self.places = [slice(a, b) for a, b in pairwise([0, *ends])]
        self.size, weights = ends[-1], ends[len(units) - 2]
        self.undecayed = [slice(weights, self.size)]

    @property
    def work(self) -> int:
        """Multiply-adds of one sample's forward pass."""
        return self.undecayed[0].start

    def parts(self, w: np.ndarray) -> tuple[Arrays, Arrays]:
        """(W_1 .., b_1 ..), views of w."""
        views = [w[place].reshape(shape) for place, shape in zip(self.places, self.shapes, strict=True)]
        return views[: len(views) // 2], views[len(views) // 2 :]

    def outputs(self, w: np.ndarray, x: Any) -> np.ndarray:
        """y (s, out), before what the loss makes of it."""
        return forward(x, *self.parts(w), self.activation)[-1]

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return self._sum_of_errors(self.outputs(w, samples_of(batch)), batch)

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        weights, biases = self.parts(w)
        gw, gb = self.parts(out)
        *values, y = forward(samples_of(batch), weights, biases, self.activation)
        delta = self.loss_of.gradient(y, batch.t)
        if batch.sample_weight is not None:
            delta = delta * batch.sample_weight[:, None].astype(delta.dtype)
        for k in reversed(range(len(weights))):
            _product(values[k].T, delta, out=gw[k])
            delta.sum(axis=0, out=gb[k])
            if k:
                delta = delta @ weights[k].T
                ACTIVATIONS[self.activation].derive(values[k], delta)
        return self._sum_of_errors(y, batch)

    def update(self, optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        """By the optimizer's kernel, if it has one."""
        found = update_of(optimizer)
        if found is None:
            return super().update(optimizer, w, gw, state)
        for part, decays in runs(self.undecayed, len(w)):
            of_part = optimizer if decays else _without_decay(optimizer)
            constants = np.array(found.constants(of_part, state.step), w.dtype)
            span = WeightSpan(part.start, part.start, 1)
            found.kernel(w, gw, *state.vectors, constants, span, 0, part.stop - part.start)
        return None

    def _sum_of_errors(self, y: np.ndarray, batch: Batch) -> float:
        error = self.loss_of.error(y, batch.t)
        return float(error.sum() if batch.sample_weight is None else error @ batch.sample_weight)


@lru_cache(maxsize=4)  # it is asked of each batch
def _without_decay(optimizer: Optimizer) -> Optimizer:
    return optimizer.without_decay()


def samples_of(batch: Batch) -> Any:
    """x of the batch, whose data may be sparse."""
    if batch.rows is None or isinstance(batch.x, np.ndarray):
        return batch.samples
    return batch.x[batch.rows]


def _product(a: Any, b: np.ndarray, out: np.ndarray) -> None:
    """out = a b; a may be sparse."""
    if isinstance(a, np.ndarray):
        np.matmul(a, b, out=out)
    else:
        out[:] = a @ b
