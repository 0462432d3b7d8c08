from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.base.errors import UsageError
from chainrule.base.lcg48 import Lcg48
from messages import exactly
from strategies import drawn_cases

seeds = st.integers(0, 2**48 - 1)


def states(x: int) -> Iterator[int]:
    """The generator in plain Python."""
    while True:
        x = (0x5DEECE66D * x + 0xB) % 2**48
        yield x


def draws(seed: int, n: int) -> list[float]:
    return [x / 2**48 for x, _ in zip(states(seed), range(n), strict=False)]


def test_the_first_draws_by_hand() -> None:
    assert (Lcg48(0).uniform(2) * 2**48).tolist() == [0xB, 0xB * 0x5DEECE66D + 0xB]


@drawn_cases
@given(seed=seeds, n=st.integers(0, 200))
def test_it_is_the_plain_loop(seed: int, n: int) -> None:
    assert Lcg48(seed).uniform(n).tolist() == draws(seed, n)


@drawn_cases
@given(seed=seeds, sizes=st.lists(st.integers(0, 50), max_size=5))
def test_draws_follow_on_from_each_other(seed: int, sizes: list[int]) -> None:
    stream = Lcg48(seed)
    assert np.concatenate([[], *(stream.uniform(n) for n in sizes)]).tolist() == draws(seed, sum(sizes))


@drawn_cases
@given(seed=seeds, n=st.integers(0, 10_000))
def test_skipping_is_drawing(seed: int, n: int) -> None:
    skipped, drawn = Lcg48(seed), Lcg48(seed)
    skipped.skip(n)
    drawn.uniform(n)
    assert skipped.state == drawn.state


def test_the_period_is_2_to_the_48() -> None:
    stream = Lcg48(123)
    stream.skip(2**48)
    assert stream.state == 123
    stream.skip(2**47)
    assert stream.state != 123


def test_the_same_key_replays_and_another_goes_on() -> None:
    stream, expected = Lcg48(5), draws(5, 9)
    found = [stream.replay(key, 3).tolist() for key in ("a", "a", "b", "b", "b", "c")]
    assert found == [expected[k : k + 3] for k in (0, 0, 3, 3, 3, 6)]


def test_a_replay_leaves_the_stream_where_the_first_did() -> None:
    stream = Lcg48(5)
    stream.replay("a", 3)
    stream.replay("a", 3)
    assert stream.uniform(1).tolist() == draws(5, 4)[3:]


def test_streams_are_equal_if_their_seeds_are() -> None:
    used = Lcg48(5)
    used.uniform(10)
    assert used == Lcg48(5)
    assert used != Lcg48(6)
    assert repr(used) == "Lcg48(seed=5)"


@pytest.mark.parametrize("seed", [-1, 2**48])
def test_bad_seeds(seed: int) -> None:
    message = f"the seed of Lcg48 is {seed}; expected a whole number from 0 to 2**48 - 1"
    with pytest.raises(UsageError, match=exactly(message)):
        Lcg48(seed)
