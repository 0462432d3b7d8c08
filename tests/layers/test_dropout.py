import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.base.errors import NetworkError
from chainrule.base.random import Draws
from chainrule.layers import Context, Dropout
from chainrule.layers.dropout import dropout, dropout_input_gradient
from messages import exactly
from oracles import EVALUATION, check_layer, normal
from strategies import drawn_cases, sizes, small

DRAWS = Draws(seed=7, layer=3, step=11, offset=5)
TRAINING = Context(True, DRAWS)


def kept(p: float, x: np.ndarray, draws: Draws = DRAWS) -> np.ndarray:
    """The mask of x's shape."""
    return Dropout(p).forward(x, {}, Context(True, draws))[1]


def test_by_hand() -> None:
    x = np.array([[1.0, 2.0, 3.0, 4.0]])
    keep = np.array([[True, False, True, False]])
    assert dropout(x, keep, 0.75).tolist() == [[4, 0, 12, 0]]
    assert dropout_input_gradient(x, keep, 0.75).tolist() == [[4, 0, 12, 0]]


@drawn_cases
@given(samples=small, n=sizes, p=st.floats(0, 0.9))
def test_agrees_with_pytorch(samples: int, n: int, p: float) -> None:
    check_layer(Dropout(p), normal(samples, n), TRAINING)
    check_layer(Dropout(p), normal(samples, 2, n, 3), TRAINING)
    check_layer(Dropout(p), normal(samples, n), EVALUATION)


def test_in_evaluation_it_is_the_identity() -> None:
    x, layer = normal(2, 5), Dropout(0.5)
    y, saved = layer.forward(x, {}, EVALUATION)
    assert np.array_equal(y, x)
    assert np.array_equal(layer.backward(x, saved, {}, EVALUATION)[0], x)


def test_zero_probability_keeps_all() -> None:
    x = normal(2, 5)
    assert np.array_equal(Dropout(0).forward(x, {}, TRAINING)[0], x)


def test_a_probability_next_to_one_drops_all() -> None:
    assert not kept(1 - 2**-40, np.ones((4, 100))).any()


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9])
def test_a_fraction_p_is_dropped(p: float) -> None:
    n = 100_000
    dropped = n - kept(p, np.ones((100, n // 100))).sum()
    assert abs(dropped - n * p) < 4 * np.sqrt(n * p * (1 - p))


def test_an_element_is_dropped_where_its_word_is_below_p() -> None:
    x = np.ones((3, 2, 2, 3))
    below = DRAWS.bits(3, 12) < 0.25 * 2**32
    assert np.array_equal(kept(0.25, x), ~below.reshape(x.shape))


def test_an_element_whose_word_is_p_is_kept() -> None:
    x = np.ones((1, 4))
    word = DRAWS.bits(1, 4)[0, 2]
    assert kept(word / 2.0**32, x)[0, 2]
    assert not kept((int(word) + 1) / 2.0**32, x)[0, 2]


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
    x = np.ones((4, 50))
    assert np.array_equal(kept(0.5, x), kept(0.5, 2 * x))
    assert not np.array_equal(kept(0.5, x), kept(0.5, x, other))


@pytest.mark.parametrize("p", [-0.1, 1, 1.5, np.nan, "0.5", True, None])
def test_an_impossible_probability(p: float) -> None:
    message = f"Dropout: p is {p!r}; expected a probability from 0 to below 1"
    with pytest.raises(NetworkError, match=exactly(message)):
        Dropout(p)
