"""How routes are answered: in threads, whatever goes wrong in one; and events, as they happen."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import DataError
from chainrule.server.answering import SLOW
from chainrule.server.asked import Asked
from chainrule.server.events import Events
from chainrule.server.refusal import Refusal
from chainrule.server.route import Route
from chainrule.server.subject import Subject
from served import Client, served
from server.conftest import small_subject

EVENTS = Events()
ERRORS: dict[str, Exception] = {
    "data": DataError("x is wrong;\nexpected right"), "there": Refusal("it is not there", 404),
    "bug": KeyError("name\nof a key"), "memory": MemoryError("too much"), "end": StopIteration(),
    "system": OSError(28, "No space left on device"),
}  # fmt: skip
BUSY, DONE = threading.Semaphore(0), threading.Event()


def fails(subject: Subject, asked: Asked) -> None:
    raise ERRORS[asked.query["error"]]


def waits(subject: Subject, asked: Asked) -> int:
    BUSY.release()
    DONE.wait(20)
    return 7


def numbers(subject: Subject, asked: Asked) -> Any:
    a = np.array([0.1, np.nan], np.float32)
    return {"a": a, "b": np.int64(3), "c": float("inf"), "d": (1, None, "é"), "e": [np.float64(0.1), a[0]]}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    routes = [
        Route("GET", "/fails", fails), Route("GET", "/waits", waits), Route("GET", "/numbers", numbers),
        Route("POST", "/echo", lambda subject, asked: asked.body, quick=True, most=100),
        Route("PUT", "/echo", lambda subject, asked: {"bytes": len(asked.body)}, raw=True, most=10**6),
        Route("GET", "/object", lambda subject, asked: object()),
        Route("GET", "/events", lambda subject, asked: EVENTS, quick=True),
    ]  # fmt: skip
    with served(small_subject(), routes) as made:
        yield made


@pytest.mark.parametrize(("error", "status", "said"), [
    ("data", 422, "x is wrong;\\nexpected right"), ("there", 404, "it is not there"),
    ("bug", 500, "the server failed at it: KeyError: 'name\\nof a key'"), ("memory", 500, "MemoryError: too much"),
    ("end", 500, "the server failed at it: "), ("system", 500, "No space left on device"),
])  # fmt: skip
def test_what_goes_wrong_is_one_line_and_ends_nothing_else(client, error, status, said, caplog):
    answer = client.ask("GET", f"/api/fails?error={error}")
    assert (answer.status, said in answer.values["error"]) == (status, True), answer
    assert "\n" not in answer.values["error"]
    assert "Traceback" not in answer.values["error"]
    assert len(caplog.records) == (status == 500)
    assert client.get("/api/numbers")["b"] == 3


def test_what_cannot_be_sent_is_an_error_too(client):
    assert client.ask("GET", "/api/object").status == 500


def test_numbers_of_every_kind_are_sent_and_what_is_none_is_null(client):
    found = client.get("/api/numbers")
    assert found == {
        "a": [pytest.approx(0.1), None], "b": 3, "c": None, "d": [1, None, "é"], "e": [0.1, pytest.approx(0.1)],
    }  # fmt: skip


def test_each_route_has_its_size_and_its_kind_of_body(client):
    assert client.post("/api/echo", {"a": [1, "x"]}) == {"a": [1, "x"]}
    assert client.ask("POST", "/api/echo", b" " * 101).status == 413
    assert client.ask("PUT", "/api/echo", b"\0" * 10**6).values == {"bytes": 10**6}
    assert client.ask("PUT", "/api/echo", b"\0" * (10**6 + 1)).status == 413
    assert client.ask("GET", "/api/echo").headers["allow"] == "POST, PUT"


def test_quick_answers_do_not_wait_behind_slow_ones(client):
    DONE.clear()
    with ThreadPoolExecutor(SLOW + 2) as pool:
        slow = [pool.submit(client.get, "/api/waits") for _ in range(SLOW + 2)]
        for _ in range(SLOW):
            assert BUSY.acquire(timeout=20)
        begin = time.perf_counter()
        assert client.post("/api/echo", [1]) == [1]
        assert time.perf_counter() - begin < 5
        assert not any(each.done() for each in slow)
        assert not BUSY.acquire(timeout=0.1)  # the others wait for their turn
        DONE.set()
        assert [each.result() for each in slow] == [7] * (SLOW + 2)


def stream(client: Client) -> tuple[HTTPConnection, HTTPResponse]:
    """An open stream of events, whose listener is there."""
    connection = HTTPConnection("127.0.0.1", client.address.port, timeout=20)
    connection.request("GET", f"/api/events?token={client.address.token}")
    response = connection.getresponse()
    assert response.headers["content-type"].startswith("text/event-stream")
    assert (response.readline(), response.readline()) == (b": here\n", b"\n")
    return connection, response


def event(response: HTTPResponse) -> tuple[str, str]:
    kind, data, empty = (response.readline().decode() for _ in range(3))
    assert empty == "\n"
    return kind.removeprefix("event: ").strip(), data.removeprefix("data: ").strip()


def test_events_come_to_all_who_listen_as_they_happen(client):
    opened = [stream(client) for _ in range(3)]
    EVENTS.send("step", {"loss": float("nan"), "n": 1})
    EVENTS.send("step", {"text": "two\nlines"})
    for connection, response in opened:
        assert event(response) == ("step", '{"loss":null,"n":1}')
        assert event(response) == ("step", '{"text":"two\\nlines"}')
        connection.close()


def test_who_comes_later_is_told_what_was_kept(client):
    EVENTS.send("state", 1, keep=True)
    EVENTS.send("state", 2, keep=True)
    EVENTS.send("other", 3)
    connection, response = stream(client)
    assert event(response) == ("state", "2")
    EVENTS.send("last", 4)
    assert event(response) == ("last", "4")
    connection.close()


def test_who_has_gone_is_no_listener_any_more(client):
    for connection, _ in [stream(client) for _ in range(5)]:
        connection.close()
    end = time.perf_counter() + 20
    while EVENTS.listeners and time.perf_counter() < end:
        EVENTS.send("tick", 0)
        time.sleep(0.02)
    assert EVENTS.listeners == 0
