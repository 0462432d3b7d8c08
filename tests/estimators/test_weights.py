"""What samples weigh, and how many different ones there were."""

import numpy as np
import pytest

from chainrule.data.dataset import Dataset
from chainrule.estimators.weights import KEPT, Distinct, as_counts


@pytest.mark.parametrize("scale", [1.0, 1 / 3, 1e-300, 1e300])
@pytest.mark.parametrize(
    ("weight", "counts"),
    [
        ([1, 3, 2], [1, 3, 2]),
        ([0.1, 0.3, 0], [1, 3, 0]),
        ([1, 1.5, 0], [0.8, 1.2, 0]),
        ([1, 1e-9, 1], [1.5, 1.5e-9, 1.5]),
    ],
)
def test_whole_multiples_of_the_least_weight_count_samples_and_others_are_1_on_average(weight, counts, scale):
    np.testing.assert_allclose(as_counts(scale * np.array(weight)), counts, rtol=1e-9)


def test_different_samples_are_counted_once_however_often_they_come():
    x, t = np.random.default_rng(0).normal(size=(20_000, 3)), np.arange(20_000)
    few, many = Distinct(), Distinct()
    for part in np.random.default_rng(1).integers(0, 500, (40, 200)):
        few.see(Dataset(x[part], t[part]))
    many.see(Dataset(x, t))
    many.see(Dataset(x[::-1], t[::-1]))
    assert KEPT > few.count() == 500
    assert many.count() == pytest.approx(20_000, rel=0.1)


def test_the_same_x_with_another_t_is_another_sample():
    seen = Distinct()
    seen.see(Dataset(np.ones((3, 2)), np.array([0, 1, 1])))
    assert seen.count() == 2
