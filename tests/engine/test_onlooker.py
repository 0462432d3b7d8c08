"""What an onlooker sees of a step is what the definitions say of each stage, and all of it was written in this step."""

import numpy as np
import pytest

from chainrule import Convolution, Dropout, Linear, MaxPooling, Network, ReLU, Residual, Tanh
from chainrule.engine.compiled import Compiled
from chainrule.engine.measure.onlooker import Onlooker
from chainrule.layers import GELU, BatchNormalisation, GlobalAveragePooling
from chainrule.network.reference import Reference
from chainrule.network.tracing import trace_at
from chainrule.training.objective import Batch

SAMPLES, SHAPE = 5, (1, 12, 12)
BLOCK = [Convolution(16, padding=1), BatchNormalisation(), ReLU(), Convolution(16, padding=1), BatchNormalisation()]
NETWORKS = {
    "pooled": [Convolution(16), ReLU(), Convolution(32), ReLU(), MaxPooling(), Linear(50), ReLU(), Linear(4)],
    "dropped": [Convolution(32), ReLU(), MaxPooling(), Dropout(0.25), Linear(300), ReLU(), Dropout(0.5), Linear(4)],
    "normalised": [Convolution(16), BatchNormalisation(), ReLU(), Convolution(16), MaxPooling(), BatchNormalisation(),
                   ReLU(), GlobalAveragePooling(), Linear(4)],
    "residual": [Convolution(16), ReLU(), Residual(BLOCK), ReLU(), GlobalAveragePooling(), Linear(4)],
    "no kernel": [Convolution(3), Tanh(), Convolution(16), GELU(), Linear(4)],
}  # fmt: skip


def batch(seed: int) -> Batch:
    draws = np.random.default_rng(seed)
    return Batch(draws.normal(size=(SAMPLES, *SHAPE)).astype(np.float32), draws.integers(4, size=SAMPLES), step=3)


def looked_at(network: Network, *batches: Batch) -> Onlooker:
    """What one sees of the last of them."""
    onlooker = Onlooker()
    engine = Compiled(network, 7, 1, watch=onlooker)
    w = engine.layout.pack(network.w)
    for each in batches:
        onlooker.watch(engine.plan(SAMPLES), SAMPLES)
        engine.loss_and_gradient(w, each, np.zeros_like(w))
    return onlooker


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_it_sees_what_the_definitions_say(layers):
    network = Network(layers, SHAPE)
    seen, exact = looked_at(network, batch(0)), trace_at(Reference(network, 7), network.w.astype(np.float64), batch(0))
    stages, readers = seen.plan.stages, [value for node in network.graph.nodes for value in node.inputs]
    made, sent = {name: y for _, name, y in seen.forward()}, {name: gx for _, name, gx in seen.backward()}
    assert (len(made) - 1, len(sent)) == (len(stages), len(stages) - 1)  # of the batch, x too
    for stage, name in zip(stages, list(made)[1:], strict=True):
        y = exact.x[stage.group.output]
        np.testing.assert_allclose(made[name].reshape(y.shape), y, atol=1e-4, err_msg=name)
        (value, *_) = stage.group.inputs
        if name in sent and readers.count(value) == 1:
            gx = exact.gx[value] * (exact.x[value] != 0 if stage.x.rectified else 1)
            np.testing.assert_allclose(sent[name].reshape(gx.shape), gx, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_nothing_that_it_sees_is_left_from_another_step(layers):
    network = Network(layers, SHAPE)
    alone, later = looked_at(network, batch(0)), looked_at(network, batch(1), batch(2), batch(0))
    for looked in (Onlooker.forward, Onlooker.backward):
        for (what, name, a), (_, _, b) in zip(looked(alone), looked(later), strict=True):
            assert a.tobytes() == b.tobytes(), f"{what} of {name}"
