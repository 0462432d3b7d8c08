"""The updates' kernels against their definitions; norms and finiteness against NumPy."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chainrule.engine.kernels.adaptive  # noqa: F401  # it registers its updates
from chainrule.engine.kernels.optimizers import CHUNK, WeightSpan, squares, update_of
from chainrule.training.optimizers import SGD, AdaDelta, Adam, AdamW, Optimizer, RMSprop, State

OPTIMIZERS = [
    SGD(0.05),
    SGD(0.05, weight_decay=0.1),
    SGD(0.02, momentum=0.9),
    SGD(0.02, momentum=0.5, weight_decay=0.1),
    SGD(0.02, momentum=0.5, weight_decay=0.1, nesterov=True),
    AdaDelta(),
    AdaDelta(0.5, rho=0.8, eps=1e-4, weight_decay=0.1),
    Adam(),
    Adam(0.1, beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.1),
    AdamW(),
    AdamW(0.1, beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.1),
    RMSprop(),
    RMSprop(0.05, alpha=0.9, eps=1e-4, weight_decay=0.1),
    RMSprop(0.01, momentum=0.8, weight_decay=0.1),
]


def update(optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State, first: int, last: int) -> None:
    """The kernel on w[first:last]."""
    update_items(optimizer, w, gw, state, WeightSpan(0, 0, 1), first, last)


def update_items(optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State, *items: Any) -> None:
    found = update_of(optimizer)
    assert found
    constants = np.array(found.constants(optimizer, state.step), w.dtype)
    found.kernel(w, gw, *state.vectors, constants, *items)


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


def test_an_optimizer_of_another_kind_has_no_kernel() -> None:
    @dataclass(frozen=True)
    class Sign(SGD):
        def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
            w -= self.lr * np.sign(gw)

    assert update_of(Sign(1.0)) is None
    assert update_of(None) is None


@every_optimizer
def test_rows_of_a_gradient_that_stands_elsewhere(optimizer: Optimizer) -> None:
    w, gw, state = problem(optimizer, 96, np.float32)
    expected, expected_state = w.copy(), State(state.vectors.copy(), state.step)
    update(optimizer, expected, gw, expected_state, 32, 64)
    update_items(optimizer, w, gw[16:].copy(), state, WeightSpan(16, 0, 8), 2, 6)
    np.testing.assert_array_equal(w, expected)
    np.testing.assert_array_equal(state.vectors, expected_state.vectors)


@pytest.mark.parametrize("n", [0, 1, 3, 4, 7, 4095, 4096])
def test_squares(n: int) -> None:
    g, sums = np.random.default_rng(n).normal(size=n + 5).astype(np.float32), np.zeros(3)
    squares(g, sums, WeightSpan(0, 5, 1), CHUNK, 0, n)
    assert sums[0] == pytest.approx(math.fsum(float(value) ** 2 for value in g[5:]), rel=2e-6)
    g[5 + n // 2 :] = np.nan
    squares(g, sums, WeightSpan(0, 5, 1), CHUNK, 0, n)
    assert math.isnan(sums[0]) == (n > 0)


def test_squares_of_blocks_do_not_depend_on_ranges() -> None:
    g = np.random.default_rng(0).normal(size=5 * CHUNK + 99).astype(np.float32)
    sums = np.zeros(6)
    for block in range(6):
        first = block * CHUNK
        squares(g, sums, WeightSpan(0, 0, 1), CHUNK, first, min(first + CHUNK, len(g)))
    expected = [math.fsum(g[k * CHUNK : (k + 1) * CHUNK].astype(float) ** 2) for k in range(6)]
    np.testing.assert_allclose(sums, expected, rtol=2e-6)
