"""Signals (channels, length): a network of them learns, is evaluated, saved and asked, as one of images is."""

from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from messages import exactly

LAYERS = (
    cr.Convolution(8, 5, padding="same"), cr.ReLU(), cr.MaxPooling(), cr.Convolution(8, 5), cr.ReLU(),
    cr.AveragePooling(4), cr.Linear(3),
)  # fmt: skip


@pytest.fixture(scope="module")
def waves() -> cr.Dataset:
    """Two channels: a wave of one of three frequencies, and noise."""
    random = np.random.default_rng(0)
    t = random.integers(0, 3, 400)
    x = 0.3 * random.normal(size=(400, 2, 50))
    x[:, 0] += np.sin(0.3 * (t[:, None] + 1) * np.arange(50) + random.uniform(0, 6, (400, 1)))
    return cr.Dataset(x.astype(np.float32), t)


@pytest.fixture(scope="module")
def trained(waves: cr.Dataset) -> cr.Network:
    network = cr.Network(LAYERS, (2, 50), seed=1)
    cr.fit(network, waves.head(300), cr.Training(cr.Adam(0.01), epochs=8, seed=1), threads=1)
    return network


def test_it_learns_and_is_evaluated(trained: cr.Network, waves: cr.Dataset) -> None:
    accuracy = cr.evaluate(trained, waves).accuracy
    assert accuracy is not None
    assert accuracy > 0.95


def test_a_file_of_it_answers_the_same(trained: cr.Network, waves: cr.Dataset, tmp_path: Path) -> None:
    trained.save(tmp_path / "model")
    loaded = cr.load(tmp_path / "model")
    assert loaded.layers == trained.layers
    assert np.array_equal(loaded.predict(waves.x), trained.predict(waves.x))


def test_rows_are_signals_one_channel_after_the_other(trained: cr.Network, waves: cr.Dataset) -> None:
    rows = waves.x.reshape(len(waves.x), -1)
    assert np.array_equal(trained.classify(rows), trained.classify(waves.x))


def test_signals_of_another_length_are_refused(trained: cr.Network) -> None:
    message = "x has shape (1, 2, 49); expected (samples, 100), as in training: 100 numbers in a row"
    with pytest.raises(cr.DataError, match=exactly(message)):
        trained.classify(np.zeros((1, 2, 49), np.float32))


def test_a_summary_shows_windows_of_one_axis(trained: cr.Network) -> None:
    assert "Convolution(8, 5, padding=same)  8 x 50" in str(trained)
    assert "MaxPooling(2)                    8 x 25" in str(trained)
    assert [row.layer for row in trained.rows()] == [*trained.layers]
