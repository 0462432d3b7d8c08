"""Small networks, served; each once for all tests of a file."""

from collections.abc import Iterator

import numpy as np
import pytest

import chainrule
from chainrule import Convolution, Dataset, Dropout, Linear, MaxPooling, Network, ReLU
from chainrule.data import mnist
from chainrule.server.subject import Subject
from served import Client, served


def small() -> Network:
    """For digits; it knows of no data."""
    layers = [Convolution(3), ReLU(), MaxPooling(), Dropout(0.25), Linear(10)]
    return Network(layers, (1, 28, 28), seed=1)


def small_subject() -> Subject:
    return Subject(small(), "small", lambda split: mnist(split).head(40), eta=0.05)


@pytest.fixture(scope="module")
def digits() -> Iterator[Client]:
    """Of a small network for digits."""
    with served(small_subject()) as client:
        yield client


def table() -> Dataset:
    x = np.random.default_rng(3).normal(size=(60, 4))
    return Dataset(x, x @ [1.0, -2.0, 0.5, 0.0])


@pytest.fixture(scope="module")
def reals() -> Iterator[Client]:
    """Of a regression on a table, trained."""
    network = chainrule.preset("mlp").network_for(table())
    chainrule.fit(network, table(), chainrule.Training(epochs=1), progress=False)
    with served(Subject(network, "reals", lambda split: table())) as client:
        yield client


def calibrated() -> Network:
    """Trained a little on digits, its temperature found."""
    network = chainrule.preset("mlp").network()
    training = chainrule.Training(chainrule.Adam(3e-3), epochs=4, batch_size=64)
    chainrule.fit(network, mnist("train").head(1500), training, progress=False)
    chainrule.calibrate(network, mnist("test").head(500))
    return network


@pytest.fixture(scope="module")
def knowing() -> Iterator[tuple[Client, Network]]:
    """Of a network that knows what it was trained on; and itself."""
    network = calibrated()
    with served(Subject(network, "knowing", lambda split: mnist(split).head(300))) as client:
        yield client, network
