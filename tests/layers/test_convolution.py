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
from strategies import drawn_cases, per_axis, sizes, small


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


def test_the_lectures_sums_with_every_option() -> None:
    """y[s,oc,i,j] = sum of w[oc,ic,di,dj] x[s,ic,S i + D di - P,S j + D dj - P], of each group's own ic."""
    x, w, b = normal(2, 6, 8, 7), normal(4, 3, 2, 3, seed=1), normal(4, seed=2)
    how: dict = {"stride": (2, 1), "padding": (1, 2), "dilation": (3, 2), "groups": 2}
    gy = normal(2, 4, 4, 7, seed=3)
    y, gx, gw = np.zeros_like(gy) + b[:, None, None], np.zeros_like(x), np.zeros_like(w)
    for s, oc, i, j in np.ndindex(gy.shape):
        for c, di, dj in np.ndindex(w.shape[1:]):
            ic, row, column = 3 * (oc // 2) + c, 2 * i + 3 * di - 1, j + 2 * dj - 2
            if 0 <= row < 8 and 0 <= column < 7:
                y[s, oc, i, j] += w[oc, c, di, dj] * x[s, ic, row, column]
                gx[s, ic, row, column] += gy[s, oc, i, j] * w[oc, c, di, dj]
                gw[oc, c, di, dj] += gy[s, oc, i, j] * x[s, ic, row, column]
    assert_agrees(convolution(x, w, b, **how), y, 1e-14)
    assert_agrees(convolution_input_gradient(gy, x.shape, w, **how), gx, 1e-14)
    assert_agrees(convolution_weight_gradient(gy, x, (2, 3), **how), gw, 1e-14)


def test_one_filter_over_one_signal_by_hand() -> None:
    x, w = np.array([[[1.0, 2.0, 3.0, 4.0]]]), np.array([[[1.0, 10.0]]])
    assert convolution(x, w).tolist() == [[[21, 32, 43]]]
    gy = np.array([[[1.0, 2.0, 3.0]]])
    assert convolution_input_gradient(gy, x.shape, w).tolist() == [[[1, 12, 23, 30]]]
    assert convolution_weight_gradient(gy, x, 2).tolist() == [[[14, 20]]]
    assert convolution_bias_gradient(gy).tolist() == [6]


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "padding"),
    [
        (7, 3, 1, 1, (1, 1)),
        (7, 4, 1, 1, (1, 2)),  # an odd zero goes behind x
        (7, 4, 2, 1, (1, 2)),
        (8, 3, 2, 1, (0, 1)),
        (8, 3, 1, 4, (4, 4)),
        (5, 1, 3, 1, (0, 0)),  # pixels between the windows: nothing is padded
        (1, 5, 2, 2, (4, 4)),
    ],
)
def test_the_padding_that_keeps_the_size(
    size: int, kernel: int, stride: int, dilation: int, padding: tuple[int, int]
) -> None:
    layer = Convolution(1, kernel, stride, "same", dilation)
    at = layer.windows_over((1, size))
    assert at.padding == (padding,)
    assert at.counts == (-(-size // stride),)


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
        (Convolution(3, (1, 4), (2, 1), (0, 3)), (2, 2, 6, 7)),
        (Convolution(3, 4, padding="same"), (2, 2, 6, 7)),
        (Convolution(3, 4, 3, "same", (1, 2)), (2, 2, 6, 7)),
        (Convolution(6, groups=3, padding=1, bias=False), (2, 6, 4, 5)),
        (Convolution(8, 5), (2, 3, 9)),
        (Convolution(8, 5, 2, 2, 2, 8, False), (2, 8, 9)),
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


@drawn_cases
@given(st.data(), st.sampled_from([(9,), (1,), (12,), (7, 8), (1, 9), (9, 2)]))
def test_agrees_with_pytorch_with_any_options(data: st.DataObject, pixels: tuple[int, ...]) -> None:
    draw, groups = data.draw, data.draw(small)
    sizes = draw(per_axis(1, 5, pixels)), draw(per_axis(1, 4, pixels))
    padding = draw(st.one_of(st.just("same"), per_axis(0, 3, pixels)))
    layer = Convolution(
        groups * draw(small), *sizes, padding, draw(per_axis(1, 3, pixels)), groups, draw(st.booleans())
    )
    x = normal(draw(small), groups * draw(small), *pixels)
    try:
        layer.y_shape(x.shape[1:])
    except NetworkError:
        assume(False)
    check_layer(layer, x)


def test_shapes_and_counts() -> None:
    layer = Convolution(8, 3, stride=2)
    assert layer.y_shape((4, 10, 12)) == (8, 4, 5)
    w, b = layer.parameters_for((4, 10, 12)).values()
    assert (w.shape, b.shape) == ((8, 4, 3, 3), (8,))
    assert {(p.fan_in, p.fan_out) for p in (w, b)} == {(4 * 3 * 3, 8 * 3 * 3)}
    assert layer.multiply_adds((4, 10, 12)) == 8 * 4 * 5 * 4 * 3 * 3


def test_shapes_and_counts_of_groups_on_a_signal() -> None:
    layer = Convolution(8, 5, padding="same", groups=2, bias=False)
    assert layer.y_shape((4, 10)) == (8, 10)
    (w,) = layer.parameters_for((4, 10)).values()
    assert (w.shape, w.fan_in, w.fan_out) == ((8, 2, 5), 2 * 5, 4 * 5)
    assert layer.multiply_adds((4, 10)) == 8 * 10 * 2 * 5


def test_sizes_stay_as_they_are_given() -> None:
    layer = Convolution(8, [3, np.int64(5)], np.int32(2), (0, 1))  # type: ignore[arg-type]
    assert (layer.kernel_size, layer.stride, layer.padding) == ((3, 5), 2, (0, 1))
    assert Convolution(8, (3, 3)) != Convolution(8, 3)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Convolution(32), "Convolution(32, 3x3)"),
        (Convolution(8, 5, stride=2, padding=1), "Convolution(8, 5x5, stride=2, padding=1)"),
        (Convolution(16, (3, 5), stride=(1, 2)), "Convolution(16, 3x5, stride=(1, 2))"),
        (Convolution(8, (5,), padding="same", bias=False), "Convolution(8, 5, padding=same, bias=False)"),
        (Convolution(8, dilation=2, groups=4), "Convolution(8, 3x3, dilation=2, groups=4)"),
    ],
)
def test_text(layer: Convolution, text: str) -> None:
    assert str(layer) == text


