import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.base.errors import NetworkError
from chainrule.base.lcg48 import Lcg48
from chainrule.base.random import Draws
from chainrule.layers import Dropout
from chainrule.layers.dropout import dropout, dropout_input_gradient
from messages import exactly
from oracles import check_layer, normal
from strategies import drawn_cases, sizes, small

DRAWS = Draws(seed=7, layer=3, step=11, offset=5)


def test_by_hand() -> None:
    x = np.array([[1.0, 2.0, 3.0, 4.0]])
    keep = np.array([[True, False, True, False]])
    assert dropout(x, keep, 0.75).tolist() == [[4, 0, 12, 0]]
    assert dropout_input_gradient(x, keep, 0.75).tolist() == [[4, 0, 12, 0]]


@drawn_cases
@given(samples=small, n=sizes, p=st.floats(0, 0.9))
def test_agrees_with_pytorch(samples: int, n: int, p: float) -> None:
    check_layer(Dropout(p), normal(samples, n), DRAWS)
    check_layer(Dropout(p), normal(samples, 2, n, 3), DRAWS)
    check_layer(Dropout(p), normal(samples, n), None)


def test_in_evaluation_it_is_the_identity() -> None:
    x, layer = normal(2, 5), Dropout(0.5)
    assert np.array_equal(layer.forward(x, {}, None), x)
    assert np.array_equal(layer.input_gradient(x, x, x, {}, None), x)


def test_zero_probability_keeps_all() -> None:
    x = normal(2, 5)
    assert np.array_equal(Dropout(0).forward(x, {}, DRAWS), x)


def test_a_probability_next_to_one_drops_all() -> None:
    assert not Dropout(1 - 2**-40).keep(np.ones((4, 100)), DRAWS).any()


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9])
def test_a_fraction_p_is_dropped(p: float) -> None:
    n = 100_000
    dropped = n - Dropout(p).keep(np.ones((100, n // 100)), DRAWS).sum()
    assert abs(dropped - n * p) < 4 * np.sqrt(n * p * (1 - p))


def test_an_element_is_dropped_where_its_word_is_below_p() -> None:
    x = np.ones((3, 2, 2, 3))
    below = DRAWS.bits(3, 12) < 0.25 * 2**32
    assert np.array_equal(Dropout(0.25).keep(x, DRAWS), ~below.reshape(x.shape))


def test_an_element_whose_word_is_p_is_kept() -> None:
    x = np.ones((1, 4))
    word = DRAWS.bits(1, 4)[0, 2]
    assert Dropout(word / 2.0**32).keep(x, DRAWS)[0, 2]
    assert not Dropout((int(word) + 1) / 2.0**32).keep(x, DRAWS)[0, 2]


@pytest.mark.parametrize(
    "other",
    [
        Draws(seed=8, layer=3, step=11, offset=5),
        Draws(seed=7, layer=4, step=11, offset=5),
        Draws(seed=7, layer=3, step=12, offset=5),
        Draws(seed=7, layer=3, step=11, offset=6),
    ],
)
def test_the_mask_is_the_place_in_the_run_alone(other: Draws) -> None:
    x, layer = np.ones((4, 50)), Dropout(0.5)
    assert np.array_equal(layer.keep(x, DRAWS), layer.keep(2 * x, DRAWS))
    assert not np.array_equal(layer.keep(x, DRAWS), layer.keep(x, other))


def test_a_stream_of_its_own_drops_where_u_is_below_p_in_the_order_of_the_elements() -> None:
    u = Lcg48(123).uniform(2 * 24)
    layer, x = Dropout(0.25, Lcg48(123)), np.ones((2, 2, 2, 3))
    assert layer.forward(x, {}, DRAWS).ravel().tolist() == [0 if draw < 0.25 else 1 / 0.75 for draw in u[:24]]
    later = Draws(seed=7, layer=3, step=12)
    assert layer.keep(x, later).ravel().tolist() == (u[24:] >= 0.25).tolist()


def test_a_streams_backward_pass_replays_its_forward_pass() -> None:
    layer, x = Dropout(0.5, Lcg48(123)), np.ones((2, 50))
    for step in range(3):
        draws = Draws(seed=0, layer=0, step=step)
        y = layer.forward(x, {}, draws)
        assert np.array_equal(layer.input_gradient(x, x, y, {}, draws), y)


def test_evaluation_consumes_a_streams_draws() -> None:
    layer, x = Dropout(0.5, Lcg48(123)), np.ones((2, 50))
    layer.forward(x, {}, None)
    assert np.array_equal(layer.keep(x, DRAWS).ravel(), Lcg48(123).uniform(200)[100:] >= 0.5)


@pytest.mark.parametrize("p", [-0.1, 1, 1.5, np.nan, "0.5", True, None])
def test_an_impossible_probability(p: float) -> None:
    message = f"Dropout: p is {p!r}; expected a probability from 0 to below 1"
    with pytest.raises(NetworkError, match=exactly(message)):
        Dropout(p)
