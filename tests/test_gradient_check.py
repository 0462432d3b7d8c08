"""The gradient check of functions worked by hand: of every entry, and of one random direction."""

import numpy as np
import pytest

from chainrule.base.errors import UsageError
from chainrule.checks.gradients import direction_check, gradient_check, relative
from chainrule.regression.polynomial import PolynomialObjective
from chainrule.training.objective import Batch, Layout
from objectives import EMPTY, WITH_ROOM, Function, squares

# (a) every entry


def test_a_hand_worked_gradient() -> None:
    """L = (w0 + 2 w1 - 3)^2 at w = (1, 2): dL/dw = 2 * 2 * (1, 2)."""
    check = [
        gradient_check(PolynomialObjective(1), np.array([1.0, 2.0]), Batch(np.array([2.0]), np.array([3.0])), [k])
        for k in (0, 1)
    ]
    assert [c.worst.analytic for c in check] == [4.0, 8.0]
    assert [c.worst.numerical for c in check] == pytest.approx([4.0, 8.0], rel=1e-11)
    assert all(c.passed and c.entries == 1 and c.kinks == c.moved == 0 for c in check)


@pytest.mark.parametrize(("factor", "error"), [(1 + 5e-7, 0.5), (1 - 5e-7, 0.5), (1 + 1e-5, 10.0), (1 - 1e-5, 10.0)])
def test_the_error_is_relative_to_the_bound(factor: float, error: float) -> None:
    check = gradient_check(squares(factor), np.array([0.5, -2.0]), EMPTY)
    assert check.worst.error == pytest.approx(error, rel=1e-3)
    assert check.passed == (error <= 1)


@pytest.mark.parametrize(("wrong_by", "error"), [(5e-10, 0.5), (2e-9, 2.0)])
def test_small_entries_are_bounded_by_a_thousandth_of_the_largest(wrong_by: float, error: float) -> None:
    """L = w0, and dL/dw1 = wrong_by instead of 0: bound 1e-6 * 1e-3 * 1."""
    check = gradient_check(Function(lambda w: w[0], lambda w: np.array([1.0, wrong_by])), np.ones(2), EMPTY, [1])
    assert check.worst.error == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("degree", [0, 1, 2, 5])
def test_polynomials(degree: int) -> None:
    rng = np.random.default_rng(degree)
    batch = Batch(rng.normal(size=9), rng.normal(size=9), sample_weight=rng.uniform(size=9))
    w = 10.0 ** rng.uniform(-3, 3, degree + 1)
    check = gradient_check(PolynomialObjective(degree), w, batch)
    assert check.entries == degree + 1
    assert check.worst.error < WITH_ROOM


def test_large_parameters_take_large_steps() -> None:
    check = gradient_check(squares(), np.array([1e8, 1e6]), EMPTY)
    assert check.worst.error < WITH_ROOM


def test_a_gradient_of_zero_needs_a_constant_loss() -> None:
    assert gradient_check(Function(lambda w: 3.0, lambda w: 0 * w), np.ones(2), EMPTY).worst.error == 0
    assert not gradient_check(Function(lambda w: 1e-9 * w[0], lambda w: 0 * w), np.ones(2), EMPTY).passed


@pytest.mark.parametrize(
    ("difference", "scale", "expected"), [(0, 0, 0), (-2, 4, 0.5), (np.nan, 1, np.inf), (np.inf, 1, np.inf)]
)
def test_relative(difference: float, scale: float, expected: float) -> None:
    assert relative(difference, scale) == expected


def test_no_entries() -> None:
    with pytest.raises(UsageError, match="no entries to check"):
        gradient_check(squares(), np.ones(2), EMPTY, [])


class Reversed(Layout):
    def pack(self, w: np.ndarray) -> np.ndarray:
        return w[::-1].copy()

    def unpack(self, w: np.ndarray) -> np.ndarray:
        return w[::-1].copy()


def test_entries_are_counted_in_canonical_order() -> None:
    objective = Function(lambda w: w[0] ** 2 + w[2], lambda w: np.array([2 * w[0], 0.0, 1 + 1e-3]))
    objective.layout = Reversed()
    check = gradient_check(objective, np.array([1.0, 2.0, 3.0]), EMPTY)
    assert check.worst.index == 0
    assert check.worst.numerical == pytest.approx(1)


# (b) one random direction


def test_a_direction_of_one_entry_by_hand() -> None:
    """L = w^2 at 3 along d = +-1e-4: A = B = 6 d."""
    check = direction_check(squares(), np.array([3.0]), EMPTY)
    assert abs(check.analytic) == pytest.approx(6e-4, rel=1e-12)
    assert check.numerical == pytest.approx(check.analytic, rel=1e-10)
    assert check.passed


def test_a_direction_finds_a_wrong_gradient() -> None:
    w = np.linspace(-1, 2, 50)
    assert direction_check(squares(), w, EMPTY).passed
    wrong = direction_check(squares(1 + 1e-5), w, EMPTY)
    assert not wrong.passed
    assert wrong.error == pytest.approx(1e-5, rel=1e-3)


def test_the_seed_draws_the_direction() -> None:
    w = np.linspace(-1, 2, 50)
    first, again, other = (direction_check(squares(), w, EMPTY, seed) for seed in (0, 0, 1))
    assert first == again
    assert first.analytic != other.analytic
