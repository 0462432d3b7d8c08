"""The operations on tiles against NumPy."""

import numpy as np
import pytest

from chainrule.engine.runtime.jit import kernel
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import (
    BOUNDSCHECK,
    LANES,
    above,
    add_patch,
    count_ones,
    fill,
    get,
    load,
    load_bytes,
    matches,
    maximum,
    part,
    prefetch,
    products,
    put,
    replace,
    scatter,
    select,
    shift_left,
    store,
    total,
    transpose,
)

ROWS, COLUMNS = 3, 4
A = (np.arange(ROWS * COLUMNS * LANES) % 37).astype(np.float32)
SHAPE = ROWS, COLUMNS, LANES


@kernel
def run_part(a, y):
    store(part(load(3, 4, a, 0, 4 * LANES), 1, 2, 2, 2), y, 0, 2 * LANES)


@kernel
def run_replace(a, y):
    store(replace(load(3, 4, a, 0, 4 * LANES), 1, 1, fill(2, 3, 9, a)), y, 0, 4 * LANES)


@kernel
def run_shift_left(a, y):
    store(shift_left(load(3, 4, a, 0, 4 * LANES), 3), y, 0, 4 * LANES)


@kernel
def run_maximum(a, b, y):
    store(maximum(load(1, 1, a, 0, 0), load(1, 1, b, 0, 0)), y, 0, 0)


@kernel
def run_bits(a, b):
    x, y = load(1, 1, a, 0, 0), load(1, 1, b, 0, 0)
    return above(x, y), matches(x, y)


@kernel
def run_select(bits, a, y):
    store(select(bits, load(1, 1, a, 0, 0)), y, 0, 0)


@kernel
def run_load_bytes(a, at, y):
    store(load_bytes(a, at, y), y, 0, 0)


@kernel
def run_add_patch(a, at, stride, y):
    store(add_patch(fill(2, 3, 1, a), a, at, stride, load(1, 1, a, 0, 0)), y, 0, 3 * LANES)


@kernel
def run_get(a, at):
    return get(a, at)


@kernel
def run_put(a, at, value):
    put(a, at, value)


@kernel
def run_transpose(a, y):
    store(transpose(load(LANES, 1, a, 0, LANES)), y, 0, LANES)


@kernel
def run_products(a, b, y):
    found = products(load(1, 3, a, 0, 0), b, 0, 0)
    store(found, y, 0, 0)
    return total(found)


@kernel
def run_count_ones(word):
    return count_ones(word)


@kernel
def run_prefetch(a, at):
    prefetch(64, a, at)


def test_parts_of_a_tile() -> None:
    a, y = A.reshape(SHAPE), aligned_zeros(A.size)
    run_part(A, y)
    np.testing.assert_array_equal(y[: 4 * LANES].reshape(2, 2, LANES), a[1:, 2:])
    run_replace(A, y)
    expected = a.copy()
    expected[1:, 1:] = 9
    np.testing.assert_array_equal(y.reshape(SHAPE), expected)
    run_shift_left(A, y)
    np.testing.assert_array_equal(y.reshape(SHAPE), np.pad(a[:, 3:], ((0, 0), (0, 3), (0, 0))))


def test_comparisons() -> None:
    values = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan], np.float32)
    pairs = np.array(np.meshgrid(values, values)).reshape(2, -1)
    for first in range(pairs.shape[1] - LANES):
        a, b = (np.ascontiguousarray(row) for row in pairs[:, first : first + LANES])
        y = aligned_zeros(LANES)
        run_maximum(a, b, y)
        np.testing.assert_array_equal(y, np.maximum(a, b))
        greater, equal = ([bool(bits >> k & 1) for k in range(64)] for bits in run_bits(a, b))
        assert greater[:LANES] == list((a > b) | np.isnan(a) | np.isnan(b))
        assert equal[:LANES] == list((a == b) | np.isnan(a))
        assert not any(greater[LANES:] + equal[LANES:])
        chosen = np.uint64(0b1010)
        run_select(chosen, a, y)
        np.testing.assert_array_equal(y, np.where([0b1010 >> k & 1 for k in range(LANES)], a, 0))


def test_bytes_and_patches() -> None:
    y = aligned_zeros(6 * LANES)
    run_load_bytes(np.arange(200, 256, dtype=np.uint8), 9, y)
    np.testing.assert_array_equal(y[:LANES], np.arange(209, 209 + LANES))
    run_add_patch(A, 5, 7, y)
    x = np.array([[A[5 + 7 * r + c] for c in range(3)] for r in range(2)])
    np.testing.assert_array_equal(y.reshape(2, 3, LANES), 1 + x[:, :, None] * A[:LANES])


@kernel
def run_scatter(a, count, y, at, stride):
    scatter(load(1, 1, a, 0, 0), count, y, at, stride)


def test_scatter() -> None:
    for count in range(LANES + 1):
        y = aligned_zeros(3 * LANES)
        run_scatter(A + 1, count, y, 2, 3)
        expected = np.zeros(3 * LANES)
        expected[2::3][:count] = A[:count] + 1
        np.testing.assert_array_equal(y, expected)


def test_single_elements() -> None:
    a = aligned_zeros(5, np.int64)
    run_put(a, 3, 2**40)
    assert list(a) == [0, 0, 0, 2**40, 0]
    assert run_get(a, 3) == 2**40


def test_transpose() -> None:
    a, y = np.arange(LANES * LANES, dtype=np.float32), aligned_zeros(LANES * LANES)
    run_transpose(a, y)
    np.testing.assert_array_equal(y.reshape(LANES, LANES), a.reshape(LANES, LANES).T)


def test_products() -> None:
    a, y = A[: 3 * LANES], aligned_zeros(2 * LANES)
    squares = (a * a).reshape(3, LANES)
    assert run_products(a, a, y) == squares.sum()
    np.testing.assert_array_equal(y.reshape(2, LANES), [squares[0] + squares[2], squares[1]])


def test_count_ones() -> None:
    for word in (0, 1, 0b1011 << 60, 2**64 - 1):
        assert run_count_ones(np.uint64(word % 2**64)) == (word % 2**64).bit_count()


def test_prefetch_changes_nothing_and_may_leave_the_array() -> None:
    a = A.copy()
    for at in (0, 3, a.size, 10 * a.size):
        run_prefetch(a, at)
    np.testing.assert_array_equal(a, A)


@pytest.mark.skipif(not BOUNDSCHECK, reason="CHAINRULE_BOUNDSCHECK is not set")
def test_bounds() -> None:
    with pytest.raises(IndexError):
        run_get(A, A.size)
    with pytest.raises(IndexError):
        run_add_patch(A, A.size - 9, 7, aligned_zeros(6 * LANES))
