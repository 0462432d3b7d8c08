"""Test-time augmentation: the mean over copies, the same in every way of asking."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import DataError, UsageError
from chainrule.data import mnist
from chainrule.tasks.copies import of_copies
from messages import exactly

TEST = mnist("test").head(120)
SHIFTED = cr.Augmentation(shift=1)


@pytest.fixture(scope="module")
def network() -> cr.Network:
    trained = cr.preset("mlp").network()
    cr.fit(trained, mnist("train").head(600), cr.Training(epochs=2), engine="reference")
    return trained


def test_it_is_the_mean_of_the_outputs(network: cr.Network) -> None:
    numbers = np.arange(len(TEST))
    copies = [network(SHIFTED(TEST.x, 0, k, numbers)) for k in range(3)]
    mean = np.stack([network(TEST.x), *copies]).mean(axis=0, dtype=np.float64)
    seen = cr.examine(network, TEST, "reference", augmentation=SHIFTED, copies=3)
    np.testing.assert_allclose(seen.predictions, network.loss.prediction(mean), atol=1e-6)
    assert not np.allclose(seen.predictions, network.predict(TEST.x), atol=1e-3)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_it_does_not_depend_on_batches(network: cr.Network, engine: str) -> None:
    seen = cr.evaluate(network, TEST, engine, augmentation=SHIFTED, copies=2)
    examined = cr.examine(network, TEST, engine, augmentation=SHIFTED, copies=2, batch_size=7)
    assert examined.accuracy == seen.accuracy
    assert examined.loss == pytest.approx(seen.loss, rel=1e-6)
    assert cr.evaluate(network, TEST, engine, 13, augmentation=SHIFTED, copies=2).loss == pytest.approx(seen.loss)
    assert cr.evaluate(network, TEST, engine).loss != seen.loss


def test_without_augmentation_it_is_what_it_was(network: cr.Network) -> None:
    assert of_copies(network, None)(TEST.x).tobytes() == network(TEST.x).tobytes()


def test_bad_settings(network: cr.Network) -> None:
    for copies in (0, 2**70):
        with pytest.raises(UsageError, match=exactly(f"copies is {copies}; expected a whole number from 1 to 10,000")):
            cr.evaluate(network, TEST, augmentation=SHIFTED, copies=copies)
    rows = cr.Dataset(np.zeros((4, 3)), np.zeros(4, int))
    table = cr.network_for(rows)
    with pytest.raises(DataError, match="augmentation: samples are"):
        cr.evaluate(table, rows, augmentation=SHIFTED)
