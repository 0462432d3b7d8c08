"""chainrule explain as a process: its one line, its page, and its end."""

import base64
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image

import chainrule
from chainrule import Convolution, Linear, MaxPooling, Network, ReLU
from chainrule.data import mnist
from chainrule.server import recorded_page

STREAM = """
from chainrule.server import routes
from chainrule.server.events import Events
from chainrule.server.route import Route
EVENTS = Events()
routes.ROUTES.append(Route("GET", "/ticks", lambda subject, asked: EVENTS))
from chainrule.cli import main
main()
"""
SLOW = STREAM.replace("lambda subject, asked: EVENTS", "lambda subject, asked: __import__('time').sleep(60)")


@contextmanager
def explaining(folder: Path, *arguments: object, program: str = "") -> Iterator[tuple[Popen, str]]:
    """The process, and its page's address; it is killed if it has not ended."""
    script = ["-c", program] if program else ["-m", "chainrule"]
    line = [sys.executable, *script, "explain", "--no-browser", *map(str, arguments)]
    process = Popen(line, stdout=PIPE, stderr=PIPE, cwd=folder, encoding="utf-8")
    try:
        told = process.stdout.readline() if process.stdout else ""
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", told)
        yield process, address
    finally:
        process.kill()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
        process.wait()


def asked(address: str, path: str) -> dict:
    page, _, token = address.partition("/?token=")
    with urlopen(Request(f"{page}{path}", headers={"X-Chainrule-Token": token}), timeout=60) as answer:
        return json.load(answer)


def ended(process: Popen, signum: int = signal.SIGINT) -> tuple[int, float, str, str]:
    """Its exit code, the seconds that it took, and what it still said on stdout and stderr."""
    begin = time.perf_counter()
    process.send_signal(signum)
    out, err = process.communicate(timeout=30)
    return process.returncode, time.perf_counter() - begin, out, err


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    chainrule.preset("mlp").network().save(path)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_it_serves_its_page_until_it_is_told_to_end(model, tmp_path, signum):
    with explaining(tmp_path, model) as (process, address):
        with urlopen(address, timeout=60) as page:
            assert "<!doctype html>" in page.read().decode().lower()
        assert asked(address, "/api/model")["name"] == str(model)
        code, seconds, out, err = ended(process, signum)
        assert (code, out, err) == (0, "", "")
        assert seconds < 1.5


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_open_stream_of_events_does_not_keep_it(model, tmp_path):
    with explaining(tmp_path, model, program=STREAM) as (process, address):
        page, _, token = address.partition("/?")
        with urlopen(f"{page}/api/ticks?{token}", timeout=60) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.readline() == b": here\n"
            code, seconds, _, err = ended(process)
        assert (code, err) == (0, "")
        assert seconds < 1.5


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_long_computation_does_not_keep_it_either(model, tmp_path):
    with explaining(tmp_path, model, program=SLOW) as (process, address):
        port, _, token = address.removeprefix("http://127.0.0.1:").partition("/?token=")
        with socket.create_connection(("127.0.0.1", int(port)), timeout=20) as connection:
            head = f"GET /api/ticks HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Chainrule-Token: {token}\r\n\r\n"
            connection.sendall(head.encode())
            assert asked(address, "/api/model")["parameters"] > 0  # meanwhile
            code, seconds, _, err = ended(process)
        assert (code, err) == (0, "")
        assert seconds < 1.5


def test_a_port_that_is_taken_is_refused(model, cli):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = cli("explain", model, "--no-browser", "--port", port)
        before = cli("explain", "--preset", "mnist", "--no-browser", "--port", port)  # says so before it trains
    assert ran.code == before.code == 2
    assert ran.err.startswith(f"chainrule: --port is {port}: ")
    assert before.err == ran.err


def test_what_it_shows_must_be_there(cli, model):
    assert cli("explain", "nothing.safetensors").code == 4
    assert cli("explain", "--preset", "nothing").code == 2
    assert cli("explain", model, "--preset", "mlp").code == 2
    assert cli("explain", model, "--port", 0).code == 2


