"""Inputs as a network reads them: what it makes of them are the answers that it gives about them."""

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.data import Dataset, mnist
from chainrule.tasks.as_read import as_read

TEST = mnist("test").head(3)


@pytest.fixture(scope="module")
def digits():
    network = cr.preset("mlp").network()
    cr.fit(network, mnist("train").head(500), cr.Training(epochs=1), engine="reference")
    return network


def probabilities(network, inputs):
    return np.stack([answer.probabilities for answer in network.answers(inputs)])


def test_pictures_and_arrays_of_digits(digits, tmp_path):
    for k, x in enumerate(TEST.x[:, 0]):
        Image.fromarray(255 - x).resize((70, 90)).save(tmp_path / f"{k}.png")
    np.savez(tmp_path / "x.npz", x=TEST.x)
    for inputs in ([tmp_path], [tmp_path / "x.npz"], TEST.x, [tmp_path, tmp_path / "x.npz"]):
        x = as_read(digits, inputs)
        np.testing.assert_allclose(digits.loss.prediction(digits(x)), probabilities(digits, inputs), atol=1e-6)


def test_a_tables_columns_are_found_by_name(tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 2))
    data = Dataset(x, (x[:, 0] > x[:, 1]).astype(np.int64), columns=("a", "b"), classes=("no", "yes"), target="t")
    network = cr.preset("mlp").network_for(data, 2)
    cr.fit(network, data, cr.Training(epochs=1), engine="reference")
    (tmp_path / "t.csv").write_text("b,a\n" + "\n".join(f"{b},{a}" for a, b in x[:5].tolist()))
    np.testing.assert_allclose(as_read(network, tmp_path / "t.csv"), x[:5])


def test_the_first_that_cannot_be_read_is_told(digits, tmp_path):
    (tmp_path / "0.png").write_text("none")
    with pytest.raises(cr.DataError, match=r"0\.png"):
        as_read(digits, [tmp_path])
