"""losses.jsonl: the loss of each update of a run, once, whatever interrupted it; and what a report makes of it."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import DataWarning
from chainrule.cli.run_files import read_losses
from chainrule.cli.step_losses import MOST, StepLosses
from chainrule.training.events import BatchEvent
from report_page import Page
from small_runs import SMALL, metrics

MLP = ("train", "--preset", "mlp", *SMALL, "--batch-size", 64)


def updates(folder: str) -> list[tuple[int, float]]:
    """Which update had which loss."""
    lines = read_losses(Path(folder, "losses.jsonl"))
    assert {line["each"] for line in lines} == {1}
    return [(line["first"] + k, loss) for line in lines for k, loss in enumerate(line["losses"])]


def test_each_update_is_told_once(cli):
    cli(*MLP, "--epochs", 2, "--checkpoint-every", 4, "--out", "run")
    found = updates("run")
    assert [number for number, _ in found] == list(range(1, 21))
    means = np.array([loss for _, loss in found]).reshape(2, 10).mean(axis=1)  # of batches as large as each other
    assert means == pytest.approx([line["loss"] for line in metrics("run")], rel=1e-5)


def test_a_run_that_went_on_has_no_update_twice(cli):
    cli(*MLP, "--epochs", 3, "--out", "whole")
    cli(*MLP, "--epochs", 2, "--out", "run")
    Path("run/previous.safetensors").replace("run/model.safetensors")  # as if it had been killed before it was saved
    assert cli("train", "--resume", "run", "--epochs", 3).code == 0
    assert updates("run") == updates("whole")


def told(losses: list[float]) -> dict[str, Any]:
    kept = StepLosses()
    for batch, loss in enumerate(losses):
        kept.add(BatchEvent(SimpleNamespace(), 2, batch, 1, loss, 0.0))  # type: ignore[arg-type]
    return kept.line(SimpleNamespace(state=SimpleNamespace(step=10_000)))  # type: ignore[arg-type]


def test_of_many_updates_means_are_kept():
    losses = np.arange(2.5 * MOST)
    line = told(losses.tolist())
    assert (line["epoch"], line["batch"], line["first"], line["each"]) == (3, 1000, 9001, 3)
    assert line["losses"] == [*losses[:999].reshape(-1, 3).mean(axis=1), losses[999]]
    assert len(line["losses"]) <= MOST


@pytest.mark.parametrize(("text", "message"), [
    ('{"epoch": 2, "batch": 1, "first": 3, "each": 1, "losses": []}', "it.losses is []; expected a list from 1"),
    ('{"epoch": 2, "batch": 1, "first": 0, "each": 1, "losses": [1.5]}', "it.first is 0"),
    ('{"epoch": 1, "batch": 2, "first": 3, "each": 1, "losses": [1.5]}', "it.epoch is 1; expected more"),
])  # fmt: skip
def test_a_line_that_cannot_be_right_ends_what_is_known(tmp_path, text, message):
    path = tmp_path / "losses.jsonl"
    good = '{"epoch": 1, "batch": 2, "first": 1, "each": 1, "losses": [1.5, null]}'
    path.write_text(f"{good}\n{text}\n")
    with pytest.warns(DataWarning, match=re.escape(message)):
        assert read_losses(path) == [json.loads(good)]


def test_a_report_tells_of_the_run(cli):
    cli(*MLP, "--epochs", 2, "--out", "run")
    cli("evaluate", "run", "--report", "again.html")
    cli("evaluate", "run/previous.safetensors", "--report", "before.html")
    for name, last, data in (
        ("run/report.html", 20, "MNIST's digits: 640 training samples, 200 test samples"),
        ("again.html", 20, "MNIST's digits: 10,000 test samples"),
        ("before.html", 10, "MNIST's digits: 10,000 test samples"),
    ):
        page = Page(Path(name).read_text(encoding="utf-8"))
        facts = dict(zip([e.text for e in page.all("dt")], [e.text for e in page.all("dd")], strict=True))
        assert facts["run"] == "run"
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d( to .*)? UTC", facts["trained"])
        assert facts["data"] == data
        (chart,) = [e for e in page.all("svg") if e.attributes["aria-label"].startswith("loss of a batch")]
        assert f"updates made {last}: " in chart.text
        assert f"updates made {last + 1}: " not in chart.text
