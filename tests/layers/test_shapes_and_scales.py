"""Flatten, GlobalAveragePooling, Scale, and dropout of whole channels."""

import numpy as np
import pytest
from hypothesis import given

from chainrule.base.errors import NetworkError
from chainrule.base.random import Draws
from chainrule.layers import Context, Dropout, Flatten, GlobalAveragePooling, Scale
from chainrule.layers.global_average_pooling import (
    global_average_pooling,
    global_average_pooling_input_gradient,
)
from chainrule.layers.scale import scale, scale_input_gradient, scale_weight_gradient
from messages import exactly
from oracles import EVALUATION, check_layer, normal
from strategies import drawn_cases, sizes, small

X = np.array([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, -2.0], [6.0, 0.0]]]])  # (1, 2, 2, 2)
DRAWS = Draws(seed=7, layer=3, step=11, offset=5)


def test_scale_by_hand() -> None:
    w, b = np.array([10.0, -1.0]), np.array([0.5, 0.0])
    assert scale(X, w, b).tolist() == [[[[10.5, 20.5], [30.5, 40.5]], [[0, 2], [-6, 0]]]]
    assert scale_input_gradient(X, w).tolist() == [[[[10, 20], [30, 40]], [[0, 2], [-6, 0]]]]
    assert scale_weight_gradient(np.ones_like(X), X).tolist() == [10, 4]


def test_pooling_of_all_pixels_by_hand() -> None:
    assert global_average_pooling(X).tolist() == [[2.5, 1]]
    gx = global_average_pooling_input_gradient(np.array([[4.0, 8.0]]), X.shape)
    assert gx.tolist() == [[[[1, 1], [1, 1]], [[2, 2], [2, 2]]]]


def test_flattening_keeps_the_order() -> None:
    y, saved = Flatten().forward(X, {}, EVALUATION)
    assert y.tolist() == [[1, 2, 3, 4, 0, -2, 6, 0]]
    assert Flatten().backward(y, saved, {}, EVALUATION)[0].tolist() == X.tolist()


@drawn_cases
@given(samples=small, channels=small, n=sizes)
def test_agree_with_pytorch(samples: int, channels: int, n: int) -> None:
    for layer in (Scale(), Flatten(), GlobalAveragePooling(), Dropout(0.5, channels=True)):
        check_layer(layer, normal(samples, channels, n, 3))
        check_layer(layer, normal(samples, channels, n))
        if not isinstance(layer, GlobalAveragePooling):
            check_layer(layer, normal(samples, n))


def test_their_shapes() -> None:
    assert Flatten().y_shape((3, 4, 5)) == (60,)
    assert Flatten().y_shape((7,)) == (7,)
    assert GlobalAveragePooling().y_shape((3, 4, 5)) == GlobalAveragePooling().y_shape((3, 9)) == (3,)
    assert {name: p.shape for name, p in Scale().parameters_for((3, 4, 5)).items()} == {"w": (3,), "b": (3,)}
    assert not any(p.decays for p in Scale().parameters_for((3,)).values())
    with pytest.raises(
        NetworkError, match=exactly("GlobalAveragePooling takes channels of pixels, but its input has shape (7,)")
    ):
        GlobalAveragePooling().y_shape((7,))


def test_a_channel_is_dropped_as_a_whole() -> None:
    x = np.ones((50, 8, 3, 4))
    y, saved = Dropout(0.25, channels=True).forward(x, {}, Context(True, DRAWS))
    kept = DRAWS.keep(0.25, 50, 8)
    np.testing.assert_allclose(y, np.broadcast_to((kept / 0.75)[:, :, None, None], x.shape))
    assert 0.65 < kept.mean() < 0.85
    gx, _ = Dropout(0.25, channels=True).backward(x, saved, {}, Context(True, DRAWS))
    np.testing.assert_array_equal(gx, y)


def test_of_a_vector_each_number_is_a_channel() -> None:
    x = normal(20, 9)
    apart, whole = (Dropout(0.5, channels).forward(x, {}, Context(True, DRAWS))[0] for channels in (False, True))
    np.testing.assert_array_equal(apart, whole)


def test_dropouts_are_told_apart() -> None:
    assert [str(Dropout(0.25)), str(Dropout(0.25, channels=True))] == ["Dropout(0.25)", "Dropout(0.25, channels=True)"]
    with pytest.raises(NetworkError, match=exactly("Dropout: channels is 1; expected True or False")):
        Dropout(0.5, 1)  # type: ignore[arg-type]
