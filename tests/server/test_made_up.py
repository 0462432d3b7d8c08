"""A model that was saved without its data: inputs are made up, and what needs data says so in a sentence."""

from collections.abc import Iterator

import numpy as np
import pytest

import chainrule
from chainrule import Convolution, Dataset, Linear, Network, ReLU
from chainrule.server.made_up import made_up
from chainrule.server.subject import Subject
from served import Client, numbers, served
from server.conftest import table


def colours() -> Network:
    x = np.random.default_rng(1).integers(0, 256, (30, 3, 12, 12), dtype=np.uint8)
    network = Network([Convolution(4, 3), ReLU(), Linear(3)], (3, 12, 12), seed=1)
    chainrule.fit(network, Dataset(x, np.arange(30) % 3), chainrule.Training(epochs=1), progress=False)
    return network


def prices() -> Network:
    data = Dataset(100 + 7 * table().x, 50 + table().t)
    network = chainrule.preset("mlp").network_for(data)
    chainrule.fit(network, data, chainrule.Training(epochs=1), progress=False)
    return network


@pytest.fixture(scope="module")
def alone() -> Iterator[Client]:
    with served(Subject(colours(), "colours", None)) as client:
        yield client


def test_every_step_of_the_page_works_with_an_input_that_is_made_up(alone: Client):
    assert alone.get("/api/model")["data"] is False
    found = alone.get("/api/digit?split=test&number=8")
    assert (found["split"], found["t"], found["number"]) == ("made", None, 8)
    assert alone.get("/api/digit?split=made&number=8") == found  # as the address has it
    assert alone.get("/api/digit?number=9")["image"] != found["image"]
    assert alone.get("/api/digit?number=random")["split"] == "made"
    said = alone.post("/api/forward", {"image": found["image"]})
    assert alone.post("/api/trace", {"image": found["image"], "t": said["best"]})["loss"] > 0


def test_what_needs_data_says_what_is_missing(alone: Client):
    refused = alone.ask("GET", "/api/evaluation")
    assert refused.status == 422
    assert refused.values["error"] == "colours was saved without its data; expected --data with some that fit it"
    assert "given" not in [each["name"] for each in alone.get("/api/train")["offered"]["presets"]]


def test_numbers_are_like_those_of_the_training():
    network = prices()
    x = np.array([made_up(network, k)[0] for k in range(200)])
    assert x.shape == (200, 4)
    np.testing.assert_allclose(x.mean(axis=0), 100, atol=3)
    np.testing.assert_allclose(x.std(axis=0), 7, rtol=0.3)
    assert made_up(network, 0)[1] == pytest.approx(50, abs=1)
    assert np.array_equal(made_up(network, 3)[0], x[3])


def test_they_are_sent_as_the_network_takes_them():
    with served(Subject(prices(), "prices", None)) as client:
        found = client.get("/api/digit?number=1")
        assert numbers(found["image"]).shape == (4,)
        assert client.post("/api/trace", {"image": found["image"], "t": found["t"]})["loss"] >= 0
