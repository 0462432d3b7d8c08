"""Activations, normalisations, Scale, Flatten, global pooling and dropout of channels, as the engine executes them."""

import numpy as np
import pytest

from agreement import compare
from chainrule.base.random import Source
from chainrule.engine.compiled import Compiled
from chainrule.engine.simd import BOUNDSCHECK
from chainrule.layers import (
    ELU,
    GELU,
    BatchNormalisation,
    Convolution,
    Dropout,
    Flatten,
    GlobalAveragePooling,
    LayerNormalisation,
    LeakyReLU,
    Linear,
    MaxPooling,
    ReLU,
    Residual,
    Scale,
    SiLU,
    Softplus,
)
from chainrule.layers.layer import Layer, Shape
from chainrule.losses import SquaredError
from chainrule.network.network import Network
from chainrule.training.objective import Batch

pytestmark = pytest.mark.kernel
IMAGE = (3, 13, 14)
PRE = Residual([BatchNormalisation(), ReLU(), Convolution(3, padding=1), BatchNormalisation(), ELU(0.5)])

NETWORKS: list[tuple[list[Layer], Shape]] = [
    (
        [
            *(Convolution(5), BatchNormalisation(), LeakyReLU(0.1), Convolution(19, padding=1)),
            *(BatchNormalisation(0.5, 0.1), ReLU(), MaxPooling(), Linear(4)),
        ],
        IMAGE,
    ),
    ([Linear(9), BatchNormalisation(), ELU(), Linear(20), LayerNormalisation(), GELU(), Linear(4)], (11,)),
    (
        [
            *(Convolution(20, padding=1), LayerNormalisation(), SiLU(), Convolution(6, padding=2), Scale()),
            *(Softplus(), GlobalAveragePooling(), Linear(4)),
        ],
        IMAGE,
    ),
    (
        [
            *(BatchNormalisation(), Scale(), Dropout(0.3, channels=True), Convolution(18), Dropout(0.5, channels=True)),
            *(GELU(True), Flatten(), Linear(7), Dropout(0.2, channels=True), Scale(), Linear(3)),
        ],
        IMAGE,
    ),
    ([Flatten(), LayerNormalisation(), Linear(4)], IMAGE),
    ([PRE, ReLU(), Residual([LayerNormalisation(), SiLU()]), Linear(3)], IMAGE),
    (
        [
            *(Convolution(5, padding=1), BatchNormalisation(), ReLU(1), MaxPooling(3), Convolution(20, padding=1)),
            *(BatchNormalisation(), MaxPooling(), Convolution(6, 1), BatchNormalisation(running=False), ReLU()),
            *(Convolution(18, 2), BatchNormalisation(), ReLU(1), Convolution(7, 1), BatchNormalisation(), ReLU()),
            *(Linear(5), BatchNormalisation(running=False), ReLU(1), Linear(3)),
        ],
        IMAGE,
    ),
    (
        [
            *(BatchNormalisation(), ReLU(), Convolution(17, 5, stride=2), BatchNormalisation(), ReLU()),
            *(Convolution(17, groups=17), BatchNormalisation(running=False), ReLU(1), MaxPooling(), Linear(3)),
        ],
        (3, 41),
    ),
]

every_network = pytest.mark.parametrize(("layers", "shape"), NETWORKS, ids=lambda value: ",".join(map(str, value)))


def made(layers: list[Layer], shape: Shape, dtype: type = np.float32) -> Network:
    """A network with parameters that are not as they begin."""
    network = Network(layers, shape, seed=3, dtype=dtype)
    network.w[:] += 0.1 * np.random.default_rng(0).standard_normal(network.size).astype(dtype)
    return network


def batch_for(network: Network, samples: int) -> Batch:
    rng = np.random.default_rng(1)
    x = (2 * rng.standard_normal((samples, *network.input_shape)) + 1).astype(np.float32)
    return Batch(x, rng.integers(0, 3, samples), rng.uniform(0, 2, samples), step=5, offset=30)


@every_network
def test_loss_outputs_gradients_and_statistics_agree_with_the_definitions(layers: list[Layer], shape: Shape) -> None:
    network = made(layers, shape)
    assert "definition" not in [row["kernel"] for row in Compiled(network).plan(4).rows()]
    for samples in (10, 1):  # a single vector is normalised by the running statistics
        compare(network, batch_for(network, samples))


@pytest.mark.parametrize(("layers", "shape"), NETWORKS[2:4] + NETWORKS[6:])
def test_they_agree_as_closely_in_float64(layers: list[Layer], shape: Shape) -> None:
    network = made(layers, shape, np.float64)
    for samples in (10, 1):
        compare(network, batch_for(network, samples))