def test_without_what_it_needs_it_says_what_to_install(cli, model, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("chainrule.server", "uvicorn", "starlette"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ran = cli("explain", model)
    assert ran.code == 1
    assert ran.err == 'chainrule: explain needs starlette and uvicorn: pip install "chainrule[explain]"\n'


@pytest.mark.heavy
def test_a_presets_network_is_trained_at_once(tmp_path):
    with explaining(tmp_path, "--preset", "mlp") as (process, address):
        assert asked(address, "/api/model")["preset"] == "mlp"
        assert asked(address, "/api/digit?number=mistake")["split"] == "test"
        process.kill()
        assert process.stderr
        assert "training mlp on 6,000 digits of MNIST" in process.stderr.read()


def test_without_a_model_it_is_about_the_last_run(tmp_path):
    for k, name in enumerate(("older", "newer", "old")):
        path = tmp_path / "runs" / name / "model.safetensors"
        path.parent.mkdir(parents=True)
        chainrule.preset("mlp").network().save(path)
        os.utime(path, (1e9, 1e9 + k % 2))
    with explaining(tmp_path) as (_, address):
        assert asked(address, "/api/model")["name"] == os.path.join("runs", "newer", "model.safetensors")


@pytest.fixture
def small(tmp_path, monkeypatch) -> str:
    """A model of few numbers, whose recordings are short."""
    monkeypatch.setattr(recorded_page, "MOST", 430_000)
    monkeypatch.setattr(recorded_page.write_recorded_page, "__defaults__", (430_000,))
    Network([Convolution(2), ReLU(), MaxPooling(), Linear(10)], (1, 28, 28)).save(tmp_path / "small.safetensors")
    return "small.safetensors"


def recorded(path: str) -> dict:
    html = Path(path).read_text(encoding="utf-8")
    return json.loads(html.partition('id="recorded">')[2].partition("</script>")[0])["pass"]


@pytest.mark.heavy
def test_it_records_a_test_digit_or_a_picture(cli, small):
    ran = cli("explain", small, "--export", "page.html", "--digit", 3)
    size = Path("page.html").stat().st_size
    assert (ran.code, ran.out) == (0, f"page.html: {size / 1e6:.1f} MB, for any browser\n")
    digit = mnist("test").x[3]
    assert recorded("page.html") == {"image": base64.b64encode(digit.tobytes()).decode(), "t": 0}
    Image.fromarray(digit[0]).resize((280, 280)).save("digit.png")
    ran = cli("explain", small, "--export", "page.html", "--picture", "digit.png", "--true", 7, "--json")
    assert json.loads(ran.out) == {"page": "page.html", "bytes": Path("page.html").stat().st_size}
    assert recorded("page.html")["t"] == 7


@pytest.mark.parametrize(("options", "code", "said"), [
    (["--export", "p.html", "--port", 8000], 2, "--port is given with --export, which serves nothing"),
    (["--digit", 3], 2, "--digit is given without --export; expected both"),
    (["--export", "p.html", "--picture", "x.png"], 2, "--picture is given without --true; expected both"),
    (["--export", "p.html", "--true", 3], 2, "--true is given without --picture; expected both"),
    (["--export", "p.html", "--true", 3, "--picture", "x.png", "--digit", 1], 2, "--digit is given with --picture"),
    (["--export", "no/such/p.html"], 2, "no/such/p.html"),
    (["--export", "p.html", "--digit", 10_000], 2, "there is no sample 10000; expected 0 to 9,999"),
    (["--export", "p.html", "--picture", "none.png", "--true", 3], 4, "none.png: no such file"),
    (["--export", "p.html", "--picture", "small.safetensors", "--true", 3], 4, "small.safetensors: "),
])  # fmt: skip
def test_what_cannot_be_recorded_is_refused(cli, small, options, code, said):
    ran = cli("explain", small, *options)
    assert (ran.code, said in ran.err) == (code, True), ran
    assert not Path("p.html").exists()


def test_a_model_that_python_saved_is_tried_on_the_data_that_are_named(tmp_path):
    x = np.random.default_rng(2).normal(size=(40, 6))
    np.savez(tmp_path / "signals.npz", x=x, t=(x[:, 0] > 0).astype(int))
    network = Network([Linear(4), ReLU(), Linear(2)], (6,), seed=1)
    network.save(tmp_path / "own.safetensors")
    with explaining(tmp_path, "own.safetensors") as (_, address):
        assert asked(address, "/api/model")["data"] is False
        assert asked(address, "/api/digit?number=0")["split"] == "made"
    with explaining(tmp_path, "own.safetensors", "--data", "signals.npz") as (_, address):
        assert asked(address, "/api/model")["data"] is True
        assert asked(address, "/api/digit?number=0")["t"] in (0, 1)


def test_data_belong_to_a_model(cli, model):
    ran = cli("explain", "--preset", "mlp", "--data", "x.npz")
    assert ran.code == 2
    assert "--data is given with --preset" in ran.err
    ran = cli("explain", "--data", "x.npz")
    assert ran.code == 2
    assert "--data is given, and there is no model" in ran.err
