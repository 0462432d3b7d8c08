"""Train, Regression and Evaluate over the wire."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from chainrule.data import mnist
from served import Client, in_bytes, numbers

SMALL = {"preset": "mlp", "samples": 300, "batch_size": 50}


def until(client: Client, holds: Callable[[dict[str, Any]], Any], seconds: float = 60) -> dict[str, Any]:
    """The run for which that holds, waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds(news := client.get("/api/train")):
            return news
        time.sleep(0.02)
    raise AssertionError(f"it never came: {client.get('/api/train')['state']}")


def test_a_run_is_begun_watched_and_stopped(digits: Client):
    empty = digits.get("/api/train")
    assert (empty["state"], empty["step"]) == ("empty", [])
    assert "mnist" in [each["name"] for each in empty["offered"]["presets"]]
    assert "21mnist" not in [each["name"] for each in empty["offered"]["presets"]]
    digits.post("/api/train", {"do": "start", "settings": SMALL})
    news = until(digits, lambda news: news["at"] > 20)
    assert numbers(news["frames"][0]["filters"]).shape == (64, 1, 28, 28)
    later = digits.get(f"/api/train?run={news['run']}&after=10")
    assert later["step"][0] == 11
    assert later["loss"][0] == news["loss"][10]
    assert "offered" not in later
    digits.post("/api/train", {"do": "pause"})
    paused = until(digits, lambda news: news["state"] == "paused")
    assert digits.post("/api/train", {"do": "set", "settings": {"lr": 0.5}})["settings"]["lr"] == 0.5
    assert paused["settings"]["preset"] == "mlp"


def test_the_same_seed_repeats_the_first_five_losses_to_the_bit(digits: Client):
    losses = []
    for _ in range(2):
        digits.post("/api/train", {"do": "reset", "settings": {**SMALL, "lr": 0.1}})
        digits.post("/api/train", {"do": "start"})
        losses.append(until(digits, lambda news: news["at"] >= 5)["loss"][:5])
        digits.post("/api/train", {"do": "pause"})
    assert losses[0] == losses[1]


def test_events_tell_that_there_is_news(digits: Client):
    digits.post("/api/train", {"do": "reset", "settings": SMALL})
    address = digits.address
    with socket.create_connection(("127.0.0.1", address.port), timeout=30) as there:
        asked = f"GET /api/train/events?token={address.token} HTTP/1.1\r\nHost: 127.0.0.1:{address.port}\r\n\r\n"
        there.sendall(asked.encode())
        told = b""
        while b"event: news" not in told:
            told += there.recv(4096)
        digits.post("/api/train", {"do": "step"})
        before = told.count(b"event: news")
        while told.count(b"event: news") <= before:
            told += there.recv(4096)
    data = [line for line in told.decode().splitlines() if line.startswith("data: ")]
    assert json.loads(data[-1].removeprefix("data: "))["version"] > 0


def test_answers_are_quick_while_it_trains(digits: Client):
    digits.post("/api/train", {"do": "reset", "settings": {**SMALL, "preset": "lecture", "samples": 5000, "lr": 0.01}})
    digits.post("/api/train", {"do": "start"})
    until(digits, lambda news: news["at"] > 2)
    x, waited = mnist("test").x, []
    for k in range(10):
        clock = time.perf_counter()
        digits.post("/api/forward", {"image": in_bytes(x[k]), "t": None, "training": False, "seed": 0})
        waited.append(time.perf_counter() - clock)
    assert digits.get("/api/train")["state"] == "running"
    digits.post("/api/train", {"do": "pause"})
    assert min(waited) < 0.2  # the machine may be busy with something else


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"do": "fly"}, 422, "do is 'fly'; expected"),
        ({}, 400, "the body has no do; expected do, settings"),
        ({"do": "start", "settings": {"lr": "fast"}}, 422, "settings.lr is 'fast'; expected a number of at least 0"),
        ({"do": "reset", "settings": {"preset": "../x"}}, 422, "settings.preset is '../x'; expected"),
        ([1], 400, "the body is [1]; expected a table"),
    ],
)
def test_what_may_not_be_is_refused_in_a_line(digits: Client, body: Any, status: int, told: str):
    answer = digits.ask("POST", "/api/train", body)
    assert answer.status == status
    assert told in answer.values["error"]


def test_a_regression_is_answered_and_refused(digits: Client):
    found = digits.post("/api/regression", {"degree": 3, "steps": 10})
    assert len(found["gd"]["w"]) == len(found["sgd"]["w"]) == 11
    answer = digits.ask("POST", "/api/regression", {"data": {"x": [1, 2], "t": [1, 2]}})
    assert answer.status == 422
    assert "expected at least 3 different values for degree 2" in answer.values["error"]
    assert digits.ask("POST", "/api/regression", b'{"lr": NaN}').status == 400


def test_an_evaluation_is_answered_and_refused(digits: Client):
    seen = digits.get("/api/evaluation")
    assert sum(map(sum, seen["confusion"])) == seen["of"] == 40
    t, p = next((t, p) for t, row in enumerate(seen["confusion"]) for p, n in enumerate(row) if n)
    assert digits.get(f"/api/evaluation?cell={t},{p}")["count"] == seen["confusion"][t][p]
    assert digits.ask("GET", "/api/evaluation?cell=4,99").status == 400


def test_a_regressions_evaluation_has_errors(reals: Client):
    assert len(reals.get("/api/evaluation")["regression"]["rmse"]) == 1
    assert reals.ask("GET", "/api/evaluation?cell=1,1").status == 404
