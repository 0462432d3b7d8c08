"""Ranks that train together compute the bits of one that trains alone, of any network."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import SGD, Adam, Network
from chainrule.base.ranks import Ranks
from chainrule.engine.compiled import Compiled
from chainrule.engine.stages import together
from chainrule.layers import (
    BatchNormalisation,
    Convolution,
    Dropout,
    GlobalAveragePooling,
    LayerNormalisation,
    Linear,
    MaxPooling,
    ReLU,
    Residual,
    Scale,
    Softplus,
    Tanh,
)
from chainrule.layers.layer import Layer, Shape
from chainrule.training.objective import Batch
from strategies import batches, fused_networks, networks
from thread_ranks import on_ranks

NORMALISED = [Convolution(32, padding=1, bias=False), BatchNormalisation(), ReLU()]
BATCHED = [Convolution(128, padding=1), BatchNormalisation(), ReLU()]

NETWORKS: dict[str, tuple[list[Layer], Shape]] = {
    "linear": ([Linear(20), ReLU(), Dropout(0.5), Linear(3)], (30,)),
    "big linear": ([Linear(40), ReLU(), Linear(1500), ReLU(), Dropout(0.5), Linear(96), ReLU(), Linear(3)], (7,)),
    "big first": ([Linear(96), ReLU(), Linear(3)], (1, 40, 40)),
    "pooled": ([Convolution(8), ReLU(), Convolution(20), ReLU(), MaxPooling(), Dropout(0.2), Linear(3)], (1, 12, 11)),
    "transformed": ([Convolution(16), ReLU(), Convolution(16), Convolution(16, padding=1), Linear(3)], (2, 11, 9)),
    "normalised": ([*NORMALISED, Convolution(16), MaxPooling(), BatchNormalisation(), Linear(3)], (3, 9, 8)),
    "residual": ([*NORMALISED, Residual([*NORMALISED, Convolution(32, 1)]), ReLU(), Linear(3)], (3, 6, 7)),
    "strides": ([Convolution(8, 3, 2), Convolution(8, 3, groups=8), LayerNormalisation(), Linear(3)], (2, 8, 9)),
    "by tiles": ([Convolution(128), *BATCHED, Convolution(128, padding=1), Linear(3)], (2, 8, 8)),
    "by pixels": ([Convolution(128, padding=1), *BATCHED, Linear(3)], (128, 2, 2)),
    "scaled": ([Scale(), Linear(8), Softplus(), Scale(), Tanh(), Linear(3)], (5,)),
    "averaged": ([*NORMALISED, GlobalAveragePooling(), BatchNormalisation(running=False), Linear(3)], (1, 6, 6)),
}  # fmt: skip


def batch_for(network: Network, samples: int, step: int) -> Batch:
    rng = np.random.default_rng([samples, step])
    x = rng.integers(0, 256, (samples, *network.input_shape)) * rng.integers(0, 2, (samples, *network.input_shape))
    return Batch(x.astype(np.uint8), rng.integers(0, 3, samples), rng.uniform(0, 2, samples), step=step)


def numbers(network: Network, batches: list[Batch], threads: int = 1) -> dict[str, Any]:
    """All that some steps on these batches give, to the bit."""
    engine = Compiled(network, 5, threads)
    engine._work = 1 << 30, 1 << 30  # as if it were worth all threads
    w, optimizer = engine.layout.pack(network.w), Adam(1e-2)
    gw, state = np.zeros_like(w), optimizer.new_state(w)
    found: dict[str, Any] = {}
    for k, batch in enumerate(batches):
        found[f"loss and norm {k}"] = np.array(engine.step(optimizer, w, batch, gw, state=state))
        found[f"w {k}"] = w.copy()
    clipped = engine.step(SGD(0.1), w, batches[0], gw, state=SGD(0.1).new_state(w), clip_norm=0.5)
    found["loss"] = engine.loss(w, batches[0])
    found["loss and norm"] = np.array([*clipped, engine.loss_and_gradient(w, batches[0], gw), engine.norm(gw)])
    return found | {"gradient": gw, "statistics": engine.statistics, "state": state.vectors, "w": w}


def assert_same(network: Network, batches: list[Batch], alone: dict[str, Any], *, ranks: int, threads: int = 1) -> None:
    for rank, found in enumerate(on_ranks(ranks, lambda _: numbers(network, batches, threads))):
        for name, value in alone.items():
            np.testing.assert_array_equal(found[name], value, f"{name} of rank {rank} of {ranks}", strict=True)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_of_each_kind(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(*NETWORKS[name], seed=3)
    several = [batch_for(network, samples, step) for step, samples in enumerate((19, 2))]
    alone = numbers(network, several)
    assert_same(network, several, alone, ranks=3)  # of two samples one has none
    monkeypatch.setattr(together, "WORTH", 8)
    assert_same(network, several, alone, ranks=2)  # they share weights out, too


@pytest.mark.parametrize(("ranks", "threads"), [(1, 2), (5, 1), (8, 1), (11, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_number_of_ranks_and_threads(ranks: int, threads: int, dtype: type) -> None:
    network = Network([Convolution(8), BatchNormalisation(), ReLU(), Linear(3)], (1, 6, 7), seed=3, dtype=dtype)
    several = [batch_for(network, samples, step) for step, samples in enumerate((21, 8, 1))]
    assert_same(network, several, numbers(network, several), ranks=ranks, threads=threads)


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_any_network(data: st.DataObject) -> None:
    network = data.draw(networks() | fused_networks())
    several = [data.draw(batches(network))]
    assert_same(network, several, numbers(network, several), ranks=2)


def test_a_rank_takes_its_own_samples_only() -> None:
    network = Network(*NETWORKS["pooled"], seed=3)
    batch = batch_for(network, 20, 0)

    def seen(ranks: Ranks) -> tuple[int, int]:
        engine = Compiled(network, 5, 1)
        w = engine.layout.pack(network.w)
        engine.loss_and_gradient(w, batch, np.zeros_like(w))
        pooled = engine.plan(20).stages[1].x.canonical(20)  # nobody needs the others'
        return int(np.any(pooled != 0, axis=(1, 2, 3)).sum()), ranks.exchanges

    for samples, exchanges in on_ranks(4, seen):
        assert samples == 5
        assert exchanges > 0
