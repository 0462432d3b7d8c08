import numpy as np
import pytest
from hypothesis import given

from chainrule.base.errors import NetworkError
from chainrule.layers import Softmax
from chainrule.layers.softmax import softmax, softmax_input_gradient
from messages import exactly
from oracles import assert_agrees, check_layer, normal
from strategies import drawn_cases, sizes, small


def test_by_hand() -> None:
    y = softmax(np.log([[1.0, 2.0, 5.0]]))
    assert_agrees(y, np.array([[1, 2, 5]]) / 8, 1e-15)
    # dL/dy = (1, 0, 0):  dy[0]/dx[i] = y[0] ([i = 0] - y[i])
    assert_agrees(softmax_input_gradient(np.array([[1.0, 0.0, 0.0]]), y), np.array([[7, -2, -5]]) / 64, 1e-15)


def test_the_components_are_positive_and_sum_to_one() -> None:
    y = softmax(10 * normal(20, 7))
    assert (y > 0).all()
    assert_agrees(y.sum(axis=1), np.ones(20), 1e-15)


def test_a_constant_added_to_all_scores_changes_nothing() -> None:
    x = normal(3, 4).round(2)
    assert_agrees(softmax(x + 64), softmax(x), 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_neither_overflow_nor_warn(dtype: type) -> None:
    x = np.array([[1e4, -1e4], [-1e4, -1e4], [1e4, 1e4]], dtype)
    assert softmax(x).tolist() == [[1, 0], [0.5, 0.5], [0.5, 0.5]]


@drawn_cases
@given(samples=small, n=sizes)
def test_agrees_with_pytorch(samples: int, n: int) -> None:
    check_layer(Softmax(), 3 * normal(samples, n))


def test_an_image_is_no_input() -> None:
    message = "Softmax takes a vector (n,), but its input has shape (3, 4, 4); put a Linear before it"
    with pytest.raises(NetworkError, match=exactly(message)):
        Softmax().y_shape((3, 4, 4))
