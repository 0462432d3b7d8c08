"""What all contestants of a work get: the same initial weights, the same samples in the same order."""

from dataclasses import dataclass

import numpy as np

import chainrule as cr
from benchmarks import made
from benchmarks.networks import network as new_network
from benchmarks.works import CHANNELS, KERNEL, SIZE, Work
from chainrule.training.sampling import batches

SEED = 0


def network_of(work: Work, dropout: bool = True) -> cr.Network:
    """The work's network with its initial weights; `dropout` False switches its dropout off."""
    network = new_network(work.network, SEED)
    if dropout:
        return network
    layers = [cr.Dropout(0.0) if isinstance(layer, cr.Dropout) else layer for layer in network.layers]
    without = cr.Network(layers, network.input_shape, network.loss, scaling=network.scaling)
    without.w[:] = network.w
    return without


def samples_for(work: Work, samples: int | None) -> cr.Dataset:
    """Digits, as bytes, for networks that read such, test data to recognise; else made data. The first so many."""
    n, shape = samples or work.epoch, network_of(work).input_shape
    match shape:
        case (1, 28, 28):
            return cr.data.mnist("train").head(n) if work.kind == "training" else cr.data.mnist("test")
        case (channels, length):
            return made.signals(n, channels, length, SEED)
    return made.pictures(n, SEED)


def prepared(work: Work, samples: int | None) -> tuple[np.ndarray, np.ndarray]:
    """(x, t) for rivals: float32, scaled, already in the order in which chainrule's first epoch draws them."""
    data, network = samples_for(work, samples), network_of(work)
    if work.kind == "training":
        data = data.take(first_epoch(len(data), work.batch))
    return network.prepare(data.x, network.w.dtype), data.t


def first_epoch(n: int, batch: int) -> np.ndarray:
    """(n,) the samples of epoch 0, in order."""
    everything = np.arange(n)
    return np.concatenate([everything[where] for where in batches(n, batch, "shuffle", SEED, epoch=0)])


@dataclass(frozen=True)
class ConvolutionInputs:
    """x, w, b and dL/dy of one convolution."""

    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    gy: np.ndarray


def convolution_inputs(work: Work) -> ConvolutionInputs:
    draw, image = np.random.default_rng(SEED), (work.batch, CHANNELS, SIZE, SIZE)
    shapes = image, (CHANNELS, CHANNELS, KERNEL, KERNEL), (CHANNELS,), image
    x, w, b, gy = (draw.standard_normal(shape, dtype=np.float32) for shape in shapes)
    return ConvolutionInputs(x, w / np.float32(24), b, gy)
