import numpy as np
import pytest
from hypothesis import given

from chainrule.layers import Sigmoid
from chainrule.layers.sigmoid import sigmoid, sigmoid_input_gradient
from oracles import assert_agrees, check_layer, normal
from strategies import drawn_cases, sizes, small


def test_by_hand() -> None:
    y = sigmoid(np.log([1 / 3, 1.0, 3.0]))
    assert_agrees(y, np.array([1 / 4, 1 / 2, 3 / 4]), 1e-15)
    assert_agrees(sigmoid_input_gradient(np.full(3, 16.0), y), np.array([3.0, 4.0, 3.0]), 1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_neither_overflow_nor_warn(dtype: type) -> None:
    assert sigmoid(np.array([-np.inf, -1e4, 0, 1e4, np.inf], dtype)).tolist() == [0, 0, 0.5, 1, 1]


def test_a_small_probability_keeps_its_digits() -> None:
    x = np.array([-20.0, -40.0, -300.0])
    assert np.allclose(sigmoid(x), np.exp(x), rtol=1e-8, atol=0)


@drawn_cases
@given(samples=small, n=sizes)
def test_agrees_with_pytorch(samples: int, n: int) -> None:
    check_layer(Sigmoid(), 3 * normal(samples, n))
    check_layer(Sigmoid(), 3 * normal(samples, 2, n, 3))
