"""The linear layer's kernels against its definition in float64."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest

from chainrule.engine.kernels.linear.layer import (
    Share,
    WeightRows,
    add_parts,
    bias_gradient,
    forward,
    input_gradient,
    live_input_gradient,
    shifted_bias,
    shifted_start,
    weight_gradient,
)
from chainrule.engine.kernels.linear.sparse import WORD_BITS, find_live, transpose_bits
from chainrule.engine.layout import View, image, odd_lines
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import padded
from chainrule.layers.linear import linear, linear_bias_gradient, linear_input_gradient, linear_weight_gradient

EPSILON = float(np.finfo(np.float32).eps)
SIZES = [  # samples, inputs, outputs
    (1, 1, 1),
    (2, 17, 3),
    (5, 63, 10),
    (6, 64, 16),
    (7, 65, 33),
    (13, 100, 48),
    (64, 128, 10),
    (64, 300, 100),
    (65, 129, 128),
    (70, 192, 150),
    (130, 257, 300),
]
LIVE = [0.0, 0.1, 0.3, 0.5, 1.0]


class Case(NamedTuple):
    """A layer and a batch: as in the definition (W is (out, in)), and as the engine holds them."""

    W: np.ndarray
    b: np.ndarray
    X: np.ndarray
    GY: np.ndarray
    w: np.ndarray
    bias: np.ndarray
    x: np.ndarray
    gy: np.ndarray

    @property
    def sizes(self) -> tuple[int, int, int]:
        return len(self.X), self.W.shape[1], len(self.W)

    @property
    def row(self) -> int:
        return padded(len(self.W))

    @property
    def weights(self) -> WeightRows:
        return WeightRows(self.w, 16, self.W.shape[1], len(self.W))

    def x_view(self, values: np.ndarray | None = None) -> View:
        """x, or other values that lie as it does."""
        return View(self.x if values is None else values, image(self.W.shape[1], 1, 1))

    def y_view(self, values: np.ndarray | None = None) -> View:
        """gy, or other values that lie as it does."""
        return View(self.gy if values is None else values, image(len(self.W), 1, 1))

    @property
    def strides(self) -> tuple[int, int]:
        """Of x and of y."""
        return self.x_view().image.stride, self.y_view().image.stride


def held(rows: np.ndarray, stride: int, at: int = 0) -> np.ndarray:
    """The rows in a flat array of zeros, `stride` apart from place `at` on."""
    flat = aligned_zeros(at + len(rows) * stride)
    flat[at:].reshape(len(rows), stride)[:, : rows.shape[1]] = rows
    return flat


def make(B: int, N: int, M: int, live: float = 1.0, seed: int = 0) -> Case:
    rng = np.random.default_rng(seed)
    W, b = rng.standard_normal((M, N), np.float32), rng.standard_normal(M, np.float32)
    X, GY = rng.standard_normal((B, N), np.float32), rng.standard_normal((B, M), np.float32)
    X[rng.random((B, N)) >= live] = 0
    row, strides = padded(M), (image(N, 1, 1).stride, image(M, 1, 1).stride)
    return Case(W, b, X, GY, held(W.T, row, 16), held(b[None], row), held(X, strides[0]), held(GY, strides[1]))


def rows(flat: np.ndarray, count: int, stride: int, n: int) -> np.ndarray:
    """`count` rows of n elements, after a look at the padding behind each: exactly zero (unless there is a NaN)."""
    table = flat.reshape(count, stride)
    assert not table[:, n : padded(n)].any() or np.isnan(table[:, :n]).any()
    return table[:, :n]


def garbage(n: int) -> np.ndarray:
    """What an output must overwrite."""
    flat = aligned_zeros(n)
    flat[:] = np.nan
    return flat


def words() -> np.ndarray:
    return aligned_zeros(WORD_BITS, np.uint64)


def cuts(n: int, count: int) -> list[tuple[int, int]]:
    """`count` ranges of inputs, some perhaps empty, that begin at multiples of 64."""
    blocks = -(-n // WORD_BITS)
    ends = [min(n, blocks * k // count * WORD_BITS) for k in range(count)] + [n]
    return list(pairwise(ends))


def run_forward(case: Case, ranges: list[tuple[int, int]] | None = None) -> np.ndarray:
    B, _, M = case.sizes
    y = garbage(B * case.strides[1])
    for first, last in ranges or [(0, B)]:
        forward(case.weights, case.bias, case.x_view(), case.y_view(y), Share(0, case.sizes[1]), words(), first, last)
    return rows(y, B, case.strides[1], M)


def run_parts(case: Case, count: int = 8) -> np.ndarray:
    B, N, M = case.sizes
    stride = B * case.strides[1]
    part, y, zero = garbage(count * stride), garbage(stride), aligned_zeros(case.row)
    for k, (first, last) in enumerate(cuts(N, count)):
        part_k = case.y_view(part[k * stride :])
        forward(case.weights, zero, case.x_view(), part_k, Share(1, B), words(), first, last)
    for s in range(B):
        add_parts(case.bias, part, case.y_view(y), count, stride, s, s + 1)
    return rows(y, B, case.strides[1], M)


def run_input_gradient(case: Case, live: bool, share: Share | None = None, ranges: list | None = None) -> np.ndarray:
    B, N, _ = case.sizes
    gx = garbage(B * case.strides[0])
    for first, last in ranges or [(0, B)]:
        if live:
            views = case.y_view(), case.x_view(), case.x_view(gx)
            live_input_gradient(case.weights, *views, share or Share(0, N), first, last)
        else:
            turned = garbage(WORD_BITS * WORD_BITS)
            input_gradient(case.weights, case.y_view(), case.x_view(gx), share or Share(0, N), turned, first, last)
    return rows(gx, B, case.strides[0], N)


def run_weight_gradient(case: Case, splits: int = 1, start: np.ndarray | None = None) -> np.ndarray:
    B, N, M = case.sizes
    gw = garbage(16 + N * case.row)
    start = aligned_zeros(case.row) if start is None else start
    for first, last in cuts(N, splits):
        to = case.weights._replace(values=gw)
        weight_gradient(case.x_view(), case.y_view(), start, to, B, words(), first, last)
    return rows(gw[16:], N, case.row, M)


def close(found: np.ndarray, expected: np.ndarray, magnitude: np.ndarray, terms: int) -> None:
    """|error| <= terms eps / 2 times the sum of the terms' magnitudes: the bound of any float32 sum."""
    assert found.dtype == np.float32
    assert np.all(np.abs(found - expected) <= (terms + 2) * EPSILON / 2 * magnitude)


