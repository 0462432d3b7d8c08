"""Units of inputs and targets: moments against NumPy's, and what Standardise and the last layer make of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.data.moments import Moments
from chainrule.estimators.units import target_units
from chainrule.layers import Context
from chainrule.tasks.units import input_units


def moments(values: np.ndarray, weight: np.ndarray | None = None) -> Moments:
    return Moments.of(values, weight)


@given(n=st.integers(1, 50), cuts=st.lists(st.integers(0, 50), max_size=3), seed=st.integers(0, 1000))
def test_moments_of_parts_are_those_of_the_whole(n, cuts, seed):
    random = np.random.default_rng(seed)
    values, weight = random.normal(size=(n, 3)) * [1, 1e-3, 1e3] + [0, 1, -1e6], random.integers(1, 4, n).astype(float)
    seen = None
    for part in np.split(np.arange(n), sorted(min(cut, n) for cut in cuts)):
        seen = Moments.of(values[part], weight[part], seen)
    repeated = values.repeat(weight.astype(int), axis=0)
    assert seen is not None
    assert seen.weight == len(repeated)
    np.testing.assert_allclose(seen.mean, repeated.mean(axis=0), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(seen.variance, repeated.var(axis=0), rtol=1e-6, atol=1e-14)


def test_a_part_that_weighs_nothing_changes_nothing():
    before = moments(np.array([[1.0], [3.0]]))
    after = Moments.of(np.array([[100.0]]), np.zeros(1), before)
    assert (after.weight, after.mean[0], after.variance[0]) == (2, 2, 1)


def test_sizes_near_the_median_are_kept_and_others_brought_there():
    deviations = np.array([1e-3, 0.6, 1.0, 1.5, 1e4])
    values = np.array([-1.0, 1.0])[:, None] * deviations + 7
    layer = input_units(moments(values), (5,))
    z, _ = layer.forward(values, {}, Context())
    np.testing.assert_allclose(z.std(axis=0), [0.5, 0.6, 1, 1.5, 2])
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-9)


def test_a_constant_column_is_0_whatever_its_value():
    values = np.full((1000, 3), 0.1) * [1, 1e9, 0]
    values[:, 2] = np.arange(1000)
    z, _ = input_units(moments(values), (3,)).forward(values, {}, Context())
    np.testing.assert_allclose(z[:, :2], 0, atol=1e-6)
    assert z[:, 2].std() == pytest.approx(1)
    constant = input_units(moments(values[:, :2]), (2,))
    assert constant.std == (1, 1)


def test_an_image_has_units_for_each_channel():
    images = np.random.default_rng(0).normal(size=(50, 2, 3, 4)) * np.array([1, 1.5])[:, None, None] + 3
    layer = input_units(moments(images.reshape(50, -1)), (2, 3, 4))
    np.testing.assert_allclose(layer.mean, images.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(layer.std, images.std(axis=(0, 2, 3)).mean(), rtol=0.01 + 0.25)
    z = layer.forward(images, {}, Context())[0].std(axis=(0, 2, 3))
    np.testing.assert_allclose(z[1] / z[0], images[:, 1].std() / images[:, 0].std())


def test_targets_have_their_standard_deviation_as_unit():
    mean, scale = target_units(moments(np.array([[1.0, 50.0], [5.0, 50.0]])))
    np.testing.assert_array_equal((mean, scale), ([3, 50], [2, 1]))