@every_network
def test_the_same_bits_for_any_number_of_threads(layers: list[Layer], shape: Shape) -> None:
    network, results = made(layers, shape), set()
    for threads in (1, 2, 3):
        compiled = Compiled(network, Source(7), threads)
        compiled._work = 1 << 30, 1 << 30  # as if it were worth all threads
        w, batch = compiled.layout.pack(network.w), batch_for(network, 13)
        out = np.zeros_like(w)
        loss = compiled.loss_and_gradient(w, batch, out)
        results.add((loss, out.tobytes(), compiled.statistics.tobytes(), compiled.outputs(w, batch.x).tobytes()))
    assert len(results) == 1


def test_between_convolutions_what_is_normalised_is_kept_and_the_rest_handed_on() -> None:
    block = [Convolution(5), BatchNormalisation(), ReLU()]
    stages = Compiled(made([*block, *block, *block, MaxPooling(), Linear(3)], IMAGE)).plan(4).stages
    assert [stage.name for stage in stages[3:]] == [
        "BatchNormalisation() + ReLU",
        "Convolution(5, 3x3)",
        "BatchNormalisation() + ReLU + MaxPooling(2x2)",
        "Linear(3)",
    ]
    handed_on = not BOUNDSCHECK  # without windows all is kept
    assert [stage.y.passes for stage in stages] == [False, handed_on, False, handed_on, False, False, False]


def test_without_running_statistics_all_of_a_batch_is_normalised_at_once() -> None:
    network = made([Convolution(5), BatchNormalisation(running=False), ReLU(), Linear(4)], IMAGE)
    for samples in (70, 10, 1):  # a single image has many numbers of a channel
        compare(network, batch_for(network, samples))
    vectors = made([Linear(9), BatchNormalisation(running=False), ReLU(), Linear(4)], (11,))
    for samples in (10, 1):
        compare(vectors, batch_for(vectors, samples))


def test_a_smaller_batch_after_a_larger_one_and_back() -> None:
    network = made([Linear(20), BatchNormalisation(), ReLU(), Linear(3)], (7,))
    compiled, alone = Compiled(network), {}
    for samples in (32, 5, 1):
        fresh = Compiled(network)
        w = fresh.layout.pack(network.w)
        alone[samples] = fresh.loss(w, batch_for(network, samples))
    w = compiled.layout.pack(network.w)
    for samples in (32, 5, 1, 32):
        compiled.statistics[:] = network.statistics
        assert compiled.loss(w, batch_for(network, samples)) == alone[samples]


@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 1e3), (np.float64, 1e3), (np.float64, 1e8)])
def test_numbers_far_from_zero_keep_their_digits(dtype: type, far: float) -> None:
    """Whose squares, in that type, have none left of the variance."""
    network = Network([BatchNormalisation(), LayerNormalisation()], (5, 9, 9), SquaredError(), dtype=dtype)
    rng = np.random.default_rng(2)
    x = (far + rng.standard_normal((8, 5, 9, 9))).astype(dtype)
    compiled = Compiled(network)
    compiled.statistics[:] = 0
    w = compiled.layout.pack(network.w)
    compiled.loss(w, Batch(x, rng.standard_normal((8, 5, 9, 9))))
    mean, variance = network.named_statistics(compiled.statistics).values()
    exact, tolerance = x.astype(np.float64), max(10 * np.finfo(dtype).eps, 1e-8 if far > 1e3 else 1e-11)
    np.testing.assert_allclose(mean, 0.1 * exact.mean((0, 2, 3)), rtol=10 * np.finfo(dtype).eps)
    np.testing.assert_allclose(variance, 0.1 * exact.var((0, 2, 3), ddof=1), rtol=tolerance)


def test_a_layer_normalisation_far_from_zero_keeps_its_digits() -> None:
    network = Network([LayerNormalisation()], (5, 9, 9), SquaredError(), dtype=np.float64)
    x = 1e8 + np.random.default_rng(2).standard_normal((8, 5, 9, 9))
    found, expected = (network.predictor(engine).outputs(x) for engine in ("compiled", "reference"))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_nothing_changes_the_running_statistics_but_training() -> None:
    network = made([Convolution(3), BatchNormalisation(), Linear(3)], IMAGE)
    compiled, batch = Compiled(network), batch_for(network, 6)
    w, before = compiled.layout.pack(network.w), compiled.statistics.tobytes()
    first = compiled.outputs(w, batch.x)
    assert compiled.statistics.tobytes() == before
    compiled.loss(w, batch)
    assert compiled.statistics.tobytes() != before
    assert compiled.outputs(w, batch.x).tobytes() != first.tobytes()
