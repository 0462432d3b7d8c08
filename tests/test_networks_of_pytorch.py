"""Random networks of all layers and containers agree with PyTorch, in float64: loss, outputs and all gradients."""

from collections import Counter

import numpy as np
import pytest
from torture.random_networks import Draw, random_network

import chainrule as cr
from chainrule.network.reference import Reference
from chainrule.network.tracing import trace_at
from oracles import assert_agrees, torch_network

SEED = 5


def of_float64(network: cr.Network, random: np.random.Generator) -> cr.Network:
    """The same, in float64, with weights and statistics of any size."""
    twin = cr.Network(network.layers, network.input_shape, network.loss, dtype=np.float64)
    twin.w[:] = network.w + 0.1 * random.standard_normal(network.size)
    twin.statistics[:] = np.exp(random.standard_normal(len(twin.statistics)))
    return twin


def batch_for(network: cr.Network, random: np.random.Generator) -> cr.Batch:
    """Up to seven samples that count differently."""
    n = int(random.integers(1, 8))
    shape = network.output_shape
    t = random.integers(0, 3, n) if isinstance(network.loss, cr.LogSoftmaxNLL) else random.standard_normal((n, *shape))
    x = random.standard_normal((n, *network.input_shape))
    return cr.Batch(x, t, sample_weight=random.uniform(0.1, 3, n), step=3, offset=1000)


def compare(k: int) -> set[str]:
    """Network k and its batch; the kinds of layers in it."""
    random = np.random.default_rng((3, k))
    network = of_float64(random_network(random), random)
    batch = batch_for(network, random)
    engine, found_gw = Reference(network, SEED), np.zeros(network.size)
    found = trace_at(engine, network.w, batch)
    found_loss = engine.loss_and_gradient(network.w, batch, found_gw)
    loss, y, gx, gw = torch_network(network, network.w, batch, SEED)
    for ours, expected in ((np.array(found_loss), np.array(loss)), (found.x[-1], y), (found.gx[0], gx), (found_gw, gw)):
        scale = max(1.0, float(np.abs(expected).max(initial=0)))
        assert_agrees(ours / scale, expected / scale)
    return {type(node.layer).__name__ for node in network.graph.nodes}


def test_some() -> None:
    for k in range(40):
        compare(k)


@pytest.mark.heavy
def test_a_thousand() -> None:
    met = Counter(name for k in range(1000) for name in compare(k))
    of_all = {kind.__name__ for kind in Draw(np.random.default_rng(0)).makers} - {"Sequential", "Residual"}
    assert of_all <= {name for name, times in met.items() if times >= 10}
