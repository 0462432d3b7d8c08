import numpy as np
from hypothesis import given

from chainrule.losses import SquaredError
from chainrule.losses.squared_error import squared_error, squared_error_gradient
from oracles import check_loss, normal
from strategies import drawn_cases, sizes, small


def test_by_hand() -> None:
    y, t = np.array([[3.0], [-1.0]]), np.array([[1.0], [0.5]])
    assert squared_error(y, t).tolist() == [4, 2.25]
    assert squared_error_gradient(y, t).tolist() == [[4], [-3]]


def test_the_components_of_a_sample_are_added() -> None:
    y, t = np.array([[3.0, 1.0, 0.0]]), np.array([[1.0, 1.0, 3.0]])
    assert squared_error(y, t).tolist() == [13]
    assert squared_error_gradient(y, t).tolist() == [[4, 0, -6]]


def test_a_column_of_outputs_meets_a_row_of_targets_sample_by_sample() -> None:
    y, t = np.array([[3.0], [-1.0]]), np.array([1, 0])
    assert squared_error(y, t).tolist() == [4, 1]
    assert squared_error_gradient(y, t).tolist() == [[4], [-2]]


def test_a_far_error_is_infinite_without_a_warning() -> None:
    y, t = np.array([[3e38], [1e30]], np.float32), np.array([-3e38, 0.0], np.float32)
    assert squared_error(y, t).tolist() == [np.inf, np.inf]
    assert squared_error_gradient(y, t).tolist() == [[np.inf], [2 * float(np.float32(1e30))]]


@drawn_cases
@given(samples=small, n=sizes)
def test_agrees_with_pytorch(samples: int, n: int) -> None:
    check_loss(SquaredError(), normal(samples, n), normal(samples, n, seed=1))
    check_loss(SquaredError(), normal(samples, 2, n, 3), normal(samples, 2, n, 3, seed=1))


def test_a_regression_predicts_its_outputs_and_has_no_classes() -> None:
    y = normal(2, 3)
    assert SquaredError().prediction(y) is y
    assert SquaredError().classes(y) is None
