import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chainrule.base.errors import NetworkError
from chainrule.layers import MaxPooling
from chainrule.layers.max_pooling import max_pooling, max_pooling_input_gradient
from messages import exactly
from oracles import check_layer, normal
from strategies import drawn_cases, per_axis, sizes, small

NAN = np.nan
IMAGE_OR_SIGNAL = (
    "MaxPooling takes an image (channels, height, width) or a signal (channels, length), but its input has shape (10,)"
)


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
        (MaxPooling((2, 3), (1, 2)), (2, 2, 5, 6)),
        (MaxPooling(3, 2, 1), (2, 2, 5, 6)),
        (MaxPooling(3, 2, "same"), (2, 2, 5, 6)),
        (MaxPooling(3, 2, 1), (2, 2, 9)),
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


@drawn_cases
@given(st.data(), st.sampled_from([(9,), (1,), (7, 8), (1, 9)]))
def test_agrees_with_pytorch_with_any_options(data: st.DataObject, pixels: tuple[int, ...]) -> None:
    size, stride = data.draw(per_axis(1, 4, pixels)), data.draw(per_axis(1, 4, pixels))
    least = min(size) if isinstance(size, tuple) else size
    padding = data.draw(st.one_of(st.just("same"), per_axis(0, least // 2, pixels)))
    layer, x = MaxPooling(size, stride, padding), normal(data.draw(small), data.draw(small), *pixels)
    try:
        layer.y_shape(x.shape[1:])
    except NetworkError:
        assume(False)
    check_layer(layer, x)
    check_layer(layer, x.round())


def test_a_padded_pixel_never_wins() -> None:
    x = np.full((1, 1, 3), -np.inf)
    y = max_pooling(x, 3, 1, padding=1)
    assert y.tolist() == [[[-np.inf] * 3]]
    gy = np.array([[[1.0, 10.0, 100.0]]])
    assert max_pooling_input_gradient(gy, x, y, 3, stride=1, padding=1).tolist() == [[[11, 100, 0]]]
    assert max_pooling(np.full((1, 1, 1, 1), -5.0), 3, 1, padding=1).tolist() == [[[[-5]]]]


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
        (MaxPooling((3, 2), padding=1), "MaxPooling(3x2, padding=1)"),
    ],
)
def test_text(layer: MaxPooling, text: str) -> None:
    assert str(layer) == text


@pytest.mark.parametrize(
    ("layer", "input_shape", "message"),
    [
        (MaxPooling(), (10,), IMAGE_OR_SIGNAL),
        (MaxPooling(), (1, 1, 4), "MaxPooling: a 2x2 window on 1x4 pixels is impossible; at most 1x4 fits"),
        (MaxPooling(5), (1, 6, 4), "MaxPooling: a 5x5 window on 6x4 pixels is impossible; at most 6x4 fits"),
    ],
)
def test_an_impossible_input(layer: MaxPooling, input_shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(message)):
        layer.y_shape(input_shape)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "size is 0; expected a whole number of at least 1, or one for each axis"),
        ({"size": 2.5}, "size is 2.5; expected a whole number of at least 1, or one for each axis"),
        ({"stride": -1}, "stride is -1; expected a whole number of at least 0, or one for each axis"),
        ({"stride": (2, 0)}, "stride is (2, 0); expected a whole number of at least 1, or one for each axis"),
        ({"padding": "no"}, "padding is 'no'; expected \"same\", a whole number of at least 0, or one for each axis"),
        ({"padding": 2}, "padding is 2; expected at most half its size, 1"),
        ({"size": (4, 2), "padding": (1, 2)}, "padding is (1, 2); expected at most half its size, 1"),
    ],
)
def test_an_impossible_hyper_parameter(options: dict, message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(f"MaxPooling: {message}")):
        MaxPooling(**options)
