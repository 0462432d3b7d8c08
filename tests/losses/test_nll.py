import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.layers.softmax import softmax
from chainrule.losses import NLL, LogSoftmaxNLL
from chainrule.losses.nll import log_softmax_nll, log_softmax_nll_gradient, nll, nll_gradient
from oracles import assert_agrees, check_loss, normal
from strategies import drawn_cases, small


def labels(n: int, classes: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, classes, n)


def test_nll_by_hand() -> None:
    p, t = np.array([[0.25, 0.75], [1.0, 0.0]]), np.array([0, 0])
    assert_agrees(nll(p, t), np.array([2 * np.log(2), 0]), 1e-15)
    assert nll_gradient(p, t).tolist() == [[-4, 0], [-1, 0]]


def test_log_softmax_nll_by_hand() -> None:
    x, t = np.log([[1.0, 2.0, 5.0]] * 3), np.array([0, 1, 2])
    assert_agrees(log_softmax_nll(x, t), np.log([8, 4, 8 / 5]), 1e-15)
    # the lecture: -1 + softmax(x) at the true class, softmax(x) elsewhere
    expected = np.array([[-7, 2, 5], [1, -6, 5], [1, 2, -3]]) / 8
    assert_agrees(log_softmax_nll_gradient(x, t), expected, 1e-15)


def test_the_fused_form_is_nll_of_softmax() -> None:
    x, t = normal(20, 5), labels(20, 5)
    assert_agrees(log_softmax_nll(x, t), nll(softmax(x), t), 1e-14)


def test_the_sum_of_nll_is_the_logarithm_of_the_joint_probability() -> None:
    """Why NLL: the goal is the product of the p_k[t_k] over all samples k."""
    x, t = normal(20, 5), labels(20, 5)
    product = 1.0
    for k in range(20):
        product *= softmax(x)[k, t[k]]
    assert np.exp(-nll(softmax(x), t).sum()) == pytest.approx(product, rel=1e-13)


def test_no_chance_for_the_truth_is_an_infinite_error() -> None:
    p, t = np.array([[1.0, 0.0]]), np.array([1])
    assert nll(p, t).tolist() == [np.inf]
    assert nll_gradient(p, t).tolist() == [[0, -np.inf]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_neither_overflow_nor_warn(dtype: type) -> None:
    x, t = np.array([[1e4, -1e4], [1e4, -1e4], [1e4, 1e4]], dtype), np.array([0, 1, 1])
    assert_agrees(log_softmax_nll(x, t), np.array([0, 2e4, np.log(2)]), 1e-7)
    assert log_softmax_nll_gradient(x, t).tolist() == [[0, 0], [1, -1], [0.5, -0.5]]


@drawn_cases
@given(samples=small, classes=st.integers(1, 12))
def test_agrees_with_pytorch(samples: int, classes: int) -> None:
    x, t = 3 * normal(samples, classes), labels(samples, classes)
    check_loss(LogSoftmaxNLL(), x, t)
    check_loss(NLL(), softmax(x), t)


def test_predictions_are_probabilities_and_classes_the_most_probable() -> None:
    x = np.log([[1.0, 5.0, 2.0], [7.0, 1.0, 0.0 + 8.0]])
    assert_agrees(LogSoftmaxNLL().prediction(x), np.array([[1, 5, 2], [7, 1, 8]]) / np.array([[8], [16]]), 1e-15)
    assert NLL().prediction(x) is x
    for loss in (NLL(), LogSoftmaxNLL()):
        assert loss.classes(x).tolist() == [1, 2]


def test_a_tie_goes_to_the_first_class() -> None:
    assert NLL().classes(np.array([[0.2, 0.4, 0.4]])).tolist() == [1]
