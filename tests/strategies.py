"""What hypothesis draws: networks of any layers that fit, and batches for them."""

from math import inf, prod

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from chainrule.layers import (
    ELU,
    GELU,
    LAYERS,
    AveragePooling,
    BatchNormalisation,
    Convolution,
    Dropout,
    GlobalAveragePooling,
    Layer,
    LayerNormalisation,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxPooling,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Standardise,
    Tanh,
)
from chainrule.layers.graph import Graph
from chainrule.layers.layer import Shape
from chainrule.losses import (
    NLL,
    AbsoluteError,
    BinaryCrossEntropy,
    Huber,
    LogSoftmaxNLL,
    Loss,
    SigmoidBinaryCrossEntropy,
    SquaredError,
)
from chainrule.losses.loss import BinaryLoss, ClassLoss
from chainrule.network.network import Network
from chainrule.training.objective import Batch, Mixture

OURS = [kind for kind in LAYERS.values() if kind.__module__.startswith("chainrule.")]

EVERY_LOSS = (
    *(kind(e) for kind in (LogSoftmaxNLL, NLL) for e in (0.0, 0.1)),
    *(SquaredError(), Huber(0.5), AbsoluteError()),
    *(BinaryCrossEntropy(), SigmoidBinaryCrossEntropy()),
)

drawn_cases = settings(max_examples=100, deadline=None)

sizes = st.integers(1, 9)
small = st.integers(1, 3)


def per_axis(least: int, most: int, pixels: tuple[int, ...]) -> st.SearchStrategy:
    """A size, as layers take it: one number, or one for each axis."""
    number = st.integers(least, most)
    return st.one_of(number, st.tuples(*[number] * len(pixels)))


@st.composite
def blocks(draw: st.DrawFn, kind: type, x_shape: Shape, depth: int) -> Layer:
    """One or two layers in a row, or added to what they are given, itself or by a layer that gives its shape."""
    inner, shape = [], x_shape
    for _ in range(draw(st.integers(1, 2))):
        inner.append(draw(layers(shape, depth + 1)))
        shape = inner[-1].y_shape(shape)
    if kind is Sequential:
        return Sequential(tuple(inner))
    if shape == x_shape and draw(st.booleans()):
        return Residual(tuple(inner))
    if len(shape) == 1:
        return Residual(tuple(inner), draw(st.sampled_from([Linear(shape[0]), Sequential((Linear(shape[0]), Tanh()))])))
    kernel = tuple(n - m + 1 for n, m in zip(x_shape[1:], shape[1:], strict=True))
    if min(kernel) >= 1:
        return Residual(tuple(inner), Convolution(shape[0], kernel))
    return Sequential(tuple(inner))


@st.composite
def convolutions(draw: st.DrawFn, x_shape: Shape) -> Convolution:
    """One that takes this image or signal; every other has none of the later options."""
    channels, *pixels = x_shape
    padding = draw(st.integers(0, 2))
    kernel = draw(per_axis(1, min(4, min(pixels) + 2 * padding), tuple(pixels)))
    if draw(st.booleans()):
        return Convolution(draw(small), kernel, draw(small), padding)
    groups = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
    stride, dilation = draw(per_axis(1, 3, tuple(pixels))), draw(small) if kernel == 1 else 1
    how = draw(st.sampled_from([(padding, dilation), ("same", draw(small))]))
    return Convolution(groups * draw(small), kernel, stride, *how, groups, draw(st.booleans()))


@st.composite
def poolings(draw: st.DrawFn, kind: type, x_shape: Shape) -> Layer:
    """One that takes this image or signal."""
    _, *pixels = x_shape
    size = draw(per_axis(1, min(3, *pixels), tuple(pixels)))
    half = (min(size) if isinstance(size, tuple) else size) // 2
    return kind(size, draw(st.integers(0, 3)), draw(st.sampled_from([0, half, "same"])))


