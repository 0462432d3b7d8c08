import numpy as np
import pytest
from hypothesis import given

from chainrule.layers.sigmoid import sigmoid, sigmoid_input_gradient
from chainrule.losses import NLL, BinaryCrossEntropy, SigmoidBinaryCrossEntropy
from chainrule.losses.binary_cross_entropy import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_gradient,
)
from oracles import assert_agrees, check_loss, normal
from strategies import drawn_cases, sizes, small

LOG2 = np.log(2)


def zeros_and_ones(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 2, shape)


def test_by_hand() -> None:
    p, t = np.array([[0.25], [0.5], [0.75]]), np.array([[1], [0], [0]])
    assert_agrees(binary_cross_entropy(p, t), np.array([2 * LOG2, LOG2, 2 * LOG2]), 1e-15)
    assert binary_cross_entropy_gradient(p, t).tolist() == [[-4], [2], [4]]


def test_the_fused_form_by_hand() -> None:
    x, t = np.log([[1 / 3], [1.0], [3.0]]), np.array([[1], [0], [0]])  # sigmoid(x) = 1/4, 1/2, 3/4
    assert_agrees(sigmoid_binary_cross_entropy(x, t), np.array([2 * LOG2, LOG2, 2 * LOG2]), 1e-15)
    assert_agrees(sigmoid_binary_cross_entropy_gradient(x, t), np.array([[-0.75], [0.5], [0.75]]), 1e-15)


def test_it_is_the_nll_of_two_classes() -> None:
    p, t = sigmoid(normal(20, 1)), zeros_and_ones(20)
    assert_agrees(BinaryCrossEntropy().error(p, t), NLL().error(np.hstack([1 - p, p]), t), 1e-15)


def test_the_fused_form_is_that_of_the_sigmoid() -> None:
    x, t = 3 * normal(20, 4), zeros_and_ones(20, 4)
    assert_agrees(sigmoid_binary_cross_entropy(x, t), binary_cross_entropy(sigmoid(x), t), 1e-13)


def test_the_components_of_a_sample_are_added() -> None:
    p = np.array([[0.5, 0.25, 0.5]])
    assert_agrees(binary_cross_entropy(p, np.array([[1, 1, 0]])), np.array([4 * LOG2]), 1e-15)


def test_a_column_of_outputs_meets_a_row_of_targets_sample_by_sample() -> None:
    x, t = np.zeros((2, 1)), np.array([1, 0])
    assert_agrees(sigmoid_binary_cross_entropy(x, t), np.array([LOG2, LOG2]), 1e-15)
    assert sigmoid_binary_cross_entropy_gradient(x, t).tolist() == [[-0.5], [0.5]]


def test_no_chance_for_the_truth_is_an_infinite_error() -> None:
    p, t = np.array([[0.0], [1.0]]), np.array([1, 0])
    assert binary_cross_entropy(p, t).tolist() == [np.inf, np.inf]
    assert binary_cross_entropy_gradient(p, t).tolist() == [[-np.inf], [np.inf]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_neither_overflow_nor_warn_in_the_fused_form(dtype: type) -> None:
    x, t = np.array([[1e4], [1e4], [-1e4], [-1e4]], dtype), np.array([1, 0, 1, 0])
    assert sigmoid_binary_cross_entropy(x, t).tolist() == [0, 1e4, 1e4, 0]
    assert sigmoid_binary_cross_entropy_gradient(x, t).tolist() == [[0], [1], [-1], [0]]


def test_a_small_error_keeps_its_digits_in_the_fused_form() -> None:
    error = sigmoid_binary_cross_entropy(np.array([[50.0]]), np.array([1]))
    assert error[0] == pytest.approx(np.exp(-50), rel=1e-14)


def test_a_very_wrong_sigmoid_still_has_a_finite_error_and_derivative() -> None:
    x, t = np.array([[-50.0]]), np.array([1])
    p = sigmoid(x)
    gx = sigmoid_input_gradient(binary_cross_entropy_gradient(p, t), p)
    assert_agrees(binary_cross_entropy(p, t), np.array([50.0]), 1e-15)
    assert_agrees(gx, np.array([[-1.0]]), 1e-15)


@drawn_cases
@given(samples=small, n=sizes)
def test_agrees_with_pytorch(samples: int, n: int) -> None:
    for shape in ((samples, n), (samples, 2, n, 3)):
        x, t = 3 * normal(*shape), zeros_and_ones(*shape)
        check_loss(BinaryCrossEntropy(), sigmoid(x), t)
        check_loss(SigmoidBinaryCrossEntropy(), x, t)


def test_predictions_are_probabilities() -> None:
    x = normal(3, 2)
    assert np.array_equal(SigmoidBinaryCrossEntropy().prediction(x), sigmoid(x))
    assert BinaryCrossEntropy().prediction(x) is x


def test_a_single_output_above_one_half_is_class_one() -> None:
    x = np.array([[-2.0], [0.0], [0.5]])
    for classes in (SigmoidBinaryCrossEntropy().classes(x), BinaryCrossEntropy().classes(sigmoid(x))):
        assert classes is not None
        assert classes.tolist() == [0, 0, 1]


@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), SigmoidBinaryCrossEntropy()])
def test_several_outputs_are_no_class(loss: BinaryCrossEntropy) -> None:
    assert loss.classes(np.zeros((3, 2))) is None


def test_certain_answers_cost_nothing_beside_uncertain_ones() -> None:
    """Where t is 0 or 1, p may be exactly that: the term that is not there has no logarithm."""
    p, t = np.array([[0.0], [1.0], [0.5], [1.0]]), np.array([0.0, 1.0, 0.25, 0.0])
    assert binary_cross_entropy(p, t).tolist() == [0, 0, pytest.approx(np.log(2)), np.inf]
    assert binary_cross_entropy_gradient(p, t).tolist() == [[1], [-1], [1], [np.inf]]
    assert binary_cross_entropy(p[:2], t[:2]).tolist() == [0, 0]
    assert binary_cross_entropy_gradient(p[:2], t[:2]).tolist() == [[1], [-1]]
