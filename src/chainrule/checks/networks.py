"""Gradient checks of a network, and of one layer alone: dL/dx is checked as dL/dw is.

The checker knows one vector, so w and x are joined into one: L(w, x), with the derivatives dL/dw and dL/dx. A layer
alone is a network of that layer whose loss is an inner product with random t,

    err(y, t) = sum over all components of t y,   d err / dy = t

so that no derivative but the layer's own takes part.
"""

from collections.abc import Iterable
from dataclasses import replace
from math import prod

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.arrays import read_only
from chainrule.base.errors import NetworkError, UsageError
from chainrule.base.numbers import whole_number
from chainrule.base.random import check_seed
from chainrule.checks.gradients import GradientCheck, gradient_check, noise
from chainrule.layers import Convolution, Layer
from chainrule.layers.passes import Shape, write_gradients
from chainrule.layers.shapes import MOST_NUMBERS
from chainrule.losses.loss import BinaryLoss, ClassLoss, RealLoss, like, sample_sums
from chainrule.network.given import check_batch
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch, Objective

INPUTS, TARGETS = 1000, 1001  # numbers of the noise they are drawn from
FEW = {"out_channels": 4, "out_features": 6}  # at most, of a layer made small
VECTOR, SIDE = 20, 6  # the length of its input vector at most, the height of its image at least


class InnerProduct(RealLoss):
    """The loss that a layer alone is checked with."""

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return sample_sums(like(t, y) * y)

    def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return like(t, y)


class WithInputs(Objective):
    """A network's loss as a function of the one vector (w, x), x being that of the whole batch."""

    def __init__(self, objective: Reference) -> None:
        self.objective = objective
        self.network = objective.network

    def join(self, w: np.ndarray, x: np.ndarray) -> np.ndarray:
        """(w, x): float64, x prepared as the first layer reads it."""
        return np.concatenate([w.astype(np.float64), self.network.prepare(x, np.dtype(np.float64)).ravel()])

    def split(self, wx: np.ndarray, batch: Batch) -> tuple[np.ndarray, Batch]:
        """w, and the batch with the x of (w, x) in place of its own."""
        w, x = np.split(wx, [self.network.size])
        return w, replace(batch, x=x.reshape(-1, *self.network.input_shape))

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return self.objective.loss(*self.split(w, batch))

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        gw, gx = np.split(out, [self.network.size])
        engine, (w, batch) = self.objective, self.split(w, batch)
        y, saved = engine.forward(w, batch)
        sent, found = self.network.backward(
            engine.output_gradient(y, batch), saved, self.network.named(read_only(w)), engine.context(batch)
        )
        gx[:] = sent.ravel()
        write_gradients(found, self.network.named(gw))
        return engine.loss_of(y, batch)

    def kinks(self, w: np.ndarray, batch: Batch) -> list[np.ndarray]:
        return self.objective.kinks(*self.split(w, batch))

    def name(self, index: int) -> str:
        """What entry `index` of (w, x) is called, as in "conv1.w[3, 0, 2, 1]" or "x[0, 5]"."""
        for p in self.network.parameters:
            if index < p.slice.stop:
                return _element(p.name, index - p.slice.start, p.shape)
        index -= self.network.size
        shape = self.network.input_shape
        return _element("x", index, (index // prod(shape) + 1, *shape))


def check_network(
    network: Network, batch: Batch | None = None, entries: Iterable[int] | None = None, seed: int = 0
) -> GradientCheck:
    """`gradient_check` of a whole network over (w, x), at its own w, on a batch (default: two random samples)."""
    of_kind("the network", network, Network, "a Network")
    seed = check_seed(seed)
    batch = random_batch(network, 2, seed) if batch is None else batch
    check_batch(network, batch)
    objective = WithInputs(Reference(network, seed))
    return gradient_check(objective, objective.join(network.w, batch.samples), batch, entries, seed=seed)


def check_layer(layer: Layer, input_shape: int | Shape, samples: int = 2, seed: int = 0) -> GradientCheck:
    """`gradient_check` of one layer alone, at every entry of its parameters and of random x."""
    samples, seed, network = whole_number("samples", samples, 1), check_seed(seed), alone(layer, input_shape, seed)
    if samples * prod(network.input_shape) > MOST_NUMBERS:
        raise UsageError(f"samples is {samples}; expected at most {MOST_NUMBERS:,} numbers in all")
    return check_network(network, random_batch(network, samples, seed), seed=seed)


def alone(layer: Layer, input_shape: int | Shape, seed: int = 0) -> Network:
    """The network of that layer alone."""
    return Network([layer], input_shape, InnerProduct(), seed=seed, dtype=np.float64)


def shrink(layer: Layer, input_shape: Shape) -> tuple[Layer, Shape]:
    """The layer with few outputs, and a small input of the same kind: few enough entries to check each of them."""
    few = {name: min(n, limit) for name, limit in FEW.items() if (n := getattr(layer, name, 0))}
    channels, *pixels = input_shape
    if not pixels:
        return replace(layer, **few), (min(channels, VECTOR),)
    if isinstance(layer, Convolution) and layer.groups > 1:  # two groups, of at most two channels and filters
        few = {"groups": 2, "out_channels": 2 * min(layer.out_channels // layer.groups, 2)}
        channels = 2 * min(channels // layer.groups, 2)
    layer, channels = replace(layer, **few), min(channels, few.get("groups", 0) * 2 or 3)
    sides = ([min(side, n + k) for k, side in enumerate(pixels)] for n in range(SIDE, max(pixels)))
    shapes = [(channels, *side) for side in sides]
    return layer, next((shape for shape in shapes if _fits(layer, shape)), (channels, *pixels))


def random_batch(network: Network, samples: int, seed: int = 0) -> Batch:
    """Random x between -1 and 1, and t as the network's loss takes them."""
    x = noise(seed, INPUTS, samples * prod(network.input_shape)).reshape(samples, *network.input_shape)
    return Batch(x, random_targets(network, samples, seed))


def random_targets(network: Network, samples: int, seed: int) -> np.ndarray:
    """Classes (s,), or zeros and ones or real numbers of the output's shape."""
    shape = network.output_shape
    if isinstance(network.loss, ClassLoss):
        return ((noise(seed, TARGETS, samples) + 1) / 2 * shape[0]).astype(np.int64)
    t = noise(seed, TARGETS, samples * prod(shape)).reshape(samples, *shape)
    return (t > 0).astype(np.float64) if isinstance(network.loss, BinaryLoss) else t


def _fits(layer: Layer, shape: Shape) -> bool:
    """Whether the layer makes more than one row and column of it."""
    try:
        return min(layer.y_shape(shape)) > 1
    except NetworkError:
        return False


def _element(name: str, index: int, shape: Shape) -> str:
    position = ", ".join(str(i) for i in np.unravel_index(index, shape))
    return f"{name}[{position}]"
