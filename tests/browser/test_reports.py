"""The report of a run, of each kind, opened from disk: for everybody, in both themes, on a phone and on a desk."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from axe import inject, scrolls, serious
from browsing import RUN

from chainrule.data import mnist

OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"
CLASSES = "paper", "scissors", "stone"


def table(path: Path, answer: Callable[[np.ndarray], object]) -> None:
    rows = np.random.default_rng(0).normal(size=(150, 3)).round(3)
    lines = [",".join(map(str, [*row, answer(row)])) for row in rows]
    path.write_text("\n".join(["a,b,c,answer", *lines]) + "\n")


@pytest.fixture(scope="module")
def reports(installed, tmp_path_factory) -> Path:
    """A folder of runs, small ones."""
    folder = tmp_path_factory.mktemp("reports")
    table(folder / "classes.csv", lambda row: CLASSES[int(np.argmax(row))])
    table(folder / "values.csv", lambda row: round(float(row.sum() ** 2), 3))
    train, test = mnist("train").head(2000), mnist("test").head(500)
    np.savez(folder / "digits.npz", x_train=train.x, t_train=train.t, x_test=test.x, t_test=test.t)
    for name, *options in (
        ("digits", "--data", "digits.npz", "--preset", "mnist", "--epochs", "2"),
        ("classes", "--data", "classes.csv"),
        ("values", "--data", "values.csv", "--regression"),
    ):
        line = [sys.executable, "-c", RUN, "train", *options, "--out", name, "--quiet"]
        subprocess.run(line, cwd=folder, env=installed, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["digits", "classes", "values"])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(opened, reports, name, theme):
    for width in (390, 1280):
        page = opened(f"file://{reports / name / 'report.html'}", width=width, theme=theme, bypass_csp=True)
        for unfold in (False, True):
            if unfold:
                page.evaluate(OPEN_ALL)
            inject(page)
            assert serious(page) == []
            assert not scrolls(page)


@pytest.mark.parametrize("width", [390, 768, 2560, 3840])
def test_there_is_no_horizontal_scroll_bar(opened, reports, width):
    for name in ("digits", "values"):
        page = opened(f"file://{reports / name / 'report.html'}", width=width)
        page.evaluate(OPEN_ALL)
        assert not scrolls(page), name


def test_it_is_dark_where_the_system_is(opened, reports):
    colour = "getComputedStyle(document.body).backgroundColor"
    seen = [
        opened(f"file://{reports / 'digits' / 'report.html'}", theme=each).evaluate(colour)
        for each in ("light", "dark")
    ]
    light, dark = (sum(map(int, each[4:-1].split(","))) for each in seen)
    assert dark < 150 < 700 < light
