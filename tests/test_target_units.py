"""A regression's units as part of the last Linear."""

import numpy as np

import chainrule as cr
from chainrule.network.target_units import in_target_units, rescale_outputs


def test_outputs_are_rescaled_by_the_last_layer():
    network = cr.Network([cr.Linear(4), cr.ReLU(), cr.Linear(2)], 3, cr.SquaredError(), dtype=np.float64)
    x = np.random.default_rng(0).normal(size=(10, 3))
    before, mean, scale = network(x), np.array([3.0, 50.0]), np.array([2.0, 1.0])
    rescale_outputs(network, mean, scale)
    np.testing.assert_allclose(network(x), mean + scale * before)


def test_a_network_in_its_targets_units_says_the_same():
    x = np.random.default_rng(0).normal(size=(10, 3))
    inner = cr.Sequential([cr.ReLU(), cr.Linear(2)])
    for loss in (
        cr.SquaredError((2e5, 1.0), (5e4, 1e-3)),
        cr.SquaredError(10.0, (2.0, 3.0)),
        cr.SquaredError(1.0, 2.0),
    ):
        network = cr.Network([cr.Linear(4), inner], 3, loss, dtype=np.float64)
        w, same = network.w.copy(), in_target_units(network)
        np.testing.assert_allclose(same(x), network.predict(x), rtol=1e-12)
        np.testing.assert_array_equal(same.predict(x), same(x))
        np.testing.assert_array_equal(network.w, w)


def test_a_network_stays_that_has_no_units_or_ends_in_no_linear():
    units = cr.SquaredError(10.0, 2.0)
    for layers, loss in (
        ([cr.Linear(2)], None),
        ([cr.Linear(2)], cr.SquaredError()),
        ([cr.Linear(2), cr.Tanh()], units),
        ([cr.Linear(2, bias=False)], units),
    ):
        network = cr.Network(layers, 3, loss)
        assert in_target_units(network) is network
    network = cr.Network([cr.Residual([cr.Linear(3)])], 3, units)
    assert in_target_units(network) is network
