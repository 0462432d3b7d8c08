"""A graph's outputs one after the other: each is there for its readers, and then gone."""

from weakref import ref

import numpy as np

from chainrule import Linear, Network, Residual, SquaredError, Tanh
from chainrule.layers import Context
from chainrule.layers.graph import forward, outputs
from oracles import normal


def test_an_output_is_kept_until_its_last_reader_has_read_it() -> None:
    """Of tanh1, block1.tanh1, block1.tanh2, block1.sum, tanh2: the block's input is read again by its sum."""
    network = Network([Tanh(), Residual([Tanh(), Tanh()]), Tanh()], 4, SquaredError())
    found = outputs(network.graph, normal(3, 4), network.named(), Context())
    kept, there = [], []
    for _ in network.graph.nodes:
        kept.append(ref(next(found)))
        there.append([each() is not None for each in kept])
    assert there == [
        [True],
        [True, True],
        [True, True, True],
        [True, False, True, True],
        [False, False, False, True, True],
    ]


def test_they_are_those_of_a_forward_pass() -> None:
    network = Network([Linear(4), Residual([Linear(4), Tanh()]), Linear(2)], 3, SquaredError(), dtype=np.float64)
    x, named = normal(5, 3), network.named()
    made = forward(network.graph, x, named, Context()).values[1:]
    for y, expected in zip(outputs(network.graph, x, named, Context()), made, strict=True):
        np.testing.assert_array_equal(y, expected)