@st.composite
def layers(draw: st.DrawFn, input_shape: Shape, depth: int = 0) -> Layer:
    """Any layer that takes this input; in blocks, at most two deep, also those that are made of others."""
    image = len(input_shape) > 1
    only_images = {Convolution, MaxPooling, AveragePooling, GlobalAveragePooling}
    only_vectors = {Softmax, LogSoftmax}
    nested = {Sequential, Residual} if depth > 1 else set()
    unfit = nested | (only_vectors if image else only_images)
    kind = draw(st.sampled_from([each for each in OURS if each not in unfit]))
    if kind in (Sequential, Residual):
        return draw(blocks(kind, input_shape, depth))
    if kind is Convolution:
        return draw(convolutions(input_shape))
    if kind in (MaxPooling, AveragePooling):
        return draw(poolings(kind, input_shape))
    if kind is Linear:
        return Linear(draw(st.integers(1, 6)), bias=draw(st.booleans()))
    if kind is Dropout:
        return Dropout(draw(st.sampled_from([0.0, 0.25, 0.5])), draw(st.booleans()))
    if kind is LeakyReLU:
        return LeakyReLU(draw(st.sampled_from([0.0, 0.1])))
    if kind is ELU:
        return ELU(draw(st.sampled_from([0.5, 1.0])))
    if kind is GELU:
        return GELU(draw(st.booleans()))
    if kind is BatchNormalisation:
        return BatchNormalisation(draw(st.sampled_from([0.0, 0.1, 1.0])), draw(st.sampled_from([0.1, 1.0])))
    if kind is LayerNormalisation:
        return LayerNormalisation(draw(st.sampled_from([0.1, 1.0])))
    if kind is ReLU:
        return ReLU(draw(st.sampled_from([0, 1])))
    if kind is Standardise:
        means, stds = (st.tuples(*[st.sampled_from(values)] * input_shape[0]) for values in ((-1.5, 0.0), (0.9, 3.0)))
        return Standardise(draw(means), draw(stds))
    return kind()


def ends(loss: Loss, graph: Graph) -> list[Layer]:
    """Layers that make a network's output one that the loss can take."""
    shape, bounded = graph.shapes[-1], graph.nodes[-1].layer.y_range not in (None, (-inf, inf))
    match loss:
        case NLL():
            return [Linear(3), Softmax()]
        case BinaryCrossEntropy():
            return [Sigmoid()]
        case LogSoftmaxNLL() if len(shape) != 1 or bounded:
            return [Linear(4)]
        case SigmoidBinaryCrossEntropy() if bounded:
            return [Linear(4)]
    return []


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A float64 network of at most 8 layers of any kinds, with any loss."""
    shape = draw(st.one_of(st.tuples(small, sizes, sizes), st.tuples(small, sizes), st.tuples(sizes)))
    stack, input_shape = [], shape
    for _ in range(draw(st.integers(1, 6))):
        stack.append(draw(layers(shape)))
        shape = stack[-1].y_shape(shape)
    loss = draw(st.sampled_from(EVERY_LOSS))
    stack += ends(loss, Graph.of(Sequential(stack), input_shape))
    return Network(stack, input_shape, loss, seed=draw(st.integers(0, 2**64 - 1)), dtype=np.float64)


@st.composite
def fused_networks(draw: st.DrawFn) -> Network:
    """A float64 network of what the engine fuses: two convolutions, mostly with ReLU, max-pool and dropout.

    What lies between them has a frame, if the second is padded, which masks and gradients do not have.
    """
    shape = input_shape = (draw(small), draw(st.integers(10, 13)), draw(st.integers(10, 13)))
    stack: list[Layer] = []
    for _ in range(2):
        padding, channels = draw(st.integers(0, 2)), draw(st.sampled_from([3, 17]))
        stack.append(Convolution(channels, draw(st.integers(1, min(3, shape[1], shape[2]))), padding=padding))
        stack += [layer for layer in (ReLU(), MaxPooling(), Dropout(0.5)) if draw(st.integers(0, 3))]
        shape = Sequential(tuple(stack)).y_shape(input_shape)
    return Network([*stack, Linear(4)], input_shape, seed=draw(st.integers(0, 99)), dtype=np.float64)


@st.composite
def batches(draw: st.DrawFn, network: Network) -> Batch:
    """Up to four samples for the network, weighted or not, each perhaps a mixture of two."""
    n = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=(n, *network.input_shape))
    weight = rng.uniform(0, 2, n) if draw(st.booleans()) else None
    t, other = (targets(rng, network, n) for _ in range(2))
    mixture = Mixture(other, rng.uniform(0, 1, n)) if draw(st.booleans()) else None
    return Batch(x, t, weight, step=draw(st.integers(0, 1000)), offset=draw(st.integers(0, 1000)), mixture=mixture)


def targets(rng: np.random.Generator, network: Network, n: int) -> np.ndarray:
    """True values of n samples, as the network's loss takes them."""
    if isinstance(network.loss, ClassLoss):
        return rng.integers(0, prod(network.output_shape), n)
    if isinstance(network.loss, BinaryLoss):
        shape = n, *network.output_shape
        return rng.integers(0, 2, shape) if rng.integers(2) else rng.random(shape)
    return rng.normal(size=(n, *network.output_shape))
