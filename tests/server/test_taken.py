"""The network that the tab Train trains, taken over into the other tabs; over the wire."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from test_study_routes import SMALL, until

from chainrule.data import mnist
from chainrule.server.subject import Subject
from chainrule.server.taken import KEPT
from chainrule.tasks.fitting import learn
from chainrule.tasks.presets import preset
from chainrule.training.optimizers import SGD
from chainrule.training.settings import Training
from served import Client, in_bytes, numbers, served
from server.conftest import small_subject, table

IMAGE = in_bytes(mnist("test").x[8])


def trained(client: Client, steps: int, **settings: Any) -> None:
    """A run that stands still after so many steps."""
    client.post("/api/train", {"do": "reset", "settings": {**SMALL, "lr": 0.1, **settings}})
    for step in range(1, steps + 1):
        client.post("/api/train", {"do": "step"})
        until(client, lambda news, step=step: news["at"] == step and news["state"] == "paused", 240)  # kernels


def weights(client: Client, key: str) -> np.ndarray:
    return numbers(client.post(f"/api/weights?network={key}", {"image": IMAGE, "parameter": "fc1.w"}))


def test_it_is_the_network_as_it_is_at_that_step(digits: Client):
    trained(digits, 3)
    taken = digits.post("/api/taken", {})
    assert taken["name"] == taken["preset"] == "mlp"
    assert taken["origin"]["steps"] == 3
    assert taken["origin"]["given"] == "small"
    assert taken["eta"] == 0.1
    key = taken["origin"]["key"]
    assert digits.get(f"/api/model?network={key}") == taken
    before = weights(digits, key)
    digits.post("/api/train", {"do": "step"})
    until(digits, lambda news: news["at"] == 4)
    assert np.array_equal(weights(digits, key), before)  # whatever becomes of the run
    later = digits.post("/api/taken", {})["origin"]["key"]
    assert later != key
    assert not np.array_equal(weights(digits, later), before)


def test_an_epoch_of_it_is_what_fit_makes(digits: Client):
    trained(digits, 6)
    network = preset("mlp").network(0)
    learn(network, mnist("train").head(300), Training(SGD(0.1), epochs=1, batch_size=50))
    assert np.array_equal(weights(digits, digits.post("/api/taken", {})["origin"]["key"]), network.named()["fc1.w"])


def test_the_same_step_is_the_same_network(digits: Client):
    trained(digits, 1)
    assert digits.post("/api/taken", {}) == digits.post("/api/taken", {})


def test_every_tab_is_about_it_and_the_given_one_stays(digits: Client):
    given = digits.post("/api/forward", {"image": IMAGE})
    trained(digits, 2)
    key = digits.post("/api/taken", {})["origin"]["key"]
    said = digits.post(f"/api/forward?network={key}", {"image": IMAGE})
    assert said["probabilities"] != given["probabilities"]
    assert said["values"].keys() != given["values"].keys()
    assert digits.post(f"/api/trace?network={key}", {"image": IMAGE, "t": 5})["loss"] > 0
    assert digits.get(f"/api/evaluation?network={key}")["of"] == 10_000
    again = digits.post("/api/forward", {"image": IMAGE})
    assert again["probabilities"] == given["probabilities"]
    assert digits.get("/api/model")["origin"] is None


def test_it_is_taken_while_it_trains(digits: Client):
    digits.post("/api/train", {"do": "reset", "settings": {**SMALL, "lr": 0.01}})
    digits.post("/api/train", {"do": "start"})
    until(digits, lambda news: news["at"] > 2)
    first, second = (digits.post("/api/taken", {})["origin"]["steps"] for _ in range(2))
    assert 2 < first <= second
    assert digits.get("/api/train")["state"] == "running"
    digits.post("/api/train", {"do": "pause"})


def test_only_the_last_are_kept_and_another_server_s_are_not_known(digits: Client):
    keys = []
    for _ in range(KEPT + 1):
        trained(digits, 1)
        keys.append(digits.post("/api/taken", {})["origin"]["key"])
    assert digits.ask("GET", f"/api/model?network={keys[1]}").status == 200
    for gone in (keys[0], "12345678", "x" * 5000):
        refused = digits.ask("GET", f"/api/model?network={gone}")
        assert refused.status == 404
        assert refused.values["error"].startswith("the network ")
        assert len(refused.content) < 400


@pytest.fixture
def own_reals() -> Iterator[Client]:
    """A server whose run nobody has begun."""
    network = preset("mlp").network_for(table())
    with served(Subject(network, "reals", lambda split: table())) as client:
        yield client


def test_a_model_of_other_data_is_trained_anew_on_its_own(own_reals: Client):
    news = own_reals.get("/api/train")
    assert news["settings"]["preset"] == "given"  # no digits: that is what one begins with
    assert news["offered"]["presets"][0]["name"] == "given"
    own_reals.post("/api/train", {"do": "reset", "settings": {"preset": "given", "batch_size": 20, "lr": 0.01}})
    own_reals.post("/api/train", {"do": "step"})
    news = until(own_reals, lambda news: news["at"] == 1 and news["state"] == "paused", 240)
    assert news["batches"] == 3
    assert news["tests"][0]["accuracy"] is None
    given, taken = own_reals.get("/api/model"), own_reals.post("/api/taken", {})
    assert taken["layers"] == given["layers"]
    assert (taken["name"], taken["kind"], taken["origin"]["steps"]) == ("reals", "sample", 1)
    assert own_reals.get(f"/api/evaluation?network={taken['origin']['key']}")["of"] == 60


@pytest.mark.parametrize("lr", [None, 1e20])
def test_there_must_be_a_run_whose_numbers_are_finite(reals: Client, lr: float | None):
    if lr is not None:
        reals.post("/api/train", {"do": "reset", "settings": {**SMALL, "lr": lr}})
        reals.post("/api/train", {"do": "start"})
        until(reals, lambda news: news["state"] == "stopped")
    refused = reals.ask("POST", "/api/taken", {})
    assert refused.status == 422, refused.content
    state = "empty" if lr is None else "stopped"
    assert refused.values["error"] == f"the run is {state}; expected one that is running or paused"


def test_digits_are_begun_with_where_the_model_is_of_digits():
    with served(small_subject()) as client:
        news = client.get("/api/train")
        assert news["settings"]["preset"] == "lecture"
        client.post("/api/train", {"do": "reset", "settings": {"preset": "given", "samples": 40, "batch_size": 10}})
        client.post("/api/train", {"do": "step"})
        until(client, lambda news: news["at"] == 1 and news["state"] == "paused", 240)
        assert client.post("/api/taken", {})["name"] == "small"
