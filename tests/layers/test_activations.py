"""LeakyReLU, ELU, GELU, SiLU, Softplus: by hand, at the ends of the number line, against PyTorch."""

from math import erf, exp, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given

from chainrule.base.errors import NetworkError
from chainrule.layers import ELU, GELU, Layer, LeakyReLU, SiLU, Softplus
from chainrule.layers.elu import elu, elu_input_gradient
from chainrule.layers.gelu import gelu, gelu_input_gradient, probability_below
from chainrule.layers.leaky_relu import leaky_relu, leaky_relu_input_gradient
from chainrule.layers.silu import silu, silu_input_gradient
from chainrule.layers.softplus import softplus, softplus_input_gradient
from messages import exactly
from oracles import EVALUATION, assert_agrees, check_layer, normal
from strategies import drawn_cases, sizes, small

ALL = [LeakyReLU(0.2), LeakyReLU(0), ELU(), ELU(0.3), GELU(), GELU(approximate=True), SiLU(), Softplus()]


def test_by_hand() -> None:
    x, gy = np.array([-2.0, 0.0, 3.0]), np.array([10.0, 10.0, 10.0])
    assert leaky_relu(x, 0.1).tolist() == [-0.2, 0, 3]
    assert leaky_relu_input_gradient(gy, x, 0.1).tolist() == [1, 1, 10]
    assert_agrees(elu(x, 2), np.array([2 * (exp(-2) - 1), 0, 3]), 1e-15)
    assert_agrees(elu_input_gradient(gy, x, 2), np.array([20 * exp(-2), 20, 10]), 1e-15)
    s = 1 / (1 + np.exp(-x))
    assert_agrees(silu(x), x * s, 1e-15)
    assert_agrees(silu_input_gradient(gy, x), 10 * (s + x * s * (1 - s)), 1e-14)
    assert_agrees(softplus(x), np.array([log(1 + exp(-2)), log(2), log(1 + exp(3))]), 1e-15)
    assert_agrees(softplus_input_gradient(gy, x), 10 * s, 1e-15)
    below = np.array([(1 + erf(each / sqrt(2))) / 2 for each in x])
    assert_agrees(gelu(x), x * below, 1e-15)
    assert_agrees(gelu_input_gradient(gy, x), 10 * (below + x * np.exp(-(x**2) / 2) / sqrt(2 * pi)), 1e-14)
    u = sqrt(2 / pi) * (x + 0.044715 * x**3)
    assert_agrees(gelu(x, approximate=True), x * (1 + np.tanh(u)) / 2, 1e-15)


def test_the_approximation_of_gelu_is_as_near_as_it_says() -> None:
    x = np.linspace(-8, 8, 4001)
    assert 1e-4 < np.abs(probability_below(x) - probability_below(x, approximate=True)).max() < 5e-4


@pytest.mark.parametrize("layer", ALL, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_values_neither_overflow_nor_warn(layer: Layer, dtype: type) -> None:
    x = np.array([-1e30, -1e4, -60, 0, 60, 1e4, 1e30], dtype)
    y, saved = layer.forward(x[None], {}, EVALUATION)
    gx, _ = layer.backward(np.ones((1, 7), dtype), saved, {}, EVALUATION)
    floor = {LeakyReLU: y[0, :3], ELU: np.full(3, -getattr(layer, "alpha", 1.0))}.get(type(layer), np.zeros(3))
    np.testing.assert_allclose(y[0, :3], floor, rtol=1e-6, atol=1e-20)
    np.testing.assert_array_equal(y[0, 4:], x[4:])
    slope = getattr(layer, "slope", 0.0)
    np.testing.assert_allclose(gx[0], [slope] * 3 + [gx[0, 3]] + [1] * 3, rtol=1e-6, atol=1e-20)


@pytest.mark.parametrize("layer", [GELU(), GELU(approximate=True), SiLU(), Softplus(), ELU()], ids=str)
def test_a_small_result_keeps_its_digits(layer: Layer) -> None:
    """Of float32, beside float64."""
    x = -np.geomspace(1e-8, 8, 100)[None]
    single, double = (layer.forward(x.astype(t), {}, EVALUATION)[0] for t in (np.float32, np.float64))
    np.testing.assert_allclose(single, double, rtol=3e-5)


@pytest.mark.parametrize("layer", ALL, ids=str)
def test_all_values_lie_where_they_say(layer: Layer) -> None:
    x = np.linspace(-30, 30, 60001)[None]
    y = layer.forward(x, {}, EVALUATION)[0]
    assert layer.y_range is not None
    assert layer.y_range[0] <= y.min()
    if type(layer) is not LeakyReLU:
        assert y.min() < layer.y_range[0] + 1e-3


@drawn_cases
@given(samples=small, n=sizes)
@pytest.mark.parametrize("layer", ALL, ids=str)
def test_agree_with_pytorch(layer: Layer, samples: int, n: int) -> None:
    check_layer(layer, 3 * normal(samples, n))
    check_layer(layer, 3 * normal(samples, 2, n, 3))


def test_at_zero_as_pytorch() -> None:
    for layer in ALL:
        check_layer(layer, np.array([[0.0, -0.0]]))


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, "0.5", True, None])
def test_impossible_options(value: float) -> None:
    for kind, name in ((LeakyReLU, "slope"), (ELU, "alpha")):
        message = f"{kind.__name__}: {name} is {value!r}; expected a number of at least 0"
        with pytest.raises(NetworkError, match=exactly(message)):
            kind(value)


@pytest.mark.parametrize("value", [1, "tanh", None])
def test_an_impossible_approximation(value: bool) -> None:
    with pytest.raises(NetworkError, match=exactly(f"GELU: approximate is {value!r}; expected True or False")):
        GELU(value)


@pytest.mark.parametrize("layer", [LeakyReLU(0.2), ELU(0.3)], ids=str)
def test_their_kink_is_at_zero(layer: Layer) -> None:
    kinks = layer.kinks(np.array([-0.5, 0.0, 0.5]))
    assert kinks is not None
    assert kinks.tolist() == [False, False, True]


def test_how_they_are_printed() -> None:
    shown = [str(layer) for layer in (LeakyReLU(), LeakyReLU(0.2), ELU(), ELU(0.5), GELU(), GELU(True), SiLU())]
    expected = ["LeakyReLU()", "LeakyReLU(slope=0.2)", "ELU()", "ELU(alpha=0.5)", "GELU()", "GELU(approximate=True)"]
    assert shown == [*expected, "SiLU()"]
