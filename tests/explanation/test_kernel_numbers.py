"""The compiled engine's numbers of a trace are those of the definitions, wherever it writes them."""

import numpy as np
import pytest

from chainrule import (
    BatchNormalisation,
    Convolution,
    Dropout,
    GlobalAveragePooling,
    Linear,
    MaxPooling,
    Network,
    ReLU,
    Residual,
    Tanh,
    trace,
)
from chainrule.explanation.kernels import KernelNumbers
from chainrule.layers import Layer
from explained import some_units

BLOCK = [Convolution(16, padding=1), BatchNormalisation(), ReLU(), Convolution(16, padding=1)]
NETWORKS: dict[str, list[Layer]] = {
    "lecture": [Convolution(16), ReLU(), Convolution(16), ReLU(), MaxPooling(), Dropout(0.25), Linear(300), ReLU(),
                Dropout(0.5), Linear(4)],
    "normalised": [Convolution(16), BatchNormalisation(), ReLU(), Residual(BLOCK), GlobalAveragePooling(), Linear(4)],
    "no kernel": [Convolution(3), Tanh(), Linear(4)],
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("training", [True, False])
def test_they_are_the_definitions(name: str, training: bool) -> None:
    draws, network = np.random.default_rng(4), Network(NETWORKS[name], (1, 12, 12), seed=3)
    network.statistics[:] = draws.uniform(0.5, 2, len(network.statistics))
    x, t = draws.normal(size=(2, 1, 12, 12)).astype(np.float32), [1, 3]
    kept = trace(network, x, t, training=training, seed=5, step=2)
    before, numbers, told = network.statistics.copy(), KernelNumbers(kept), set()
    for unit in some_units(kept, draws, 20):
        found, sample = numbers.of(unit, 1), kept.explain(unit, 1)
        if found is not None:
            told.add(unit.partition(":")[0])
            assert found == pytest.approx(sample.value, rel=1e-4, abs=1e-5), unit
            assert f"the compiled kernel gives {found:.7g}" in " ".join(str(sample.with_kernel(found)).split())
    assert kept.names[-1] in told
    goes_back = training or name != "normalised"
    assert ({f"dL/{each}" for each in kept.w} <= told) == ("loss" in told) == goes_back
    assert np.array_equal(network.statistics, before)


def test_what_lies_inside_a_fusion_group_is_not_written() -> None:
    network = Network(NETWORKS["lecture"], (1, 12, 12))
    numbers = KernelNumbers(trace(network, np.ones((1, 1, 12, 12)), [0], training=False))
    assert numbers.of("conv1:3,2,1") is None
    assert numbers.of("relu1:3,2,1") is not None
    assert numbers.of("relu2:3,2,1") is None
    assert numbers.of("conv1.w:0,0,1,1") is None
    assert numbers.of("dL/x:0,3,3") is None


def test_w_and_the_draws_are_those_of_the_trace() -> None:
    network = Network(NETWORKS["lecture"], (1, 12, 12))
    kept = trace(network, np.ones((2, 1, 12, 12)), [0, 1], seed=2**40, step=7)
    network.w[:] = 0
    for unit in ("fc2:1", "dropout2:17", "loss", "dL/conv2.w:1,2,0,1"):
        assert KernelNumbers(kept).of(unit, 1) == pytest.approx(kept.explain(unit, 1).value, rel=1e-4, abs=1e-5)
