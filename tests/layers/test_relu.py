import numpy as np
import pytest
import torch
from hypothesis import given

from chainrule.base.errors import NetworkError
from chainrule.layers import ReLU
from chainrule.layers.relu import relu, relu_input_gradient
from messages import exactly
from oracles import check_layer, normal
from strategies import drawn_cases, sizes, small

X = np.array([-2.0, -0.0, 0.0, 3.0, -np.inf, np.inf])


def test_by_hand() -> None:
    assert relu(X).tolist() == [0, 0, 0, 3, 0, np.inf]


@pytest.mark.parametrize(
    ("derivative_at_zero", "expected"),
    [(0, [0, 0, 0, 1, 0, 1]), (1, [0, 1, 1, 1, 0, 1])],
)
def test_the_lecture_gives_two_derivatives_at_zero(derivative_at_zero: int, expected: list[int]) -> None:
    assert relu_input_gradient(np.ones(6), X, derivative_at_zero).tolist() == expected


def test_the_default_derivative_at_zero_is_zero() -> None:
    assert ReLU() == ReLU(derivative_at_zero=0)


@drawn_cases
@given(samples=small, n=sizes)
def test_agrees_with_pytorch(samples: int, n: int) -> None:
    check_layer(ReLU(), normal(samples, n))
    check_layer(ReLU(), normal(samples, 2, n, 3))


@pytest.mark.parametrize("derivative_at_zero", [0, 1])
def test_agrees_with_pytorch_at_zero(derivative_at_zero: int) -> None:
    check_layer(ReLU(derivative_at_zero), np.array([[-1.0, 0.0, -0.0, 1.0]]))


def test_kinks_tell_the_side_of_each_element() -> None:
    assert ReLU().kinks(X).tolist() == [False, False, False, True, False, True]


@pytest.mark.parametrize("value", [-1, 2, 0.5, "0", None])
def test_an_impossible_derivative_at_zero(value: int) -> None:
    with pytest.raises(NetworkError, match=exactly(f"ReLU: derivative_at_zero is {value!r}; expected 0 or 1")):
        ReLU(value)


@pytest.mark.parametrize("derivative_at_zero", [0, 1])
def test_nan_stays_nan_and_passes_the_derivative_on_as_in_pytorch(derivative_at_zero: int) -> None:
    x = np.array([np.nan])
    assert np.isnan(relu(x)).all()
    assert relu_input_gradient(np.array([3.0]), x, derivative_at_zero).tolist() == [3]
    variable = torch.tensor(x, requires_grad=True)
    torch.relu(variable).backward(torch.tensor([3.0], dtype=torch.float64))
    assert variable.grad is not None
    assert variable.grad.tolist() == [3]
