import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chainrule.base.errors import NetworkError
from chainrule.layers import Convolution
from chainrule.layers.convolution import (
    convolution,
    convolution_bias_gradient,
    convolution_input_gradient,
    convolution_weight_gradient,
)
from messages import exactly
from oracles import assert_agrees, check_layer, normal
from strategies import drawn_cases, sizes, small


def test_one_filter_over_one_image_by_hand() -> None:
    x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    w = np.array([[[[1.0, 10.0], [100.0, 1000.0]]]])
    b = np.array([0.5])
    assert convolution(x, w, b).tolist() == [[[[5421.5, 6532.5]]]]

    gy = np.array([[[[1.0, 2.0]]]])
    assert convolution_input_gradient(gy, x.shape, w).tolist() == [[[[1.0, 12.0, 20.0], [100.0, 1200.0, 2000.0]]]]
    assert convolution_weight_gradient(gy, x, 2).tolist() == [[[[5.0, 8.0], [14.0, 17.0]]]]
    assert convolution_bias_gradient(gy).tolist() == [3.0]


def test_the_lectures_sums() -> None:
    """Its formulas, index by index: y, and what each term w x of y sends back."""
    x, w, b = normal(2, 3, 5, 4), normal(2, 3, 3, 3, seed=1), normal(2, seed=2)
    gy = normal(2, 2, 3, 2, seed=3)
    y = np.zeros_like(gy) + b[:, None, None]
    gx, gw = np.zeros_like(x), np.zeros_like(w)
    for s, oc, i, j in np.ndindex(gy.shape):
        for ic, di, dj in np.ndindex(3, 3, 3):
            y[s, oc, i, j] += w[oc, ic, di, dj] * x[s, ic, i + di, j + dj]
            gx[s, ic, i + di, j + dj] += gy[s, oc, i, j] * w[oc, ic, di, dj]
            gw[oc, ic, di, dj] += gy[s, oc, i, j] * x[s, ic, i + di, j + dj]
    assert_agrees(convolution(x, w, b), y, 1e-14)
    assert_agrees(convolution_input_gradient(gy, x.shape, w), gx, 1e-14)
    assert_agrees(convolution_weight_gradient(gy, x, 3), gw, 1e-14)


def test_the_identity_filter_copies_the_image() -> None:
    x = normal(2, 1, 4, 5)
    w = np.zeros((1, 1, 3, 3))
    w[0, 0, 1, 1] = 1
    assert np.array_equal(convolution(x, w, np.zeros(1), padding=1), x)


@pytest.mark.parametrize(
    ("layer", "x_shape"),
    [
        (Convolution(32), (2, 1, 28, 28)),
        (Convolution(4, 5), (1, 3, 5, 9)),
        (Convolution(2, 1), (3, 4, 2, 2)),
        (Convolution(2, 3, stride=2), (2, 2, 6, 8)),  # the last row and column fill no window
        (Convolution(2, 2, stride=3), (2, 2, 7, 6)),  # pixels between the windows
        (Convolution(2, 3, padding=1), (2, 2, 1, 5)),  # smaller than the filter until padded
        (Convolution(2, 2, padding=3), (2, 1, 2, 3)),  # windows of nothing but padding
        (Convolution(3, 4, stride=3, padding=2), (2, 2, 6, 7)),
    ],
)
def test_agrees_with_pytorch(layer: Convolution, x_shape: tuple[int, ...]) -> None:
    check_layer(layer, normal(*x_shape))


@drawn_cases
@given(
    samples=small, channels=small, filters=small, height=sizes, width=sizes,
    kernel=st.integers(1, 5), stride=st.integers(1, 4), padding=st.integers(0, 3),
)  # fmt: skip
def test_agrees_with_pytorch_at_any_size(
    samples: int, channels: int, filters: int, height: int, width: int, kernel: int, stride: int, padding: int
) -> None:
    assume(kernel <= min(height, width) + 2 * padding)
    check_layer(Convolution(filters, kernel, stride, padding), normal(samples, channels, height, width))


def test_shapes_and_counts() -> None:
    layer = Convolution(8, 3, stride=2)
    assert layer.y_shape((4, 10, 12)) == (8, 4, 5)
    w, b = layer.parameters_for((4, 10, 12)).values()
    assert (w.shape, b.shape) == ((8, 4, 3, 3), (8,))
    assert {(p.fan_in, p.fan_out) for p in (w, b)} == {(4 * 3 * 3, 8 * 3 * 3)}
    assert layer.multiply_adds((4, 10, 12)) == 8 * 4 * 5 * 4 * 3 * 3


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Convolution(32), "Convolution(32, 3x3)"),
        (Convolution(8, 5, stride=2, padding=1), "Convolution(8, 5x5, stride=2, padding=1)"),
    ],
)
def test_text(layer: Convolution, text: str) -> None:
    assert str(layer) == text


@pytest.mark.parametrize(
    ("layer", "input_shape", "message"),
    [
        (
            Convolution(8),
            (2, 28),
            "Convolution takes an image (channels, height, width), but its input has shape (2, 28)",
        ),
        (Convolution(8), (1, 2, 5), "Convolution: a 3x3 window on 2 pixels is impossible; at most 2x2 fits"),
        (
            Convolution(8, 7, padding=1),
            (1, 9, 4),
            "Convolution: a 7x7 window on 4 pixels padded by 1 is impossible; at most 6x6 fits",
        ),
    ],
)
def test_an_impossible_input(layer: Convolution, input_shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(message)):
        layer.y_shape(input_shape)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"out_channels": 0}, "out_channels is 0; expected a whole number of at least 1"),
        ({"out_channels": 2.0}, "out_channels is 2.0; expected a whole number of at least 1"),
        ({"out_channels": True}, "out_channels is True; expected a whole number of at least 1"),
        ({"out_channels": 1, "kernel_size": -3}, "kernel_size is -3; expected a whole number of at least 1"),
        ({"out_channels": 1, "stride": 0}, "stride is 0; expected a whole number of at least 1"),
        ({"out_channels": 1, "padding": -1}, "padding is -1; expected a whole number of at least 0"),
        ({"out_channels": 1, "padding": "1"}, "padding is '1'; expected a whole number of at least 0"),
    ],
)
def test_an_impossible_hyper_parameter(options: dict, message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(f"Convolution: {message}")):
        Convolution(**options)
