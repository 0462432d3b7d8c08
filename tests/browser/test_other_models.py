"""Models of no digits: each tab does for them what it can, and says in a sentence what it cannot."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import settle

from chainrule import Convolution, Dataset, Linear, MaxPooling, Network, ReLU, SquaredError, Training
from chainrule.tasks.fitting import fit
from conftest import serving


def colours() -> Network:
    chance = np.random.default_rng(5)
    network = Network([Convolution(4, 3), ReLU(), MaxPooling(), Linear(3)], (3, 12, 12), seed=1)
    x, t = chance.integers(0, 256, (60, 3, 12, 12), dtype=np.uint8), chance.integers(0, 3, 60)
    fit(network, Dataset(x, t), Training(epochs=1), progress=False)
    return network


def signals() -> Network:
    return Network([Convolution(4, 5), ReLU(), MaxPooling(), Linear(1)], (2, 64), SquaredError(), seed=1)


@pytest.mark.parametrize(("make", "seen"), [(colours, ".colours canvas"), (signals, ".received .uplot")])
def test_a_model_that_python_saved_shows_all_that_it_can(
    opened: Any, installed: dict[str, str], tmp_path: Path, make: Any, seen: str
):
    make().save(tmp_path / "own.safetensors")
    with serving(tmp_path / "own.safetensors", installed) as server:
        page = opened(server.address)
        page.wait_for_selector(seen)
        assert page.locator(".received .under").first.inner_text().startswith("made up")
        page.get_by_role("button", name="How it would learn from this").click()
        settle(page)
        assert page.get_by_role("button", name="Next mistake").count() == 0
        page.get_by_role("tab", name="Evaluate").click()
        page.wait_for_selector("#panel .empty")
        assert "--data FILE" in page.locator("#panel .empty").inner_text()
        page.get_by_role("tab", name="Train").click()
        page.wait_for_selector(".train")
        assert page.get_by_label("Network", exact=True).input_value() == "lecture"
        assert page.locator(".trouble").count() == 0
        page.close()  # before its server, whose events it hears
