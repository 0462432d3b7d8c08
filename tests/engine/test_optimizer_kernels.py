"""The updates' kernels against their definitions; norms and finiteness against NumPy."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.engine.kernels.optimizers import CHUNK, all_finite, chunks, squared_norm, squares, update
from chainrule.optimizers import SGD, AdaDelta, Adam, Optimizer, State

OPTIMIZERS = [
    SGD(0.05),
    SGD(0.05, weight_decay=0.1),
    SGD(0.02, momentum=0.9),
    SGD(0.02, momentum=0.5, weight_decay=0.1),
    AdaDelta(),
    AdaDelta(0.5, rho=0.8, eps=1e-4, weight_decay=0.1),
    Adam(),
    Adam(0.1, beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.1),
]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
every_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def problem(optimizer: Optimizer, n: int, dtype: type, seed: int = 0) -> tuple[np.ndarray, np.ndarray, State]:
    """w, dL/dw and a state amid the training, with gradients of all magnitudes, zero among them."""
    random = np.random.default_rng(seed)
    w, gw = (
        random.normal(size=n).astype(dtype),
        (random.normal(size=n) * 10.0 ** random.integers(-9, 3, n)).astype(dtype),
    )
    gw[::7] = 0
    vectors = np.abs(random.normal(size=(optimizer.slots, n)) * 10.0 ** random.integers(-12, 2, n)).astype(dtype)
    return w, gw, State(vectors, step=3)


@every_optimizer
@every_type
@pytest.mark.parametrize("n", [0, 1, 15, 16, 33, 1000])
def test_step_is_the_definition_within_4_ulp(optimizer: Optimizer, dtype: type, n: int) -> None:
    w, gw, state = problem(optimizer, n, dtype)
    w[:] = 0  # so that w becomes the step itself
    expected, expected_state = w.copy(), State(state.vectors.copy(), state.step)
    optimizer.update(expected, gw, expected_state)
    update(optimizer, w, gw, state, 0, n)
    if isinstance(optimizer, SGD):
        np.testing.assert_array_equal(w, expected)
        np.testing.assert_array_equal(state.vectors, expected_state.vectors)
    else:
        np.testing.assert_array_max_ulp(w, expected, 4)
        np.testing.assert_array_max_ulp(state.vectors, expected_state.vectors, 8)


@every_optimizer
@every_type
def test_many_steps_follow_the_definition(optimizer: Optimizer, dtype: type) -> None:
    w, _, _ = problem(optimizer, 100, dtype)
    expected, target = w.copy(), np.arange(100, dtype=dtype) / 50
    state, expected_state = optimizer.new_state(w), optimizer.new_state(w)
    for step in range(1, 51):
        state.step = expected_state.step = step
        update(optimizer, w, w - target, state, 0, 100)
        optimizer.update(expected, expected - target, expected_state)
    np.testing.assert_allclose(w, expected, rtol=0, atol=100 * np.finfo(dtype).eps)


@every_optimizer
@given(cuts=st.lists(st.integers(0, 300), max_size=4))
def test_ranges_split_anywhere_give_the_same_bits(optimizer: Optimizer, cuts: list[int]) -> None:
    whole_w, gw, whole = problem(optimizer, 300, np.float32)
    split_w, split = whole_w.copy(), State(whole.vectors.copy(), whole.step)
    update(optimizer, whole_w, gw, whole, 0, 300)
    places = [0, *sorted(cuts), 300]
    for first, last in pairwise(places):
        update(optimizer, split_w, gw, split, first, last)
    np.testing.assert_array_equal(split_w, whole_w)
    np.testing.assert_array_equal(split.vectors, whole.vectors)


@every_optimizer
def test_nan_stays_where_it_is(optimizer: Optimizer) -> None:
    w, gw, state = problem(optimizer, 50, np.float32)
    gw[20], before = np.nan, gw.copy()
    update(optimizer, w, gw, state, 0, 50)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(w)), [20])
    np.testing.assert_array_equal(gw, np.where(np.arange(50) == 20, np.nan, before))


def test_infinite_weight_without_decay_is_left_to_the_gradient() -> None:
    w, gw = np.array([np.inf], np.float32), np.array([1], np.float32)
    update(SGD(0.5), w, gw, State(np.zeros((0, 1), np.float32)), 0, 1)
    assert w[0] == np.inf


def test_an_optimizer_without_kernel_updates_by_its_definition() -> None:
    @dataclass(frozen=True)
    class Sign(SGD):
        def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
            w -= self.lr * np.sign(gw)

    w = np.zeros(4, np.float32)
    update(Sign(1.0), w, np.array([5, -5, 5, -5], np.float32), State(np.zeros((0, 4), np.float32)), 1, 3)
    np.testing.assert_array_equal(w, [0, 1, -1, 0])


@every_type
@pytest.mark.parametrize("n", [0, 1, 3, 4, 7, 4095, 4096, 4097, 3 * 4096 + 1234])
def test_squared_norm(n: int, dtype: type) -> None:
    g = np.random.default_rng(n).normal(size=n).astype(dtype)
    assert squared_norm(g) == pytest.approx(math.fsum(float(value) ** 2 for value in g), rel=1e-14)
    g[n // 2 :] = np.nan
    assert math.isnan(squared_norm(g)) == (n > 0)


def test_squared_norm_neither_overflows_nor_underflows() -> None:
    assert squared_norm(np.full(9, 3e38, np.float32)) == pytest.approx(9 * 9e76)
    assert squared_norm(np.full(9, 1e-30, np.float32)) == pytest.approx(9e-60)


def test_squares_of_chunks_do_not_depend_on_ranges() -> None:
    g = np.random.default_rng(0).normal(size=5 * CHUNK + 99).astype(np.float32)
    whole, split = np.full(chunks(len(g)), np.nan), np.full(chunks(len(g)), np.nan)
    squares(g, np.empty(CHUNK // 4), whole, 0, 6)
    for first, last in [(4, 6), (0, 1), (1, 4)]:
        squares(g, np.empty(CHUNK // 4), split, first, last)
    np.testing.assert_array_equal(split, whole)


@every_type
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_all_finite(bad: float, dtype: type) -> None:
    w = np.full(1000, np.finfo(dtype).max, dtype)
    w[1::2] *= -1
    assert all_finite(w, 0, 1000)
    assert all_finite(w, 5, 5)
    for place in [0, 1, 499, 998, 999]:
        w_bad = w.copy()
        w_bad[place] = bad
        assert not all_finite(w_bad, 0, 1000)
        assert not all_finite(w_bad, place, place + 1)
        assert all_finite(w_bad, 0, place)
        assert all_finite(w_bad, place + 1, 1000)