def f64(*arrays: np.ndarray) -> list[np.ndarray]:
    return [array.astype(np.float64) for array in arrays]


@pytest.mark.parametrize("live", LIVE)
@pytest.mark.parametrize("sizes", SIZES)
def test_forward(sizes, live):
    case = make(*sizes, live=live)
    X, W, b = f64(case.X, case.W, case.b)
    expected, magnitude = linear(X, W, b), linear(abs(X), abs(W), abs(b))
    close(run_forward(case), expected, magnitude, sizes[1])
    close(run_parts(case), expected, magnitude, sizes[1] + 8)


@pytest.mark.parametrize("live", LIVE)
@pytest.mark.parametrize("sizes", SIZES)
def test_input_gradient(sizes, live):
    case = make(*sizes, live=live)
    GY, W = f64(case.GY, case.W)
    expected, magnitude = linear_input_gradient(GY, W), linear_input_gradient(abs(GY), abs(W))
    close(run_input_gradient(case, live=False), expected, magnitude, sizes[2])
    alive = case.X != 0
    close(run_input_gradient(case, live=True), expected * alive, magnitude * alive, sizes[2])


@pytest.mark.parametrize("live", LIVE)
@pytest.mark.parametrize("sizes", SIZES)
def test_weight_gradient(sizes, live):
    case = make(*sizes, live=live)
    GY, X = f64(case.GY, case.X)
    expected, magnitude = linear_weight_gradient(GY, X), linear_weight_gradient(abs(GY), abs(X))
    close(run_weight_gradient(case), expected.T, magnitude.T, sizes[0])


@pytest.mark.parametrize("sizes", SIZES)
def test_bias_gradient(sizes):
    case = make(*sizes)
    gb = garbage(case.row)
    bias_gradient(case.y_view(), gb, 0, sizes[0])
    (GY,) = f64(case.GY)
    close(rows(gb, 1, case.row, sizes[2])[0], linear_bias_gradient(GY), linear_bias_gradient(abs(GY)), sizes[0])


