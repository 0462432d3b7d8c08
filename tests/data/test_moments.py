import numpy as np
import pytest

from chainrule.data.moments import Moments

TINY = float(np.finfo(np.float32).tiny)


@pytest.mark.parametrize(
    ("mean", "deviation", "single", "double"),
    [
        (0.0, 0.0, True, True),
        (0.0, 1e-100, True, False),
        (0.0, TINY, True, False),
        (0.0, 2 * TINY, False, False),
        (-1e6, 1e6 * 2.0**-23, True, False),
        (-1e6, 1e6 * 2.0**-22, False, False),
        (1e6, 1e6 * 2.0**-46, True, True),
        (1e6, 1e6 * 2.0**-45, True, False),
    ],
)
def test_constant_features(mean: float, deviation: float, single: bool, double: bool) -> None:
    moments = Moments(1.0, np.array([mean, 1.0]), np.array([deviation**2, 1.0]))
    assert moments.constant(np.float32).tolist() == [single, False]
    assert moments.constant(np.float64).tolist() == [double, False]


def test_rounding_alone_is_no_change() -> None:
    moments = Moments.of(np.full((1000, 1), 0.1), np.linspace(0, 1, 1000))
    assert moments.constant(np.float64).tolist() == [True]
    assert Moments.of(np.array([[1.0], [np.nan]])).constant(np.float64).tolist() == [False]