@pytest.mark.parametrize(
    ("layer", "input_shape", "message"),
    [
        (
            Convolution(8),
            (28,),
            "Convolution takes an image (channels, height, width) or a signal (channels, length), "
            "but its input has shape (28,)",
        ),
        (Convolution(8), (1, 2, 5), "Convolution: a 3x3 window on 2x5 pixels is impossible; at most 2x5 fits"),
        (Convolution(8, 5), (1, 4), "Convolution: a 5 window on 4 pixels is impossible; at most 4 fits"),
        (
            Convolution(8, (3, 2), dilation=(2, 1)),
            (1, 4, 5),
            "Convolution: a 3x2 window dilated by (2, 1) on 4x5 pixels is impossible; at most 4x5 fits",
        ),
        (
            Convolution(8, (3, 5)),
            (2, 28),
            "Convolution: kernel_size is (3, 5), of 2 axes; expected 1, as its input has shape (2, 28)",
        ),
        (
            Convolution(8, 1, (1, 2)),
            (2, 28),
            "Convolution: stride is (1, 2), of 2 axes; expected 1, as its input has shape (2, 28)",
        ),
        (
            Convolution(8, 1, dilation=(1, 2)),
            (2, 28),
            "Convolution: dilation is (1, 2), of 2 axes; expected 1, as its input has shape (2, 28)",
        ),
        (
            Convolution(8, padding=(1,)),
            (1, 9, 9),
            "Convolution: padding is (1,), of 1 axes; expected 2, as its input has shape (1, 9, 9)",
        ),
        (
            Convolution(8, groups=2),
            (3, 9, 9),
            "Convolution: groups is 2; expected a divisor of its input's channels, 3",
        ),
        (
            Convolution(8, 10**6, padding="same"),
            (1, 9, 9),
            "Convolution: its padded input is (1, 1000008, 1000008); expected at most 2,147,483,648 numbers in all",
        ),
        (
            Convolution(8, 7, padding=1),
            (1, 9, 4),
            "Convolution: a 7x7 window on 9x4 pixels padded by 1 is impossible; at most 11x6 fits",
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
        (
            {"out_channels": 1, "kernel_size": -3},
            "kernel_size is -3; expected a whole number of at least 1, or one for each axis",
        ),
        ({"out_channels": 1, "stride": 0}, "stride is 0; expected a whole number of at least 1, or one for each axis"),
        (
            {"out_channels": 1, "padding": -1},
            'padding is -1; expected "same", a whole number of at least 0, or one for each axis',
        ),
        (
            {"out_channels": 1, "padding": "1"},
            "padding is '1'; expected \"same\", a whole number of at least 0, or one for each axis",
        ),
        (
            {"out_channels": 1, "kernel_size": (3, 3, 3)},
            "kernel_size is (3, 3, 3); expected a whole number of at least 1, or one for each axis",
        ),
        (
            {"out_channels": 1, "dilation": (1, 0)},
            "dilation is (1, 0); expected a whole number of at least 1, or one for each axis",
        ),
        ({"out_channels": 1, "groups": 0}, "groups is 0; expected a whole number of at least 1"),
        ({"out_channels": 8, "groups": 3}, "groups is 3; expected a divisor of out_channels, 8"),
        ({"out_channels": 8, "bias": 1}, "bias is 1; expected True or False"),
    ],
)
def test_an_impossible_hyper_parameter(options: dict, message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(f"Convolution: {message}")):
        Convolution(**options)
