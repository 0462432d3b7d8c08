import numpy as np
import pytest
from hypothesis import given

from chainrule.base.errors import NetworkError
from chainrule.layers import LogSoftmax
from chainrule.layers.log_softmax import log_softmax, log_softmax_input_gradient
from chainrule.layers.softmax import softmax
from messages import exactly
from oracles import assert_agrees, check_layer, normal
from strategies import drawn_cases, sizes, small


def test_by_hand() -> None:
    y = log_softmax(np.log([[1.0, 2.0, 5.0]]))
    assert_agrees(y, np.log([[1 / 8, 2 / 8, 5 / 8]]), 1e-15)
    # dL/dy = (1, 0, 0):  dy[0]/dx[i] = [i = 0] - softmax(x)[i]
    assert_agrees(log_softmax_input_gradient(np.array([[1.0, 0.0, 0.0]]), y), np.array([[7, -2, -5]]) / 8, 1e-15)


def test_it_is_the_logarithm_of_softmax() -> None:
    x = normal(5, 7)
    assert_agrees(log_softmax(x), np.log(softmax(x)), 1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_neither_overflow_nor_warn(dtype: type) -> None:
    x = np.array([[1e4, -1e4], [0, 1e4]], dtype)
    assert log_softmax(x).tolist() == [[0, -2e4], [-1e4, 0]]


@drawn_cases
@given(samples=small, n=sizes)
def test_agrees_with_pytorch(samples: int, n: int) -> None:
    check_layer(LogSoftmax(), 3 * normal(samples, n))


def test_an_image_is_no_input() -> None:
    message = "LogSoftmax takes a vector (n,), but its input has shape (3, 4, 4); put a Linear before it"
    with pytest.raises(NetworkError, match=exactly(message)):
        LogSoftmax().y_shape((3, 4, 4))
