import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chainrule.base.errors import NetworkError
from chainrule.layers import MaxPooling
from chainrule.layers.max_pooling import max_pooling, max_pooling_input_gradient
from messages import exactly
from oracles import check_layer, normal
from strategies import drawn_cases, sizes, small

NAN = np.nan


def image(*rows: list[float]) -> np.ndarray:
    """One sample with one channel."""
    return np.array([[rows]])


def input_gradient(x: np.ndarray, gy: np.ndarray, size: int = 2, stride: int = 2) -> list[list[float]]:
    return max_pooling_input_gradient(gy, x, max_pooling(x, size, stride), size, stride=stride)[0, 0].tolist()


def test_each_patch_becomes_its_largest_value_and_only_the_winner_gets_the_derivative() -> None:
    x = image([1.0, 2.0, -1.0, -2.0], [4.0, 3.0, -3.0, -4.0])
    assert max_pooling(x).tolist() == [[[[4, -1]]]]
    assert input_gradient(x, image([5.0, 7.0])) == [[0, 0, 7, 0], [5, 0, 0, 0]]


def test_rows_and_columns_that_fill_no_patch_are_left_out() -> None:
    x = image([1.0, 2.0, 9.0], [3.0, 4.0, 9.0], [9.0, 9.0, 9.0])
    assert max_pooling(x).tolist() == [[[[4]]]]
    assert input_gradient(x, image([1.0])) == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_a_pixel_that_wins_overlapping_patches_gets_the_sum() -> None:
    x = image([0.0, 9.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 2.0])
    assert max_pooling(x, 2, 1).tolist() == [[[[9, 9], [1, 2]]]]
    assert input_gradient(x, image([1.0, 10.0], [100.0, 1000.0]), 2, 1) == [[0, 11, 0], [0, 0, 0], [100, 0, 1000]]


@pytest.mark.parametrize(
    ("patch", "winner"),
    [
        ([0.0, 0.0, 0.0, 0.0], 0),
        ([1.0, 2.0, 2.0, 2.0], 1),
        ([1.0, 0.0, 2.0, 2.0], 2),
        ([-0.0, 0.0, -1.0, 0.0], 0),  # minus zero equals zero
        ([-np.inf, -np.inf, -np.inf, -np.inf], 0),
        ([np.inf, 0.0, 0.0, np.inf], 0),
        ([9.0, NAN, 1.0, 2.0], 1),
        ([np.inf, 1.0, NAN, NAN], 2),
        ([NAN, NAN, NAN, NAN], 0),
    ],
)
def test_ties_go_to_the_first_in_row_major_order_and_a_nan_wins(patch: list[float], winner: int) -> None:
    x = image(patch[:2], patch[2:])
    assert np.array_equal(max_pooling(x)[0, 0, 0], [patch[winner]], equal_nan=True)
    assert np.ravel(input_gradient(x, image([1.0]))).tolist() == [k == winner for k in range(4)]


@pytest.mark.parametrize(
    ("layer", "x_shape"),
    [
        (MaxPooling(), (2, 32, 12, 12)),
        (MaxPooling(2), (1, 1, 5, 7)),
        (MaxPooling(3), (2, 2, 8, 4)),
        (MaxPooling(3, stride=1), (2, 2, 5, 6)),
        (MaxPooling(3, stride=2), (2, 2, 8, 6)),
        (MaxPooling(2, stride=3), (2, 2, 8, 6)),
        (MaxPooling(1), (2, 2, 3, 3)),
    ],
)
def test_agrees_with_pytorch(layer: MaxPooling, x_shape: tuple[int, ...]) -> None:
    check_layer(layer, normal(*x_shape))


@drawn_cases
@given(samples=small, channels=small, height=sizes, width=sizes, size=st.integers(1, 4), stride=st.integers(0, 4))
def test_agrees_with_pytorch_at_any_size_ties_included(
    samples: int, channels: int, height: int, width: int, size: int, stride: int
) -> None:
    assume(size <= min(height, width))
    x = normal(samples, channels, height, width)
    check_layer(MaxPooling(size, stride), x)
    check_layer(MaxPooling(size, stride), x.round())


def test_kinks_name_the_winner_of_each_patch() -> None:
    x = image([1.0, 2.0, 5.0, 5.0], [4.0, 3.0, 0.0, 5.0])
    assert MaxPooling().kinks(x)[:, 0, 0, 0].tolist() == [[False, True], [False, False], [True, False], [False, False]]


def test_shapes() -> None:
    assert MaxPooling().y_shape((3, 9, 8)) == (3, 4, 4)
    assert MaxPooling(3, stride=2).y_shape((3, 9, 8)) == (3, 4, 3)
    assert MaxPooling().parameters_for((3, 9, 8)) == {}


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (MaxPooling(), "MaxPooling(2x2)"),
        (MaxPooling(3, stride=3), "MaxPooling(3x3)"),
        (MaxPooling(3, stride=1), "MaxPooling(3x3, stride=1)"),
    ],
)
def test_text(layer: MaxPooling, text: str) -> None:
    assert str(layer) == text


@pytest.mark.parametrize(
    ("layer", "input_shape", "message"),
    [
        (MaxPooling(), (10,), "MaxPooling takes an image (channels, height, width), but its input has shape (10,)"),
        (MaxPooling(), (1, 1, 4), "MaxPooling: a 2x2 window on 1 pixels is impossible; at most 1x1 fits"),
        (MaxPooling(5), (1, 6, 4), "MaxPooling: a 5x5 window on 4 pixels is impossible; at most 4x4 fits"),
    ],
)
def test_an_impossible_input(layer: MaxPooling, input_shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(message)):
        layer.y_shape(input_shape)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "size is 0; expected a whole number of at least 1"),
        ({"size": 2.5}, "size is 2.5; expected a whole number of at least 1"),
        ({"stride": -1}, "stride is -1; expected a whole number of at least 0"),
    ],
)
def test_an_impossible_hyper_parameter(options: dict, message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(f"MaxPooling: {message}")):
        MaxPooling(**options)
