"""The head of a report, which says what it is about; and the chart of the loss of each update."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.machine import processor
from chainrule.data import Dataset
from chainrule.views.report import Run, write_report
from chainrule.views.report.steps import moving_mean, points, step_chart
from report_page import Page

RNG = np.random.default_rng(0)
DATA = Dataset(RNG.standard_normal((20, 4)), RNG.integers(0, 3, 20))
EPOCHS = [{"epoch": 1, "loss": 2.5, "seconds": 3.0}, {"epoch": 2, "loss": 1.5, "seconds": 4.5}]


def written(folder, run) -> Page:
    write_report(folder / "report.html", cr.Network([cr.Linear(3)], 4), DATA, run, engine="reference")
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_its_head_tells_the_run_its_date_the_data_and_the_machine(tmp_path):
    ends = "2024-02-29T23:59:30+00:00", "2024-03-01T00:01:10+00:00"
    epochs = [{**line, "ended": end} for line, end in zip(EPOCHS, ends, strict=True)]
    page = written(tmp_path, Run(epochs=epochs, name="nightly", data="digits.npz: 20 test samples"))
    facts = {e.text: told.text for e, told in zip(page.all("dt"), page.all("dd"), strict=True)}
    assert facts["run"] == "nightly"
    assert facts["trained"] == "2024-02-29 23:59 to 2024-03-01 00:01 UTC"
    assert facts["data"] == "digits.npz: 20 test samples"
    assert facts["report"].endswith(f" UTC, by chainrule {cr.__version__}")
    assert processor() in facts["machine"]
    assert "cores" in facts["machine"] or "1 core" in facts["machine"]


@pytest.mark.parametrize("ended", [None, "yesterday", 5, "9999-12-31T23:59:59-12:00"])
def test_a_date_that_cannot_be_read_is_left_out(tmp_path, ended):
    page = written(tmp_path, Run(epochs=[{**EPOCHS[0], "ended": ended}]))
    assert "trained" not in [e.text for e in page.all("dt")]


def test_the_loss_of_each_update_is_drawn_with_its_moving_mean(tmp_path):
    y = np.abs(np.sin(np.arange(200.0))).tolist()
    lines = [{"epoch": 1, "batch": 200, "first": 1, "each": 1, "losses": y}]
    page = written(tmp_path, Run(epochs=EPOCHS, steps=lines))
    (chart,) = [e for e in page.all("svg") if "loss of a batch" in e.attributes["aria-label"]]
    assert chart.attributes["aria-label"] == "loss of a batch, each update, moving mean"


def test_points_stand_in_the_middle_of_the_updates_that_they_are_the_mean_of():
    lines = [{"first": 1, "each": 1, "losses": [4.0, None]}, {"first": 3, "each": 3, "losses": [2.0, 1.0]}]
    x, y = points(lines)
    assert x.tolist() == [1, 2, 4, 7]
    assert np.array_equal(y, [4, np.nan, 2, 1], equal_nan=True)
    assert np.allclose(moving_mean(y, 3), [4, 3, 1.5, 1.5])
    assert step_chart([{"first": 1, "each": 1, "losses": [None, None]}]) == []
    assert step_chart([]) == []
