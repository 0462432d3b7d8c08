import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chainrule.base.errors import NetworkError
from chainrule.layers import AveragePooling
from chainrule.layers.average_pooling import average_pooling, average_pooling_input_gradient
from messages import exactly
from oracles import check_layer, normal
from strategies import drawn_cases, per_axis, sizes, small


def test_by_hand() -> None:
    x = np.array([[[[1.0, 2.0, 5.0, 5.0], [4.0, 3.0, 0.0, 6.0]]]])
    assert average_pooling(x).tolist() == [[[[2.5, 4.0]]]]
    gx = average_pooling_input_gradient(np.array([[[[4.0, 8.0]]]]), x.shape)
    assert gx.tolist() == [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]


def test_a_pixel_in_overlapping_patches_gets_the_sum() -> None:
    gx = average_pooling_input_gradient(np.full((1, 1, 2, 2), 4.0), (1, 1, 3, 3), 2, 1)
    assert gx.tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]


def test_pixels_that_fill_no_patch_are_left_out() -> None:
    x = np.array([[[[1.0, 1.0, 9.0], [1.0, 1.0, 9.0], [9.0, 9.0, 9.0]]]])
    assert average_pooling(x).tolist() == [[[[1.0]]]]
    gx = average_pooling_input_gradient(np.full((1, 1, 1, 1), 4.0), x.shape)
    assert gx.tolist() == [[[[1, 1, 0], [1, 1, 0], [0, 0, 0]]]]


@drawn_cases
@given(samples=small, channels=small, height=sizes, width=sizes, size=st.integers(1, 4), stride=st.integers(0, 4))
def test_agrees_with_pytorch(samples: int, channels: int, height: int, width: int, size: int, stride: int) -> None:
    assume(size <= min(height, width))
    check_layer(AveragePooling(size, stride), normal(samples, channels, height, width))


@drawn_cases
@given(st.data(), st.sampled_from([(9,), (1,), (7, 8), (1, 9)]))
def test_agrees_with_pytorch_with_any_options(data: st.DataObject, pixels: tuple[int, ...]) -> None:
    size, stride = data.draw(per_axis(1, 4, pixels)), data.draw(per_axis(1, 4, pixels))
    least = min(size) if isinstance(size, tuple) else size
    padding = data.draw(st.one_of(st.just("same"), per_axis(0, least // 2, pixels)))
    layer = AveragePooling(size, stride, padding, data.draw(st.booleans()))
    x = normal(data.draw(small), data.draw(small), *pixels)
    try:
        layer.y_shape(x.shape[1:])
    except NetworkError:
        assume(False)
    check_layer(layer, x)


def test_what_padded_pixels_count() -> None:
    x = np.array([[[3.0, 5.0, 7.0]]])
    assert average_pooling(x, 2, 2, padding=1).tolist() == [[[1.5, 6.0]]]
    assert average_pooling(x, 2, 2, padding=1, count_include_pad=False).tolist() == [[[3.0, 6.0]]]


def test_shapes_and_text() -> None:
    assert AveragePooling().y_shape((3, 9, 8)) == (3, 4, 4)
    assert str(AveragePooling(3, stride=2)) == "AveragePooling(3x3, stride=2)"


def test_an_impossible_input() -> None:
    message = "AveragePooling: a 3x3 window on 5x2 pixels is impossible; at most 5x2 fits"
    with pytest.raises(NetworkError, match=exactly(message)):
        AveragePooling(3).y_shape((1, 5, 2))


def test_an_impossible_hyper_parameter() -> None:
    with pytest.raises(NetworkError, match=exactly("AveragePooling: count_include_pad is 1; expected True or False")):
        AveragePooling(count_include_pad=1)  # type: ignore[arg-type]
    message = "AveragePooling: size is 0; expected a whole number of at least 1, or one for each axis"
    with pytest.raises(NetworkError, match=exactly(message)):
        AveragePooling(0)
