"""Plots: that they are drawn, labelled and refused where they must be. How they look, an eye has to see."""

import sys

import numpy as np
import pytest
from PIL import Image

from chainrule.base.errors import ChainruleError, UsageError
from chainrule.data import stopping_distance
from chainrule.regression.comparison import compare
from chainrule.regression.fitting import fit_polynomial
from chainrule.tasks.evaluation import Evaluation
from chainrule.tasks.fitting import EpochRecord, History
from chainrule.views.plots import axis_label, check_plot_path, plot_comparison, plot_history, plot_regression
from messages import exactly

X, T = stopping_distance().values.T


def history(epochs: int, accuracy: float | None = 0.9, held_out: bool = True) -> History:
    seen = Evaluation(0.5, accuracy, 100) if held_out else None
    return History([EpochRecord(k + 1, 1 / (k + 1), 0.1, 1.0, 1.0, 100.0, seen) for k in range(epochs)])


def text_of(path) -> str:
    return path.read_text(encoding="utf-8")


def test_a_regression(tmp_path):
    path = tmp_path / "fit.svg"
    plot_regression(fit_polynomial(X, T), X, T, path, x_name="speed_mph", t_name="distance_ft")
    for text in (
        "speed (mph)",
        "distance (ft)",
        "mean squared error (ft²)",
        "iterations",
        "distance = 2.47014 + 0.91329 speed + 0.09996 speed²",
        "rms error 14.71 ft after 244 iterations",
        "degree 2, by gd",
    ):
        assert text in text_of(path)


def test_a_comparison(tmp_path):
    path = tmp_path / "compare.svg"
    plot_comparison(compare(X, T), path, "distance_ft")
    for text in ("samples seen", "gd, an update every 50 samples", "sgd, an update every 10 samples", "sgd after 110"):
        assert text in text_of(path)


@pytest.mark.parametrize(("accuracy", "held_out", "panels"), [(0.9, True, 2), (None, True, 1), (None, False, 1)])
def test_a_history(tmp_path, accuracy, held_out, panels):
    path = tmp_path / "history.svg"
    plot_history(history(3, accuracy, held_out), path)
    assert text_of(path).count(">epoch<") == panels
    assert ("best held-out accuracy 90.00 %, after epoch 1" in text_of(path)) == (panels == 2)


@pytest.mark.parametrize("ending", ["png", "pdf", "svg", "PNG"])
@pytest.mark.parametrize("epochs", [1, 40])
def test_every_kind_of_file(tmp_path, ending, epochs):
    path = tmp_path / f"history.{ending}"
    plot_history(history(epochs), path)
    assert path.stat().st_size > 3000
    if ending == "png":
        with Image.open(path) as image:
            assert image.size == (1650, 600)


@pytest.mark.parametrize(
    ("x", "t", "name"),
    [
        (np.arange(5.0), np.full(5, 7.0), "constant"),  # no update, and a loss of 0 on a logarithmic axis
        (np.arange(6.0), np.arange(6.0), "exact"),
        (X, T, "速度_$a$"),
    ],
)
def test_odd_data_are_drawn_without_a_warning(tmp_path, x, t, name):
    path = tmp_path / "fit.png"
    plot_regression(fit_polynomial(x, t), x, t, path, x_name=name, t_name=name)
    plot_comparison(compare(x, t, epochs=2), path, name)
    assert path.exists()


def test_labels_show_units():
    assert axis_label("speed_mph") == "speed (mph)"
    assert axis_label("mass_of_car_kg") == "mass of car (kg)"
    assert axis_label("speed") == "speed"
    assert axis_label("column 1") == "column 1"
    assert axis_label("ft") == "ft"
    assert axis_label("house_price") == "house price"


def test_bad_paths_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.png").mkdir()
    for path, message in (
        ("plot.gif", "plot.gif: is of the kind '.gif'; expected .png, .svg, .pdf"),
        ("plot", "plot: is of the kind ''; expected .png, .svg, .pdf"),
        ("none/plot.png", "none/plot.png: there is no folder none; expected one that exists"),
        ("folder.png", "folder.png: is a folder; expected the name of a file"),
    ):
        with pytest.raises(UsageError, match=exactly(message)):
            plot_history(history(1), path)
    name = f"{'a' * 300}.png"
    with pytest.raises(ChainruleError, match=exactly(f"{name}: cannot be written: File name too long")):
        plot_history(history(1), name)
    check_plot_path("plot.svg")


def test_an_empty_history_is_refused():
    with pytest.raises(UsageError, match="no epoch was finished"):
        plot_history(History(), "plot.png")


def test_a_missing_matplotlib_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ChainruleError, match=exactly('plots need matplotlib: pip install "chainrule[plots]"')):
        plot_history(history(1), tmp_path / "plot.png")
