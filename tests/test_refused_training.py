"""A training that diverges, or cannot be as it is asked for, ends in one line."""

import os
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chainrule.base.errors import DataError, DivergedError, UsageError
from chainrule.data import Dataset, npy
from chainrule.training.descent import minimise
from chainrule.training.events import BatchEvent, Event
from chainrule.training.objective import Objective
from chainrule.training.optimizers import SGD
from chainrule.training.settings import Training
from descents import EXAMPLES, Quadratic, train
from messages import exactly


def diverge(objective: Objective, data: Dataset, training: Training) -> str:
    """The message of the DivergedError, if there is no warning besides."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DivergedError) as caught:
            minimise(objective, data, np.ones(4), training)
    return str(caught.value)


def test_a_loss_that_overflows() -> None:
    message = diverge(Quadratic(), EXAMPLES, Training(SGD(1e200), epochs=3, batch_size=5, order="file"))
    assert message == "the loss is inf at epoch 1, batch 2 (step 2); try a learning rate below 1e+200"


def test_a_loss_that_is_not_a_number() -> None:
    data = Dataset(EXAMPLES.x.copy(), EXAMPLES.t)
    data.x[7, 0] = np.nan
    message = diverge(Quadratic(), data, Training(SGD(0.1), batch_size=5, order="file"))
    assert message == "the loss is nan at epoch 1, batch 2 (step 2); try a learning rate below 0.1"


def test_a_gradient_that_is_not_finite() -> None:
    class Infinite(Quadratic):
        def loss_and_gradient(self, w, batch, out, on_ready=None) -> float:
            out[:] = np.inf
            return 0.0

    message = diverge(Infinite(), EXAMPLES, Training(SGD(0.1), batch_size=None))
    assert message == "the gradient is not finite at epoch 1, batch 1 (step 1); try a learning rate below 0.1"


def test_a_last_update_that_overflows() -> None:
    data = Dataset(1e10 * EXAMPLES.x, EXAMPLES.t)
    message = diverge(Quadratic(), data, Training(SGD(1e308), epochs=1, batch_size=None))
    assert message == "w is not finite after epoch 1, batch 1 (step 1); try a learning rate below 1e+308"


def test_no_data() -> None:
    with pytest.raises(DataError, match=exactly("there is no training data; expected at least one sample")):
        train(data=EXAMPLES.head(0))


def test_weights_that_are_all_zero() -> None:
    with pytest.raises(DataError, match=exactly("all sample weights are 0; expected at least one above 0")):
        train(data=replace(EXAMPLES, sample_weight=np.zeros(len(EXAMPLES))))


def test_data_whose_file_changes_while_they_are_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mapped file that became shorter would end the process when its numbers are touched."""
    np.save(tmp_path / "x.npy", EXAMPLES.x)
    monkeypatch.setattr(npy, "SHARE", 0)  # so that it is mapped
    data = Dataset(npy.read_npy(tmp_path / "x.npy"), EXAMPLES.t)
    batches = []

    def cut_off(event: Event) -> None:
        if isinstance(event, BatchEvent):
            os.truncate(tmp_path / "x.npy", 10)
            batches.append(event.batch)

    with pytest.raises(DataError, match=r"x\.npy: has changed while it was used; expected it to stay as it was"):
        minimise(Quadratic(), data, np.ones(4), Training(SGD(0.1), 3, 4, order="file"), listeners=[cut_off])
    assert batches == [0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": -1}, "epochs is -1; expected a whole number of at least 0"),
        ({"epochs": 1.5}, "epochs is 1.5; expected a whole number of at least 0"),
        ({"batch_size": 0}, "batch_size is 0; expected a whole number of at least 1"),
        ({"batch_size": True}, "batch_size is True; expected a whole number of at least 1"),
        ({"order": "random"}, "order is 'random'; expected one of: shuffle, replacement, file"),
        ({"reduction": "max"}, "reduction is 'max'; expected one of: mean, sum"),
        ({"lr_decay": 0.0}, "lr_decay is 0.0; expected a number above 0"),
        ({"lr_decay": np.nan}, "lr_decay is nan; expected a number above 0"),
        ({"lr_decay_every": 0}, "lr_decay_every is 0; expected a whole number of at least 1"),
        ({"seed": -1}, "the seed is -1; expected a whole number from 0 to 2**64 - 1"),
    ],
)
def test_bad_settings(options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=exactly(message)):
        Training(**options)
