"""The compiled engine computes what the definitions say, for any network, batch and number of threads."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import compare
from chainrule import (
    Adam,
    Convolution,
    DataError,
    Dropout,
    Linear,
    MaxPooling,
    Network,
    ReLU,
    Residual,
    Sequential,
    Tanh,
    Training,
    fit,
)
from chainrule.data import Dataset, mnist
from chainrule.engine import compiled, execute
from chainrule.engine.compiled import Compiled
from chainrule.engine.kernels.elementwise import add_up
from chainrule.engine.kernels.losses import log_softmax_nll
from chainrule.engine.kernels.optimizers import squares
from chainrule.engine.lowering import layout_of
from chainrule.engine.runtime import calls
from chainrule.network.reference import Reference
from chainrule.tasks.presets import PRESETS
from chainrule.training.objective import Batch
from strategies import batches, fused_networks, networks

IN_DOUBLE = log_softmax_nll, squares, add_up  # kernels that add up in float64 in any network


class Nowhere(NamedTuple):
    """What is compiled already, and never run."""

    address: int = 0
    is_missing: bool = False


def single(network: Network) -> Network:
    """The same network in float32."""
    twin = Network(network.layers, network.input_shape, network.loss, scaling=network.scaling)
    twin.w[:] = network.w
    return twin


@pytest.mark.heavy
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_network_agrees_with_its_definitions(data):
    network = single(data.draw(networks() | fused_networks()))
    batch = data.draw(batches(network))
    if len(Reference(network).kinks(network.w.astype(np.float64), batch)) == 0 or smooth(network, batch):
        compare(network, batch)


@pytest.mark.heavy
@settings(max_examples=10, deadline=None)
@given(st.data())
def test_any_network_of_float64_agrees_with_its_definitions(data):
    network = data.draw(networks() | fused_networks())
    batch = data.draw(batches(network))
    if smooth(network, batch):
        compare(network, batch)


def smooth(network: Network, batch: Batch) -> bool:
    """Whether no unit is so near a kink that rounding may decide on which side it is."""
    exact = Reference(network, 7)
    w = network.w.astype(np.float64)
    near = [exact.kinks(w * (1 + d), batch) for d in (-1e-5, 0, 1e-5)]
    return all(np.array_equal(a, b) for other in near for a, b in zip(other, near[1], strict=True))


@pytest.mark.parametrize("name", ["lecture", "mnist", "mlp", "quick", "21mnist"])
@pytest.mark.parametrize("samples", [pytest.param(1, marks=pytest.mark.heavy), 5, 64])
def test_the_presets(name, samples):
    digits = mnist("train").head(samples)
    compare(PRESETS[name].network(seed=3), Batch(digits.x, digits.t, np.full(samples, 1 / samples), step=11))


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["best", "vgg", "resnet", "signal"])
def test_the_deep_presets(name):
    """In float64: among so many units there are some so near a kink that float32's rounding decides."""
    digits, of = mnist("train").head(9), PRESETS[name].network()
    network = Network(of.layers, of.input_shape, scaling=of.scaling, seed=3, dtype=np.float64)
    compare(network, Batch(digits.x, digits.t, np.full(9, 1 / 9), step=11))


RESIDUAL = [
    Residual([Convolution(16, 3, padding=1), ReLU(), Dropout(0.25), Convolution(16, 3, padding=1)]),
    Residual([Convolution(24, 3, padding=1), ReLU(), Convolution(16, 1)], shortcut=Convolution(16, 1)),
    ReLU(),
]


@pytest.mark.parametrize(
    "layers",
    [
        [Convolution(20), ReLU(), Convolution(33), ReLU(), MaxPooling(), Dropout(0.25), Linear(70), ReLU(), Linear(5)],
        [Convolution(17, 5, padding=2), ReLU(), MaxPooling(3), Convolution(9, 3, padding=1), MaxPooling(), Linear(3)],
        [Convolution(40, 3, stride=2, padding=1), ReLU(), Convolution(64, 1), ReLU(), Linear(11)],
        [Convolution(8), ReLU(), MaxPooling(), Dropout(0.5), Convolution(8, 3, padding=1), ReLU(), Linear(10)],
        [Convolution(20), ReLU(), MaxPooling(3), Dropout(0.5), Convolution(33, 5, padding=2), MaxPooling(), Linear(3)],
        [Convolution(16), ReLU(), Dropout(0.5), Convolution(70, 3, padding=1), ReLU(), MaxPooling(4), Linear(4)],
        [MaxPooling(), Convolution(8, 4, 3, 2), Linear(200), ReLU(), Dropout(0.5), Linear(100), Linear(4)],
        [Convolution(16, 3, padding=1), *RESIDUAL, Convolution(20, 3, padding=1), ReLU(), MaxPooling(), Linear(3)],
        [*RESIDUAL[1:], Residual([MaxPooling(), Convolution(24, 1)], Convolution(24, 2, stride=2)), ReLU(), Linear(3)],
        [
            Residual([Linear(30), ReLU(), Dropout(0.5), Linear(20)], Linear(20)),
            Residual([Linear(20), Tanh()]),
            Linear(3),
        ],
        [Sequential([Convolution(8), ReLU()]), Residual([Sequential([ReLU(), Dropout(0.5)])]), Linear(3)],
        [Residual([Residual([Convolution(3, 3, padding=1), ReLU()]), Dropout(0.3)]), ReLU(), MaxPooling(), Linear(3)],
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float64, marks=pytest.mark.heavy)])
def test_fused_stages_of_all_kinds(layers, dtype):
    rng = np.random.default_rng(0)
    network = Network(layers, (3, 19, 22), seed=5, dtype=dtype)
    compare(network, Batch(rng.standard_normal((10, 3, 19, 22)), rng.integers(0, 3, 10), rng.uniform(0, 2, 10), step=2))


@pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float64, marks=pytest.mark.heavy)])
def test_the_result_is_the_same_bits_for_any_number_of_threads(dtype):
    digits = mnist("train").head(200)
    weights = set()
    for threads in (1, 2, 3, 4, 8):
        of = PRESETS["mnist"].network()
        network = Network(of.layers, of.input_shape, scaling=of.scaling, dtype=dtype)
        fit(network, digits, Training(Adam(), epochs=1, batch_size=48), threads=threads)
        weights.add(network.w.tobytes())
    assert len(weights) == 1


def test_a_smaller_batch_after_a_larger_one_and_back():
    digits = mnist("train").head(64)
    network = PRESETS["lecture"].network()
    compiled = Compiled(network)
    w = compiled.layout.pack(network.w)

    def gradient(samples: int) -> bytes:
        out = np.zeros_like(w)
        compiled.loss_and_gradient(w, Batch(digits.x[:samples], digits.t[:samples]), out)
        return out.tobytes()

    first = {samples: gradient(samples) for samples in (64, 3, 17)}
    assert all(gradient(samples) == first[samples] for samples in (17, 64, 3))


def test_pack_and_unpack_are_inverse_and_padding_stays_zero():
    network = Network([Convolution(3), ReLU(), Linear(5), Linear(18)], (2, 6, 5), seed=1)
    compiled = Compiled(network)
    packed = compiled.layout.pack(network.w)
    assert compiled.layout.unpack(packed).tobytes() == network.w.tobytes()
    x = np.random.default_rng(0).standard_normal((20, 2, 6, 5)).astype(np.float32)
    fit(network, Dataset(x, np.arange(20) % 18), Training(Adam(), epochs=2, batch_size=7))
    out = np.zeros_like(packed)
    compiled.loss_and_gradient(compiled.layout.pack(network.w), Batch(x, np.arange(20) % 18), out)
    rest = np.setdiff1d(np.arange(len(packed)), layout_of(network).where)
    assert not out[rest].any()


@pytest.mark.parametrize(("dtype", "other"), [(np.float32, np.float64), (np.float64, np.float32)])
def test_a_network_is_executed_in_its_own_type_alone(dtype, other):
    layers = [Convolution(16), ReLU(), MaxPooling(), Dropout(0.5), Convolution(16), ReLU(), Tanh(), Linear(40), ReLU()]
    engine = execute(Network([*layers, Dropout(0.5), Linear(3)], (2, 12, 12), dtype=dtype))
    assert isinstance(engine, Compiled)
    x, optimizer = np.zeros((4, 2, 12, 12), dtype), Adam()
    w = engine.layout.pack(engine.network.w)
    bound = set(), set()

    def note(kernel: Any, kind: Any) -> Nowhere:
        bound[kernel in IN_DOUBLE].add(str(calls.type_of(kind)))
        return Nowhere()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "entry_of", note)
        patch.setattr(compiled, "run", lambda program, size: None)
        engine.step(optimizer, w, Batch(x, np.arange(4) % 3), np.zeros_like(w), state=optimizer.new_state(w))
        engine.outputs(w, x)
    numbers, in_double = bound
    assert len(numbers) > 20
    assert not [kind for kind in numbers if np.dtype(other).name in kind]
    assert len(in_double) == 3


def test_nan_in_the_data_reaches_the_loss_and_the_gradient():
    network = PRESETS["lecture"].network()
    compiled = Compiled(network)
    x = np.zeros((2, 1, 28, 28), np.float32)
    x[1, 0, 14, 14] = np.nan
    w = compiled.layout.pack(network.w)
    out = np.zeros_like(w)
    assert np.isnan(compiled.loss_and_gradient(w, Batch(x, np.array([1, 2])), out))
    assert np.isnan(out).any()


def test_wrong_shapes_are_refused():
    compiled = Compiled(Network([Linear(2)], 3))
    with pytest.raises(DataError, match=r"x has shape \(1, 4\)"):
        compiled.outputs(compiled.layout.pack(compiled.network.w), np.zeros((1, 4)))