@pytest.mark.parametrize("sizes", SIZES)
def test_shifted_input(sizes):
    """With x - c mostly zero: y, gw and gb of x itself."""
    case, c = make(*sizes, live=0.2), np.float32(-0.4)
    X, W, b, GY = f64(case.X, case.W, case.b, case.GY)
    X = X + float(c)
    bias, start = garbage(case.row), aligned_zeros(case.row)
    shifted_bias(case.weights, case.bias, bias, c)
    y = garbage(sizes[0] * case.strides[1])
    forward(case.weights, bias, case.x_view(), case.y_view(y), Share(0, sizes[1]), words(), 0, sizes[0])
    magnitude = linear(abs(X) + 1, abs(W), abs(b))
    close(rows(y, sizes[0], case.strides[1], sizes[2]), linear(X, W, b), magnitude, 2 * sizes[1])
    shifted_start(case.y_view(), start, c, sizes[0])
    magnitude = linear_weight_gradient(abs(GY), abs(X) + 1)
    gw = run_weight_gradient(case, start=start)
    close(gw, linear_weight_gradient(GY, X).T, magnitude.T, 2 * sizes[0])


@pytest.mark.parametrize("live", LIVE)
@pytest.mark.parametrize("sizes", [(65, 300, 10), (70, 300, 100), (64, 257, 160)])
def test_any_split_gives_the_same_bits(sizes, live):
    case = make(*sizes, live=live)
    B = sizes[0]
    samples = [(0, 3), (3, 3), (3, 40), (40, B)]
    np.testing.assert_array_equal(run_forward(case, samples), run_forward(case))
    np.testing.assert_array_equal(run_weight_gradient(case, 3), run_weight_gradient(case))
    for alive in (False, True):
        whole = run_input_gradient(case, alive)
        np.testing.assert_array_equal(run_input_gradient(case, alive, ranges=samples), whole)
        by_inputs = run_input_gradient(case, alive, Share(1, sizes[0]), cuts(sizes[1], 3))
        np.testing.assert_array_equal(by_inputs, whole)


@pytest.mark.parametrize("live", [0.1, 1.0])
def test_nan_propagates(live):
    """A NaN in x reaches its sample's outputs and its input's weights; one in gy all gradients of its output."""
    case = make(7, 100, 48, live)
    case.x.reshape(7, -1)[3, 70] = np.nan
    for y in (run_forward(case), run_parts(case)):
        assert np.isnan(y[3]).all()
        assert not np.isnan(np.delete(y, 3, axis=0)).any()
    gw = run_weight_gradient(case)
    assert np.isnan(gw[70]).all()
    assert not np.isnan(np.delete(gw, 70, axis=0)).any()
    assert not np.isnan(run_input_gradient(case, live=True)).any()
    case.gy.reshape(7, -1)[2, 5] = np.nan
    for alive, where in ((False, np.full(100, True)), (True, case.X[2] != 0)):
        np.testing.assert_array_equal(np.isnan(run_input_gradient(case, alive)[2]), where)
    gw = run_weight_gradient(case)
    assert np.isnan(gw[case.X[2] != 0, 5]).all()


def test_nan_in_w_reaches_what_uses_it():
    case = make(7, 100, 48)
    case.w[case.weights.at + 70 * case.row + 5] = np.nan
    y = run_forward(case)
    assert np.isnan(y[:, 5]).all()
    assert not np.isnan(np.delete(y, 5, axis=1)).any()
    for live in (False, True):
        gx = run_input_gradient(case, live)
        assert np.isnan(gx[:, 70]).all()
        assert not np.isnan(np.delete(gx, 70, axis=1)).any()


def test_inputs_are_not_changed():
    case = make(7, 100, 48, 0.3)
    before = [case.w.copy(), case.x.copy(), case.gy.copy()]
    run_forward(case)
    run_parts(case)
    run_weight_gradient(case)
    run_input_gradient(case, live=False)
    run_input_gradient(case, live=True)
    for array, copy in zip([case.w, case.x, case.gy], before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("n", [1, 16, 30, 63, 64])
def test_live_words_and_their_transpose(n):
    rng = np.random.default_rng(n)
    x = held((rng.random((50, n)) < 0.3).astype(np.float32), odd_lines(n))
    found = words()
    live = find_live(x, found, 0, odd_lines(n), 50, n)
    table = (found[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    np.testing.assert_array_equal(table[:50, :n], x.reshape(50, -1)[:, :n])
    assert live == table.sum() == np.count_nonzero(x)
    transpose_bits(found)
    np.testing.assert_array_equal((found[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1), table.T)
