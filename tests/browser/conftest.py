"""The page in a real Chromium, served by the installed wheel; what is asked of another machine is refused, and told."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from browsing import RUN

from chainrule import (
    AveragePooling,
    BatchNormalisation,
    Convolution,
    Dropout,
    Linear,
    LogSoftmaxNLL,
    MaxPooling,
    Network,
    ReLU,
    Residual,
    Tanh,
)
from chainrule.data import mnist
from chainrule.tasks.fitting import fit
from chainrule.tasks.presets import preset
from test_distributions import ROOT, built

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DIGITS = 3000
LOCAL = re.compile(r"(http://127\.0\.0\.1:\d+/|file:///|data:|blob:)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.heavy)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which the wheel of this tree is the package."""
    wheel = built("wheel", ROOT, tmp_path_factory.mktemp("wheel") / "dist")
    target = tmp_path_factory.mktemp("installed")
    line = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(line, check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(target)}


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The preset mnist, after an epoch of some digits."""
    data, chosen = mnist("train").head(DIGITS), preset("mnist")
    network = chosen.network_for(data)
    fit(network, data, chosen.training_for(data), progress=False)
    network.save(path := tmp_path_factory.mktemp("models") / "digits.safetensors")
    return path


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of many kinds of layers, a sum among them."""
    layers = [
        Convolution(6, 3, padding=1), BatchNormalisation(), ReLU(),
        Residual([Convolution(6, 3, padding=1), Tanh()]),
        Residual([Convolution(6, 3, padding=1)], Convolution(6, 1)),
        MaxPooling(2), Dropout(0.25), AveragePooling(2), Linear(10),
    ]  # fmt: skip
    data = mnist("train").head(500)
    network = Network(layers, (1, 28, 28), LogSoftmaxNLL(), seed=4)
    fit(network, data, preset("mnist").training_for(data), progress=False)
    network.save(path := tmp_path_factory.mktemp("models") / "kinds.safetensors")
    return path


@dataclass
class Server:
    address: str
    environment: dict[str, str]
    model: Path


@contextmanager
def serving(model: Path, environment: dict[str, str]) -> Iterator[Server]:
    line = [sys.executable, "-u", "-c", RUN, "explain", str(model), "--no-browser"]
    with subprocess.Popen(line, env=environment, cwd=model.parent, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://\S+", said)
        assert found is not None, said
        yield Server(found[0], environment, model)
        process.terminate()


@pytest.fixture(scope="session")
def server(digits: Path, installed: dict[str, str]) -> Iterator[Server]:
    with serving(digits, installed) as running:
        yield running


@pytest.fixture(scope="session")
def server_of_kinds(kinds: Path, installed: dict[str, str]) -> Iterator[Server]:
    with serving(kinds, installed) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Watched:
    """What a page must not do."""

    said: list[str] = field(default_factory=list)
    asked_elsewhere: list[str] = field(default_factory=list)

    def watch(self, page: Any) -> None:
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.route("**/*", self._let_through)

    def _let_through(self, route: Any) -> None:
        if LOCAL.match(route.request.url):
            route.continue_()
        else:
            self.asked_elsewhere.append(route.request.url)
            route.abort()


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens an address, in a window of that size and theme; at the end, that no page did wrong."""
    watched, contexts = Watched(), []

    def open_at(address: str, *, width: int = 1280, height: int = 900, theme: str = "light", **more: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=theme, **more)
        contexts.append(context)
        page = context.new_page()
        watched.watch(page)
        page.goto(address)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert watched.said == []
    assert watched.asked_elsewhere == []
