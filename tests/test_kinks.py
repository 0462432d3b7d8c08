"""Gradient checks at and near kinks: with smaller steps, or beside them."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.checks.gradients import direction_check, gradient_check
from chainrule.checks.networks import WithInputs, alone, check_network, random_batch
from chainrule.layers import Convolution, Linear, MaxPooling, ReLU
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch
from objectives import EMPTY, WITH_ROOM, Function, network_of


def absolute(reported: bool) -> Function:
    return Function(lambda w: np.abs(w).sum(), np.sign, (lambda w: w > 0) if reported else None)


def test_near_a_kink_the_step_is_smaller() -> None:
    """|w| at 1e-3: the largest step of 1e-3 reaches the kink, 1e-4 does not."""
    check = gradient_check(absolute(reported=True), np.array([1e-3]), EMPTY)
    assert check.passed
    assert (check.kinks, check.moved) == (1, 0)


def test_at_a_kink_the_entry_is_checked_beside_it() -> None:
    check = gradient_check(absolute(reported=True), np.array([0.0, 1.0, 1e-6]), EMPTY)
    assert check.passed
    assert (check.entries, check.kinks, check.moved) == (3, 2, 2)
    direction = direction_check(absolute(reported=True), np.array([0.0]), EMPTY)
    assert direction.passed
    assert direction.moved


def test_a_kink_that_nobody_reports_fails() -> None:
    """sign(0) = 0 is also what differences give, but next to the kink they straddle it."""
    assert not gradient_check(absolute(reported=False), np.array([1e-4]), EMPTY).passed


def test_kinks_everywhere_are_no_excuse() -> None:
    """Where no move helps, the entry is still checked."""
    everywhere = Function(lambda w: w @ w, lambda w: 2.1 * w, kinks=lambda w: w)
    check = gradient_check(everywhere, np.ones(2), EMPTY)
    assert not check.passed
    assert check.moved == check.entries == 2


@pytest.mark.parametrize("derivative_at_zero", [0, 1])
def test_relu_at_zero_by_hand(derivative_at_zero: int) -> None:
    """x = 0: dL/dx is what was chosen for 0; the check moves on to where there is a derivative."""
    network = alone(ReLU(derivative_at_zero), 3)
    objective, x = WithInputs(Reference(network)), np.array([[0.0, 1.0, 0.0]])
    batch = Batch(x, np.array([[2.0, 3.0, 5.0]]))
    g = np.empty(3)
    assert objective.loss_and_gradient(objective.join(network.w, x), batch, g) == 3
    assert g.tolist() == [2 * derivative_at_zero, 3, 5 * derivative_at_zero]
    check = check_network(network, batch)
    assert check.worst.error < WITH_ROOM
    assert (check.kinks, check.moved) == (2, 2)


def test_equal_pool_values_by_hand() -> None:
    """A patch of four equal values: the first wins; the check moves them apart."""
    network = alone(MaxPooling(), (1, 2, 4))
    objective, x = WithInputs(Reference(network)), np.array([[[[1.0, 1.0, 1.0, 2.0], [1.0, 1.0, 3.0, 3.0]]]])
    batch = Batch(x, np.array([[[[7.0, 5.0]]]]))
    g = np.empty(8)
    assert objective.loss_and_gradient(objective.join(network.w, x), batch, g) == 7 + 15
    assert g.reshape(2, 4).tolist() == [[7, 0, 0, 0], [0, 0, 5, 0]]
    check = check_network(network, batch)
    assert check.worst.error < WITH_ROOM
    assert check.moved == 6  # the four, and the two threes


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("w_factor", "x_factor"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)], ids=["w = 0", "x = 0", "both = 0"]
)
def test_a_network_exactly_at_kinks(w_factor: float, x_factor: float) -> None:
    network = network_of(Convolution(2), ReLU(), MaxPooling(), Linear(4), ReLU(), Linear(3))
    network.w *= w_factor
    if x_factor == 0:
        network.named()["conv1.b"][:] = 0  # so that every ReLU reads 0, every pool a tie
    batch = random_batch(network, 2)
    check = check_network(network, replace(batch, x=batch.x * x_factor))
    assert check.worst.error < WITH_ROOM
    assert check.moved > 0
