"""A loss in the targets' own units: (y - (t - mean) / std)^2, and predictions mean + std y."""

import numpy as np
import pytest

from chainrule.base.errors import DataError, NetworkError
from chainrule.losses import SquaredError
from messages import exactly


def test_one_unit_for_all_by_hand():
    loss, y, t = SquaredError(10.0, 2.0), np.array([[1.0], [0.0]]), np.array([14.0, 9.0])
    assert loss.has_units
    assert loss.learned(t, (1,)).reshape(-1).tolist() == [2.0, -0.5]
    assert loss.error(y, t).tolist() == [1.0, 0.25]
    assert loss.gradient(y, t).tolist() == [[-2.0], [1.0]]
    assert loss.prediction(y).tolist() == [[12.0], [10.0]]
    assert loss.ignorance(t, (1,)) == 1.25**2


@pytest.mark.parametrize("loss", [SquaredError((10.0, 0.0), 2.0), SquaredError((10.0, 0.0), (2.0, 2.0))])
def test_a_unit_for_each_output_by_hand(loss):
    y, t = np.array([[1.0, 1.0]]), np.array([[14.0, 4.0]])
    assert loss.error(y, t).tolist() == [2.0]
    assert loss.gradient(y, t).tolist() == [[-2.0, -2.0]]
    assert loss.prediction(y).tolist() == [[12.0, 2.0]]
    assert loss.ignorance(t, (2,)) == 0.0


def test_without_units():
    loss, y, t = SquaredError(), np.array([[1.0]], np.float32), np.array([3.0])
    assert not loss.has_units
    assert loss.error(y, t).tolist() == [4.0]
    assert loss.prediction(y) is y
    assert SquaredError(0.0, 2.0).has_units
    assert SquaredError(1.0).has_units


def test_of_targets_they_have_mean_0_and_deviation_1():
    t = np.array([[1.0, 7.0], [5.0, 7.0]])
    loss = SquaredError.of(t)
    assert (loss.mean, loss.std) == ((3.0, 7.0), (2.0, 1.0))
    assert loss.learned(t, (2,)).tolist() == [[-1.0, 0.0], [1.0, 0.0]]
    assert SquaredError.of(t[:, 0]) == SquaredError((3.0,), (2.0,))
    for wrong in (t[:0], np.array([1.0, np.inf])):
        with pytest.raises(DataError, match="targets"):
            SquaredError.of(wrong)


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [
        ((1.0, 2.0), 1.0, r"mean has 2 numbers, but the network's output has \(3,\)"),
        (0.0, (1.0, 2.0), r"std has 2 numbers, but the network's output has \(3,\)"),
    ],
)
def test_as_many_units_as_outputs(mean, std, message):
    with pytest.raises(NetworkError, match=message):
        SquaredError(mean, std).check_network((3,))
    SquaredError(mean, std).check_network((2,))
    SquaredError(4.0, 5.0).check_network((3,))


@pytest.mark.parametrize("wrong", [0.0, -1.0, (1.0, 0.0), np.nan, (), [[1.0]], "a", None])
def test_wrong_units(wrong):
    with pytest.raises(NetworkError, match="SquaredError: std is"):
        SquaredError(std=wrong)


@pytest.mark.parametrize("wrong", ["a", None, ["a", "b"], [[1.0]], (), np.inf])
def test_a_mean_that_is_none(wrong):
    expected = "expected a finite number, or one for each output"
    with pytest.raises(NetworkError, match=exactly(f"SquaredError: mean is {wrong!r}; {expected}")):
        SquaredError(wrong)


def test_how_it_shows_itself():
    assert str(SquaredError()) == "SquaredError()"
    assert str(SquaredError(1.5, (2.0, 3.0))) == "SquaredError(mean=1.5, std=2, 3)"
    assert str(SquaredError((1, 2, 3, 4), 2.0)) == "SquaredError(mean=1, 2, 3, 4, std=2)"
    assert str(SquaredError((1, 2, 3, 4, 5), 2.0)) == "SquaredError(of 5 targets standardised)"
    many = tuple(range(1, 40))
    assert str(SquaredError(many, 1.0)) == "SquaredError(of 39 targets standardised)"
