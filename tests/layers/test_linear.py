import numpy as np
import pytest
from hypothesis import given

from chainrule.base.errors import NetworkError
from chainrule.layers import Linear
from chainrule.layers.linear import linear, linear_bias_gradient, linear_input_gradient, linear_weight_gradient
from messages import exactly
from oracles import EVALUATION, assert_agrees, check_layer, normal
from strategies import drawn_cases, sizes, small


def test_by_hand() -> None:
    x = np.array([[1.0, 2.0, 3.0]])
    w = np.array([[1.0, 0.0, -1.0], [2.0, 4.0, 8.0]])
    assert linear(x, w, np.array([10.0, 20.0])).tolist() == [[8.0, 54.0]]

    gy = np.array([[1.0, 0.5]])
    assert linear_input_gradient(gy, w).tolist() == [[2.0, 2.0, 3.0]]
    assert linear_weight_gradient(gy, x).tolist() == [[1.0, 2.0, 3.0], [0.5, 1.0, 1.5]]
    assert linear_bias_gradient(gy).tolist() == [1.0, 0.5]


def test_the_lectures_sums() -> None:
    """Its formulas, index by index; a batch adds up what its samples send back to w and b."""
    x, w, b = normal(2, 4), normal(3, 4, seed=1), normal(3, seed=2)
    gy = normal(2, 3, seed=3)
    y, gx, gw, gb = np.zeros_like(gy) + b, np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for s, i in np.ndindex(gy.shape):
        gb[i] += gy[s, i]
        for j in range(4):
            y[s, i] += w[i, j] * x[s, j]
            gx[s, j] += gy[s, i] * w[i, j]
            gw[i, j] += gy[s, i] * x[s, j]
    assert_agrees(linear(x, w, b), y, 1e-14)
    assert_agrees(linear_input_gradient(gy, w), gx, 1e-14)
    assert_agrees(linear_weight_gradient(gy, x), gw, 1e-14)
    assert_agrees(linear_bias_gradient(gy), gb, 1e-14)


@drawn_cases
@given(samples=small, inputs=sizes, outputs=sizes)
def test_agrees_with_pytorch(samples: int, inputs: int, outputs: int) -> None:
    check_layer(Linear(outputs), normal(samples, inputs))


def test_an_image_is_flattened_channel_by_channel_row_by_row() -> None:
    x = np.arange(2 * 3 * 4.0).reshape(1, 2, 3, 4)
    y, _ = Linear(24).forward(x, {"w": np.eye(24), "b": np.zeros(24)}, EVALUATION)
    assert y.tolist() == [list(range(24))]
    check_layer(Linear(5), normal(2, 2, 3, 4))


def test_shapes_and_counts() -> None:
    layer = Linear(10)
    assert layer.y_shape((2, 3, 4)) == (10,)
    w, b = layer.parameters_for((2, 3, 4)).values()
    assert (w.shape, b.shape) == ((10, 24), (10,))
    assert {(p.fan_in, p.fan_out) for p in (w, b)} == {(24, 10)}
    assert layer.multiply_adds((2, 3, 4)) == 240
    assert str(layer) == "Linear(10)"


@pytest.mark.parametrize("n", [0, -1, 1.5, True, None])
def test_an_impossible_number_of_outputs(n: int) -> None:
    with pytest.raises(
        NetworkError, match=exactly(f"Linear: out_features is {n!r}; expected a whole number of at least 1")
    ):
        Linear(n)
