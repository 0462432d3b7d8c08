"""Convolutions of small images with many channels, which are computed for a whole batch at once."""

import numpy as np
import pytest

from agreement import compare
from chainrule.base.random import Source
from chainrule.engine.compiled import Compiled
from chainrule.layers import BatchNormalisation, Convolution, Linear, MaxPooling, ReLU, Residual
from chainrule.layers.layer import Layer, Shape
from chainrule.network.network import Network
from chainrule.training.objective import Batch

pytestmark = pytest.mark.kernel
TILES, PIXELS = "Winograd F(4x4, 3x3), batched", "direct, batched"
BLOCK = [Convolution(128, padding=1, bias=False), BatchNormalisation(), ReLU()]

NETWORKS: list[tuple[list[Layer], Shape, list[str]]] = [  # and the batched kernels that execute them
    (
        [Convolution(128, padding=1), ReLU(), *BLOCK, MaxPooling(), Convolution(144, padding=1), ReLU(), Linear(3)],
        (128, 5, 4),
        [TILES, TILES, PIXELS],
    ),
    ([Convolution(128, padding=1), ReLU(), Convolution(128), ReLU(), Linear(3)], (2, 8, 8), [TILES]),
    ([Convolution(144, padding=2), ReLU(), Convolution(128, padding=3), Linear(3)], (128, 1, 2), [PIXELS, PIXELS]),
    (
        [Convolution(128), Residual([*BLOCK, Convolution(128, padding=1)]), Linear(3)],
        (128, 4, 4),
        [TILES, PIXELS, PIXELS],
    ),
]


def made(layers: list[Layer], shape: Shape) -> Network:
    network = Network(layers, shape, seed=3)
    network.w[:] += 0.03 * np.random.default_rng(0).standard_normal(network.size).astype(np.float32)
    return network


def batch_for(network: Network, samples: int) -> Batch:
    rng = np.random.default_rng(samples)
    x = rng.standard_normal((samples, *network.input_shape)).astype(np.float32)
    return Batch(x, rng.integers(0, 3, samples), rng.uniform(0, 2, samples))


@pytest.mark.parametrize(("layers", "shape", "kernels"), NETWORKS, ids=lambda value: str(value)[:60])
def test_they_are_as_defined(layers: list[Layer], shape: Shape, kernels: list[str]) -> None:
    network = made(layers, shape)
    assert [row["kernel"] for row in Compiled(network).plan(4).rows() if "batched" in row["kernel"]] == kernels
    for samples in (9, 1):
        compare(network, batch_for(network, samples))


def test_the_same_bits_for_any_number_of_threads_and_whatever_batch_came_before() -> None:
    layers, shape, _ = NETWORKS[0]
    network, results = made(layers, shape), set()
    for threads in (1, 2, 3):
        compiled = Compiled(network, Source(7), threads)
        compiled._work = 1 << 30, 1 << 30  # as if it were worth all threads
        w = compiled.layout.pack(network.w)
        out = np.zeros_like(w)
        for samples in (3, 17)[threads == 3 :]:
            compiled.statistics[:] = network.statistics
            compiled.loss_and_gradient(w, batch_for(network, samples), out)
        compiled.statistics[:] = network.statistics
        loss = compiled.loss_and_gradient(w, batch_for(network, 17), out)
        results.add((loss, out.tobytes(), compiled.outputs(w, batch_for(network, 5).x).tobytes()))
    assert len(results) == 1
