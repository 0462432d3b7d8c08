"""Layers with a stage of their own: ReLU, Sigmoid, Tanh, Dropout, poolings where no other stage takes them in."""

import numpy as np
import pytest

from agreement import compare
from chainrule import AveragePooling, Convolution, Dropout, Linear, LogSoftmax, MaxPooling, Network, ReLU
from chainrule.base.random import Source
from chainrule.engine.compiled import Compiled
from chainrule.layers import ELU, GELU, LeakyReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from chainrule.layers.layer import Layer, Shape
from chainrule.losses import NLL, BinaryCrossEntropy, SquaredError
from chainrule.tasks.presets import PRESETS
from chainrule.training.objective import Batch
from oracles import torch_network

pytestmark = pytest.mark.kernel
IMAGE, SAMPLES = (3, 13, 14), 10

NETWORKS: list[tuple[list[Layer], Shape]] = [
    ([Convolution(5), Tanh(), MaxPooling(), Convolution(19, 3, padding=2), ReLU(1), MaxPooling(3), Linear(4)], IMAGE),
    ([Convolution(17, 3, padding=1), Sigmoid(), AveragePooling(), Convolution(6, 3, padding=1), Linear(4)], IMAGE),
    ([Convolution(20, 1), ReLU(1), Dropout(0.3), Convolution(3, 5, padding=2), Dropout(0.6), Linear(4)], IMAGE),
    ([Convolution(70, 3, stride=2), Tanh(), MaxPooling(4), Dropout(0.5), Sigmoid(), Linear(4)], IMAGE),
    ([Convolution(4), ReLU(), AveragePooling(3), Linear(21), Tanh(), Linear(5), ReLU(1), Linear(4)], IMAGE),
    ([Linear(33), Sigmoid(), Dropout(0.25), Linear(9), ReLU(1), Linear(17), Dropout(0.0), Linear(4)], (11,)),
    ([Linear(600), Tanh(), Linear(500), Dropout(0.5), Linear(4), ReLU(), ReLU(), Linear(3)], (70,)),
    ([Dropout(0.2), Linear(9), ReLU(), Sigmoid(), Linear(4)], (11,)),
    ([Tanh(), Dropout(0.2), Convolution(8, 3, padding=1), Tanh(), Linear(4)], IMAGE),
    ([MaxPooling(4), AveragePooling(), Convolution(3, 1), Linear(4)], IMAGE),
]


