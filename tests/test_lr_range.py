"""The learning-rate range test: what it makes of losses, and that it leaves the network alone."""

from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import UsageError
from chainrule.data import Dataset, mnist
from chainrule.tasks.lr_range import LrRange, find_lr
from chainrule.views.notebook import lr_range_html
from chainrule.views.plots import plot_lr_range
from messages import exactly

LR = np.geomspace(1e-5, 10, 61)
FALL = 2.0 - 1.5 / (1 + np.exp(-5 * np.log10(LR / 0.01)))  # fastest at 0.01
DIGITS = mnist("train").head(400)


def test_the_suggestion_is_where_the_loss_falls_fastest() -> None:
    assert LrRange(LR, FALL).suggestion == pytest.approx(0.01, rel=0.3)
    rising = np.where(LR > 0.3, 5.0, FALL)
    assert LrRange(LR, rising).suggestion == pytest.approx(0.01, rel=0.3)
    assert 0.01 < LrRange(LR, rising).lowest < 0.4
    noise = np.random.default_rng(0).normal(0, 0.03, len(LR))
    assert LrRange(LR, FALL + noise).suggestion == pytest.approx(0.01, rel=0.7)


def test_where_it_falls_nowhere_there_is_none() -> None:
    assert LrRange(LR, 1.0 + LR).suggestion is None


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_it_finds_a_rate_that_learns_and_leaves_the_network_alone(engine: str) -> None:
    network = cr.preset("mlp").network()
    before = network.w.copy()
    found = find_lr(network, DIGITS, cr.Training(cr.SGD(), batch_size=50), highest=100.0, engine=engine)
    np.testing.assert_array_equal(network.w, before)
    assert network.schema is None
    assert len(found.lr) <= 100
    assert found.lr[0] == 1e-6
    assert found.suggestion is not None
    assert 1e-3 < found.suggestion < 2
    training = cr.Training(cr.SGD(found.suggestion), epochs=5, batch_size=50)
    assert cr.fit(network, DIGITS, training, engine=engine).epochs[-1].loss < 1.0


def test_its_pictures(tmp_path: Path) -> None:
    for found in (LrRange(LR, FALL), LrRange(LR, 1.0 + LR)):
        plot_lr_range(found, tmp_path / "lr.svg")
        drawn = (tmp_path / "lr.svg").read_text(encoding="utf-8")
        assert "learning rate" in drawn
        assert "$" not in drawn  # formulas are not set
        assert "61 steps" in lr_range_html(found)
    assert LrRange(LR, FALL)._repr_html_() == lr_range_html(LrRange(LR, FALL))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lowest": 0}, "lowest is 0; expected a number above 0"),
        ({"highest": 1e-9}, "highest is 1e-09; expected a learning rate above the lowest, 1e-06"),
        ({"steps": 2**70}, "steps is 1180591620717411303424; expected a whole number from 10 to 100,000"),
        ({"steps": 3}, "steps is 3; expected a whole number from 10 to 100,000"),
    ],
)
def test_bad_settings(options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=exactly(message)):
        find_lr(cr.preset("mlp").network(), DIGITS, **options)


def test_losses_that_are_never_finite_are_said_to_be() -> None:
    network = cr.Network([cr.Linear(1)], 2, cr.SquaredError())
    data = Dataset(np.full((40, 2), 1e30, np.float32), np.zeros((40, 1), np.float32))
    with pytest.raises(UsageError, match="the loss is not finite from a learning rate of 1 on"):
        find_lr(network, data, cr.Training(cr.SGD()), lowest=1.0)
