"""What each reader of a value sends back."""

from typing import Any

import numpy as np
import pytest

from chainrule import BatchNormalisation, Convolution, Dropout, Linear, LogSoftmaxNLL, Network, ReLU, Residual, trace
from chainrule.server.ways import ways
from served import numbers


def network_of(*layers: Any) -> Network:
    return Network([*layers, Linear(3)], (2, 6, 6), LogSoftmaxNLL(), seed=3)


CONVOLUTION = Convolution(2, 3, padding=1)
NETWORKS = {
    "x itself": network_of(Residual([CONVOLUTION, ReLU()])),
    "a convolution": network_of(Residual([CONVOLUTION, ReLU(), CONVOLUTION], Convolution(2, 1))),
    "several layers": network_of(Residual([CONVOLUTION], [Convolution(2, 1), BatchNormalisation(), Dropout(0.5)])),
    "blocks in one another": network_of(Residual([Residual([CONVOLUTION], Convolution(2, 1))]), ReLU()),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("training", [True, False])
def test_they_add_up_to_the_gradient(name: str, training: bool):
    network = NETWORKS[name]
    x = np.random.default_rng(1).normal(size=(1, 2, 6, 6)).astype(np.float32)
    found = trace(network, x, [1], training=training, seed=5)
    graph = network.graph
    parts = ways(found)
    assert list(parts) == [name for k, name in enumerate(graph.names) if len(graph.readers(k)) > 1]
    for value, by_reader in parts.items():
        k = found.names.index(value)
        assert list(by_reader) == [graph.nodes[reader].name for reader in graph.readers(k)]
        total = sum(numbers(part) for part in by_reader.values())
        np.testing.assert_allclose(total, found.gx[k][0], rtol=1e-5, atol=1e-7)
        assert all(np.any(numbers(part)) for part in by_reader.values())


def test_where_each_value_has_one_reader_there_are_none():
    x = np.zeros((1, 2, 6, 6), np.float32)
    assert ways(trace(network_of(CONVOLUTION, ReLU()), x, [0])) == {}
