"""Convolutions and poolings through any windows: which kernels execute them, and that these agree with definitions."""

import numpy as np
import pytest

from agreement import compare
from chainrule import AveragePooling, Convolution, Layer, Linear, MaxPooling, Network, ReLU
from chainrule.engine.compiled import Compiled
from chainrule.training.objective import Batch

pytestmark = pytest.mark.kernel
IMAGE, SIGNAL = (3, 9, 10), (5, 40)
PLANS: list[tuple[tuple[int, ...], list[Layer], list[str]]] = [
    (IMAGE, [Convolution(20, padding="same"), ReLU(), MaxPooling((2, 2))], ["direct, sparse backward"]),
    (IMAGE, [Convolution(20, bias=False), ReLU(), Convolution(17, (3, 5), (1, 2), (1, 0))],
     ["direct", "direct, by taps"]),
    (IMAGE, [Convolution(18, 4, 2, "same"), Convolution(18, groups=18, padding=1), ReLU(), Convolution(9, 1)],
     ["direct, by taps", "depthwise", "direct, by taps"]),
    (IMAGE, [Convolution(18, padding="same", dilation=2), ReLU(), MaxPooling(3, 2, 1), Convolution(12, (1, 3)),
             AveragePooling((2, 1), 0, "same", False)],
     ["direct, by taps", "pooling", "direct, by taps", "pooling"]),
    (SIGNAL, [Convolution(18, 5, padding="same"), ReLU(), MaxPooling(2), Convolution(33, 3, 2, 1), AveragePooling(2)],
     ["direct, by taps", "pooling", "direct, by taps", "pooling"]),
    (SIGNAL, [Convolution(18, 4, 1, "same", 3), Convolution(18, 4, 3, 1, groups=18), ReLU(), MaxPooling(3, 2, 1)],
     ["direct, by taps", "depthwise", "pooling"]),
    (IMAGE, [Convolution(64, padding=1), Convolution(64, groups=2), ReLU(), Convolution(32, 3, 2, groups=2)],
     ["direct", "direct, by taps", "direct, by taps"]),
    (IMAGE, [Convolution(18), ReLU(), Convolution(18, groups=3)], ["direct", "definition"]),  # no whole vectors
    (IMAGE, [Convolution(6, 1, 3), ReLU(), Convolution(5, 2, 4, 3)], ["direct, by taps", "direct, by taps"]),
]  # fmt: skip
cases = pytest.mark.parametrize(("shape", "layers", "kernels"), PLANS, ids=[str(k) for k in range(len(PLANS))])


def batch_of(network: Network) -> Batch:
    random = np.random.default_rng(1)
    return Batch(random.normal(size=(6, *network.input_shape)).astype(network.w.dtype), random.integers(0, 4, 6))


@cases
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_agrees_with_its_definitions(
    shape: tuple[int, ...], layers: list[Layer], kernels: list[str], dtype: type
) -> None:
    network = Network([*layers, Linear(4, bias=False)], shape, seed=3, dtype=dtype)
    plan = Compiled(network).plan(6)
    assert [stage.kernel for stage in plan.stages] == [*kernels, "matrix products"]
    compare(network, batch_of(network))


@cases
def test_the_bits_do_not_depend_on_the_number_of_threads(
    shape: tuple[int, ...], layers: list[Layer], kernels: list[str]
) -> None:
    network = Network([*layers, Linear(4)], shape, seed=3)
    batch, found = batch_of(network), set()
    for threads in (1, 3, 8):
        engine = Compiled(network, 7, threads)
        w = engine.layout.pack(network.w)
        gw = np.zeros_like(w)
        engine.loss_and_gradient(w, batch, gw)
        found.add(gw.tobytes())
    assert len(found) == 1
