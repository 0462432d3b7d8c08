import numpy as np
import pytest
from hypothesis import given

from chainrule.layers import Tanh
from chainrule.layers.tanh import tanh, tanh_input_gradient
from oracles import assert_agrees, check_layer, normal
from strategies import drawn_cases, sizes, small


def test_by_hand() -> None:
    y = tanh(np.log([1 / 2, 1.0, 3.0]))  # (a - 1/a) / (a + 1/a) = (a^2 - 1) / (a^2 + 1)
    assert_agrees(y, np.array([-3 / 5, 0, 4 / 5]), 1e-15)
    assert_agrees(tanh_input_gradient(np.full(3, 25.0), y), np.array([16.0, 25.0, 9.0]), 1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_values_neither_overflow_nor_warn(dtype: type) -> None:
    assert tanh(np.array([-1e4, 1e4], dtype)).tolist() == [-1, 1]


@drawn_cases
@given(samples=small, n=sizes)
def test_agrees_with_pytorch(samples: int, n: int) -> None:
    check_layer(Tanh(), normal(samples, n))
    check_layer(Tanh(), normal(samples, 2, n, 3))
