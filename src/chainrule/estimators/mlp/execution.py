"""What executes a perceptron: the compiled engine, or its own products of matrices.

The latter for short runs, for sparse samples, and for small networks in float64: these take as long either way, and so
their rounding is that of NumPy's products, as scikit-learn's is.

Parameters stand in the order of `Perceptron` everywhere but inside the compiled engine.
"""

from typing import Any

import numpy as np

from chainrule.engine.compiled import Compiled
from chainrule.estimators.learner import leave_biases_alone
from chainrule.estimators.mlp.perceptron import Perceptron
from chainrule.estimators.small import WORTH, threads_for
from chainrule.layers import Layer, Linear, ReLU, Sigmoid, Tanh
from chainrule.network.network import Network
from chainrule.training.objective import Layout

Executor = Perceptron | Compiled

LONG = 50  # updates for which it is worth binding kernels to buffers
LAYERS: dict[str, list[Layer]] = {"identity": [], "logistic": [Sigmoid()], "tanh": [Tanh()], "relu": [ReLU()]}


def network_of(perceptron: Perceptron, dtype: np.dtype) -> Network:
    """The same as a network, its w all zeros."""
    first, *hidden, last = perceptron.units
    layers: list[Layer] = []
    for n in hidden:
        layers += [Linear(n, "zeros", "zeros"), *LAYERS[perceptron.activation]]
    return Network([*layers, Linear(last, "zeros", "zeros")], first, perceptron.loss_of, dtype=dtype)


def canonical(perceptron: Perceptron) -> np.ndarray:
    """(size,) int64: where each element of that network's w stands in the perceptron's."""
    weights, biases = perceptron.parts(np.arange(perceptron.size))
    return np.concatenate([part for w, b in zip(weights, biases, strict=True) for part in (w.T.ravel(), b)])


class Reordered(Layout):
    """A perceptron's order in an engine that has a layout for a network's."""

    def __init__(self, inner: Layout, order: np.ndarray) -> None:
        self.inner, self.order = inner, order

    def pack(self, w: np.ndarray) -> np.ndarray:
        return self.inner.pack(w[self.order])

    def unpack(self, w: np.ndarray) -> np.ndarray:
        out = np.empty(len(self.order), w.dtype)
        out[self.order] = self.inner.unpack(w)
        return out


def executor_for(
    perceptron: Perceptron, x: Any, updates: int, batch_size: int | None = None
) -> tuple[Executor, Layout]:
    """What makes so many updates by batches of samples such as x, and how it holds w."""
    dense = isinstance(x, np.ndarray)
    small = dense and x.dtype == np.float64 and (batch_size or len(x)) * perceptron.work < WORTH
    if not dense or small or updates < LONG:
        return perceptron, Layout()
    engine = Compiled(leave_biases_alone(network_of(perceptron, x.dtype)), threads=threads_for(None))
    return engine, Reordered(engine.layout, canonical(perceptron))
