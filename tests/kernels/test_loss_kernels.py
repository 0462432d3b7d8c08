"""The losses' kernels against their definitions in float64."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from chainrule.base.elementary import log
from chainrule.engine.kernels.elementary import logarithm
from chainrule.engine.kernels.losses import KERNELS, kernel_of
from chainrule.engine.layout import View, image
from chainrule.engine.runtime.jit import kernel
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import padded
from chainrule.losses import (
    LOSSES,
    NLL,
    AbsoluteError,
    BinaryCrossEntropy,
    Huber,
    LogSoftmaxNLL,
    Loss,
    SigmoidBinaryCrossEntropy,
    SquaredError,
)
from chainrule.losses.loss import BinaryLoss, ClassLoss
from chainrule.losses.smoothing import SmoothedLoss

EPSILON = float(np.finfo(np.float32).eps)
UNTOUCHED = -7.0
C = tuple(np.linspace(0.5, 3, 100).tolist())
OPTIONS = [kind(e, c) for kind in (LogSoftmaxNLL, NLL) for e, c in ((0.1, None), (0.0, C), (0.1, C))]
every_loss = pytest.mark.parametrize("loss", [*(kind() for kind in LOSSES), Huber(0.3), *OPTIONS], ids=str)


def problem(loss: Loss, samples: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """y (samples, n) float32 and t that the loss takes."""
    random = np.random.default_rng(n)
    y = random.normal(size=(samples, n), scale=3).astype(np.float32)
    if isinstance(loss, NLL | BinaryCrossEntropy):
        y = (1 / (1 + np.exp(-y))).astype(np.float32)
    if isinstance(loss, ClassLoss):
        return y, random.integers(0, n, samples)
    if isinstance(loss, BinaryLoss):
        t = random.random((samples, n)).round(1)  # some are 0 or 1
        return y, np.where(random.random((samples, n)) < 0.5, t.round(), t).astype(np.float32)
    return y, random.normal(size=(samples, n)).astype(np.float32)


def of_classes(loss: Loss, n: int) -> Loss:
    """The loss with as many class weights as classes."""
    return replace(loss, class_weight=C[:n]) if isinstance(loss, SmoothedLoss) and loss.class_weight else loss


def run(
    loss: Loss, y: np.ndarray, t: np.ndarray, weight: np.ndarray | None = None, ranges: list | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """error (s,) and gradient (s, stride) by the kernel; what it did not write is UNTOUCHED."""
    samples, n = y.shape
    at = image(n, 1, 1)
    stride = at.stride
    flat, gy = aligned_zeros(samples * stride), aligned_zeros(samples * stride)
    flat.reshape(samples, stride)[:, :n], gy[:] = y, UNTOUCHED
    error = np.full(samples, UNTOUCHED)
    weight = np.ones(samples, np.float32) if weight is None else weight
    for first, last in ranges or [(0, samples)]:
        kernel, options = kernel_of(of_classes(loss, n), n)
        kernel(View(flat, at), t.reshape(-1), weight, error, View(gy, at), *options, first, last)
    return error, gy.reshape(samples, stride)


def definition(loss: Loss, y: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """error and gradient in float64; what NumPy says of NaN and infinity is expected."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        y = y.astype(np.float64)
        loss = of_classes(loss, y.shape[1])
        return loss.error(y, t), loss.gradient(y, t)


def test_every_loss_has_a_kernel() -> None:
    assert set(KERNELS) == set(LOSSES)


@every_loss
@pytest.mark.parametrize("n", [1, 3, 10, 16, 17, 100])
def test_weighted_error_and_gradient(loss: Loss, n: int) -> None:
    y, t = problem(loss, 9, n)
    weight = np.linspace(0, 2, 9).astype(np.float32)
    error, gy = run(loss, y, t, weight)
    expected_error, expected_gradient = definition(loss, y, t)
    np.testing.assert_allclose(error, weight * expected_error, rtol=1e-12, atol=1e-13)
    expected_gradient = weight[:, None] * expected_gradient
    np.testing.assert_allclose(gy[:, :n], expected_gradient, rtol=2 * EPSILON, atol=2 * EPSILON)
    assert not gy[:, n : padded(n)].any()
    assert (gy[:, padded(n) :] == UNTOUCHED).all()


