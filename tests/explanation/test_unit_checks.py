"""A unit's derivative, beside what the loss says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import Convolution, Dropout, Linear, MaxPooling, Network, ReLU, SquaredError, UsageError, trace
from chainrule.checks.networks import random_batch
from chainrule.explanation.numerical import check_unit
from explained import drawn_trace, some_units
from messages import exactly


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_random_networks(data: st.DataObject) -> None:
    """Where there is no kink, the two agree."""
    kept, draws = drawn_trace(data), np.random.default_rng(5)
    for unit in (each for each in some_units(kept, draws, 1) if each.startswith("dL/")):
        found = check_unit(kept, unit, int(draws.integers(len(kept.x[0]))))
        if found.same_piece:
            assert found.numeric == pytest.approx(found.analytic, rel=1e-5, abs=1e-6 * (1 + abs(kept.loss))), found


def test_float32_agrees_to_its_own_rounding() -> None:
    network = Network([Convolution(4), ReLU(), MaxPooling(), Dropout(0.5), Linear(3)], (1, 8, 8))
    batch = random_batch(network, 2)
    kept, right = trace(network, batch.x, batch.t), 0
    for unit in (each for each in some_units(kept, np.random.default_rng(0), 9) if each.startswith("dL/")):
        found = check_unit(kept, unit, 1)
        right += found.same_piece
        assert not found.same_piece or abs(found.difference) < 1e-5, found
    assert right > 40


def test_a_kink_is_said() -> None:
    network = Network([ReLU()], 1, SquaredError(), dtype=np.float64)
    found = check_unit(trace(network, np.array([[0.0]]), np.array([[1.0]])), "dL/x:0")
    assert not found.same_piece
    assert repr(found).endswith("by the loss, with a kink between>")


def test_near_a_kink_the_step_is_smaller() -> None:
    network = Network([ReLU()], 1, SquaredError(), dtype=np.float64)
    found = check_unit(trace(network, np.array([[1e-3]]), np.array([[1.0]])), "dL/x:0")
    assert (found.h, found.same_piece) == (1e-4, True)
    assert found.numeric == pytest.approx(-2 * (1 - 1e-3), rel=1e-6)


@pytest.mark.parametrize("unit", ["fc1:0", "loss"])
def test_what_is_no_derivative_is_refused(unit: str) -> None:
    kept = trace(Network([Linear(2)], 2), np.ones((1, 2)), [0])
    message = f"the unit to check is '{unit}'; expected a derivative, as dL/conv1:3,5,7"
    with pytest.raises(UsageError, match=exactly(message)):
        check_unit(kept, unit)