def batch_for(network: Network, seed: int = 0) -> Batch:
    """Some samples, all weighted, at some place of a run."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((SAMPLES, *network.input_shape)).astype(np.float32)
    t = rng.integers(0, 3, SAMPLES)
    return Batch(x, t, rng.uniform(0, 2, SAMPLES), step=5, offset=30)


def definitions(network: Network, source: Source | None = None) -> list[str]:
    """The stages that have no kernel."""
    plan = Compiled(network, source or Source()).plan(4)
    return [row["stage"] for row in plan.rows() if row["kernel"] == "definition"]


@pytest.mark.parametrize(("layers", "shape"), NETWORKS, ids=lambda value: ",".join(map(str, value)))
def test_loss_outputs_and_gradients_agree_with_the_definitions(layers: list[Layer], shape: Shape) -> None:
    network = Network(layers, shape, seed=3)
    assert not definitions(network)
    compare(network, batch_for(network))


@pytest.mark.parametrize(("layers", "shape"), NETWORKS, ids=lambda value: ",".join(map(str, value)))
def test_the_same_bits_for_any_number_of_threads(layers: list[Layer], shape: Shape) -> None:
    network, results = Network(layers, shape, seed=3), set()
    for threads in (1, 2, 3):
        compiled = Compiled(network, 7, threads)
        compiled._work = 1 << 30, 1 << 30  # as if it were worth all threads
        w = compiled.layout.pack(network.w)
        out = np.zeros_like(w)
        loss = compiled.loss_and_gradient(w, batch_for(network), out)
        results.add((loss, out.tobytes(), compiled.outputs(w, batch_for(network).x).tobytes()))
    assert len(results) == 1


SMOOTH = [Tanh(), Sigmoid(), LeakyReLU(0.2), ELU(0.7), GELU(), GELU(approximate=True), SiLU(), Softplus()]


@pytest.mark.parametrize("curve", SMOOTH, ids=str)
def test_curves_of_float64_are_compiled_and_agree_with_definitions_and_pytorch(curve: Layer) -> None:
    layers = [Convolution(5), curve, Convolution(19, 2, padding=1), curve, Linear(33), curve, Linear(4)]
    network, results = Network(layers, IMAGE, seed=3, dtype=np.float64), set()
    assert not definitions(network)
    drawn = batch_for(network)
    batch = Batch(2 * drawn.x.astype(np.float64), drawn.t, drawn.sample_weight, step=5, offset=30)
    compare(network, batch)
    for threads in (1, 2, 3):
        compiled = Compiled(network, 7, threads)
        compiled._work = 1 << 30, 1 << 30  # as if it were worth all threads
        w = compiled.layout.pack(network.w)
        out = np.zeros_like(w)
        loss, y = compiled.loss_and_gradient(w, batch, out), compiled.outputs(w, batch.x)
        results.add((loss, out.tobytes(), y.tobytes()))
    assert len(results) == 1
    expected_loss, expected_y, _, expected_gw = torch_network(network, network.w, batch, 7)
    assert loss == pytest.approx(expected_loss, rel=1e-12)
    np.testing.assert_allclose(y, expected_y, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(compiled.layout.unpack(out), expected_gw, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layers", [[Convolution(3), Sigmoid()], [Tanh()], [Convolution(5, 2), AveragePooling()]])
def test_an_image_as_the_output(layers: list[Layer]) -> None:
    network = Network(layers, IMAGE, SquaredError(), seed=2)
    x = batch_for(network).x
    t = np.random.default_rng(4).standard_normal((SAMPLES, *network.output_shape))
    compare(network, Batch(x, t))


def test_a_vector_as_the_output_of_a_curve() -> None:
    network = Network([Linear(3), Sigmoid()], 5, BinaryCrossEntropy(), seed=2)
    rng = np.random.default_rng(4)
    compare(network, Batch(rng.standard_normal((SAMPLES, 5)), rng.integers(0, 2, (SAMPLES, 3))))


def test_bytes_reach_a_first_layer_without_products() -> None:
    network = Network(
        [MaxPooling(), Convolution(4), Linear(3)], (1, 9, 9), seed=2, scaling=PRESETS["mnist"].network().scaling
    )
    x = np.random.default_rng(0).integers(0, 256, (SAMPLES, 1, 9, 9)).astype(np.uint8)
    compare(network, Batch(x, np.arange(SAMPLES) % 3))


def test_ties_go_to_the_first_maximum() -> None:
    """Small whole numbers, whose sums are exact: most patches have several maxima."""
    network = Network([Convolution(18, 2), Dropout(0.0), MaxPooling(3), Linear(4)], (2, 10, 10), seed=1)
    rng = np.random.default_rng(0)
    w, b = network.named(network.w)["conv1.w"], network.named(network.w)["conv1.b"]
    w[...], b[...] = rng.integers(-1, 2, w.shape), 0
    x = rng.integers(0, 2, (SAMPLES, 2, 10, 10)).astype(np.float32)
    compare(network, Batch(x, np.arange(SAMPLES) % 4))


def test_a_run_after_an_evaluation_and_the_other_way_round() -> None:
    """Evaluation has buffers of its own: it drops nothing, and leaves no mask."""
    network = Network([Linear(8), Dropout(0.5), Linear(3)], 6, seed=1)
    compiled, batch = Compiled(network, 7), batch_for(network)
    w = compiled.layout.pack(network.w)
    before = compiled.outputs(w, batch.x)
    loss = compiled.loss(w, batch)
    assert compiled.outputs(w, batch.x).tobytes() == before.tobytes()
    assert compiled.loss(w, batch) == loss


@pytest.mark.parametrize("name", PRESETS)
def test_of_the_presets_only_dropouts_with_streams_of_their_own_have_no_kernel(name: str) -> None:
    chosen = PRESETS[name]
    found = definitions(chosen.network(), chosen.training.source(100))
    assert found == (["Dropout(0.25)", "Dropout(0.5)"] if name == "21mnist" else [])


def test_which_layers_have_no_kernel() -> None:
    layers = [
        MaxPooling(2, 1), Tanh(), AveragePooling(3, 2), MaxPooling(5), AveragePooling(), Linear(4), Softmax(),
    ]  # fmt: skip
    network = Network(layers, (2, 27, 27), NLL())
    assert definitions(network) == ["Softmax()"]
    assert definitions(Network([Linear(4), LogSoftmax()], 3)) == ["LogSoftmax()"]