@every_loss
def test_ranges_of_samples(loss: Loss) -> None:
    y, t = problem(loss, 9, 10)
    whole, split = run(loss, y, t), run(loss, y, t, ranges=[(5, 9), (0, 1), (1, 5), (3, 3)])
    np.testing.assert_array_equal(split[0], whole[0])
    np.testing.assert_array_equal(split[1], whole[1])
    error, gy = run(loss, y, t, ranges=[(2, 4)])
    assert (error[[0, 1, 4, 8]] == UNTOUCHED).all()
    assert (gy[[0, 1, 4, 8]] == UNTOUCHED).all()


@every_loss
def test_nan_stays_in_its_sample(loss: Loss) -> None:
    y, t = problem(loss, 3, 4)
    y[1] = np.nan
    error, gy = run(loss, y, t)
    np.testing.assert_array_equal(np.isnan(error), [False, True, False])
    np.testing.assert_array_equal(np.isnan(gy[:, :4]).any(axis=1), [False, True, False])


@pytest.mark.parametrize("bad", range(4))
def test_one_nan_score_spoils_the_sample(bad: int) -> None:
    x = np.zeros((1, 4), np.float32)
    x[0, bad] = np.nan
    error, gx = run(LogSoftmaxNLL(), x, np.array([2]))
    assert np.isnan(error).all()
    assert np.isnan(gx[:, :4]).all()


INFINITY = float("inf")
EXTREME_SCORES = [
    [1e4, 0, -1e4],
    [3e38, -3e38, 0],
    [-3e38, -3e38, -3e38],
    [0, -INFINITY, 1],
    [-INFINITY, -INFINITY, -INFINITY],
    [INFINITY, 0, 0],
    [1e-40, 0, -1e-40],
]


@pytest.mark.parametrize("scores", EXTREME_SCORES, ids=str)
@pytest.mark.parametrize("truth", range(3))
@pytest.mark.parametrize("loss", [LogSoftmaxNLL(), LogSoftmaxNLL(0.1), LogSoftmaxNLL(0.0, (1, 2, 3))], ids=str)
def test_extreme_scores_of_classes(scores: list[float], truth: int, loss: Loss) -> None:
    x, t = np.array([scores], np.float32), np.array([truth])
    error, gx = run(loss, x, t)
    expected_error, expected_gradient = definition(loss, x, t)
    np.testing.assert_allclose(error, expected_error, rtol=1e-12)
    np.testing.assert_allclose(gx[:, :3], expected_gradient, rtol=2 * EPSILON, atol=1e-40)


ANY = [0.0, 1.0, -1e4, 1e4, 3e38, -3e38, 1e-40, 1e-7]
EXTREME_VALUES = [
    *[(loss, y) for loss in (SigmoidBinaryCrossEntropy(), SquaredError(), Huber(), AbsoluteError()) for y in ANY],
    *[(BinaryCrossEntropy(), p) for p in (0.0, 1.0, 1e-40, 1e-7)],
]


@pytest.mark.parametrize("truth", [0.0, 0.25, 1.0])
@pytest.mark.parametrize(("loss", "y"), EXTREME_VALUES, ids=str)
def test_extreme_values(loss: Loss, truth: float, y: float) -> None:
    values, t = np.array([[y]], np.float32), np.array([[truth]], np.float32)
    error, gy = run(loss, values, t)
    expected_error, expected_gradient = definition(loss, values, t)
    np.testing.assert_allclose(error, expected_error, rtol=1e-12)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(gy[:, :1], expected_gradient.astype(np.float32), rtol=2 * EPSILON, atol=1e-40)


def test_a_class_without_a_chance() -> None:
    error, gp = run(NLL(), np.array([[0, 1]], np.float32), np.array([0]))
    assert error[0] == np.inf
    np.testing.assert_array_equal(gp[0, :2], [-np.inf, 0])


@kernel
def logarithms(x, y):
    for k in range(len(x)):
        y[k] = logarithm(x[k])


def test_logarithms_have_the_bits_of_those_of_arrays() -> None:
    normal = np.concatenate([2.0 ** np.arange(-1074, 1024), np.random.default_rng(1).uniform(0, 2, 500)])
    x = np.array([*normal, 0.0, -0.0, np.inf, np.nan, -1.0, -np.inf])
    y = np.empty_like(x)
    logarithms(x, y)
    np.testing.assert_array_equal(y[: len(normal)], log(normal))
    np.testing.assert_array_equal(y[len(normal) :], [-np.inf, -np.inf, np.inf, np.nan, np.nan, np.nan])
