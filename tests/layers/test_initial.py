"""How parameters begin: distributions by name, the user's choice."""

import numpy as np
import pytest

from chainrule import Convolution, Linear, Network
from chainrule.base.errors import NetworkError
from chainrule.base.random import WEIGHTS, Draws, uniform
from chainrule.layers.initial import INITIAL, Parameter, drawn
from messages import exactly

FAN_IN, FAN_OUT = 300, 100
EXPECTED = {  # (limit, variance)
    "uniform": (np.sqrt(1 / FAN_IN), 1 / (3 * FAN_IN)),
    "he_uniform": (np.sqrt(6 / FAN_IN), 2 / FAN_IN),
    "he_normal": (np.inf, 2 / FAN_IN),
    "glorot_uniform": (np.sqrt(6 / (FAN_IN + FAN_OUT)), 2 / (FAN_IN + FAN_OUT)),
    "glorot_normal": (np.inf, 2 / (FAN_IN + FAN_OUT)),
}


def test_no_distribution_is_forgotten() -> None:
    assert set(EXPECTED) | {"zeros", "ones"} == set(INITIAL)


@pytest.mark.parametrize("name", EXPECTED)
def test_limits_and_variances_are_those_of_their_sources(name: str) -> None:
    limit, variance = EXPECTED[name]
    values = drawn(Parameter((FAN_OUT, FAN_IN), name, FAN_IN, FAN_OUT), Draws(5, WEIGHTS))
    n = values.size
    assert abs(values).max() <= limit
    assert abs(values.mean()) < 5 * np.sqrt(variance / n)
    assert values.var() == pytest.approx(variance, rel=0.05)
    if name.endswith("normal"):
        inside = np.mean(abs(values) < np.sqrt(variance))
        assert inside == pytest.approx(0.6827, abs=0.01)
        assert np.isfinite(values).all()


def test_normal_numbers_are_those_of_box_and_muller() -> None:
    parameter, draws = Parameter((2, 3), "he_normal", 8), Draws(5, WEIGHTS)
    u, v = uniform(draws, 12)[:6], uniform(draws, 12)[6:]
    expected = np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v) / 2  # a variance of 2 / 8
    np.testing.assert_allclose(drawn(parameter, draws), expected, rtol=1e-12)


def test_zeros_and_ones() -> None:
    assert not drawn(Parameter((2, 3), "zeros"), Draws(1, WEIGHTS)).any()
    assert (drawn(Parameter((2, 3), "ones"), Draws(1, WEIGHTS)) == 1).all()


def test_a_layer_is_told_how_to_begin() -> None:
    layers = [Convolution(8, initial_w="he_normal", initial_b="zeros"), Linear(5, initial_w="glorot_uniform")]
    network = Network(layers, (2, 8, 8), seed=3)
    assert str(layers[0]) == "Convolution(8, 3x3, initial_w=he_normal, initial_b=zeros)"
    named = network.named()
    assert not named["conv1.b"].any()
    assert named["conv1.w"].std() == pytest.approx(np.sqrt(2 / 18), rel=0.2)
    assert abs(named["fc1.w"]).max() <= np.sqrt(6 / (8 * 36 + 5))
    assert named["fc1.b"].any()
    assert np.array_equal(network.w, Network(layers, (2, 8, 8), seed=3).w)


@pytest.mark.parametrize("name", ["he", "", None, 3])
def test_an_unknown_distribution(name: str) -> None:
    message = f"Linear: initial_w is {name!r}; expected one of: {', '.join(INITIAL)}"
    with pytest.raises(NetworkError, match=exactly(message)):
        Linear(3, initial_w=name)
