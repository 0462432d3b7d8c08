"""The layers of a network, and the time each takes: every layer once, no time below 0."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.data import mnist
from chainrule.views.report.layers import layers
from chainrule.views.report.timing import StageTime, samples_per_second, stage_times
from report_page import Page

LAYERS = [cr.Convolution(4), cr.ReLU(), cr.MaxPooling(), cr.Dropout(0.5), cr.Linear(10), cr.LogSoftmax()]


@pytest.fixture(scope="module")
def network():
    return cr.Network(LAYERS, (1, 28, 28), cr.NLL())


def test_stages_of_the_compiled_engine_hold_every_layer_once(network):
    times = stage_times(network, mnist("test").x[:70], "compiled")
    assert [(time.first, time.end) for time in times] == [(0, 0), (0, 4), (4, 5), (5, 6)]
    assert all(0 <= time.seconds < 1 for time in times)
    assert times[1].seconds > 0


@pytest.mark.parametrize(("engine", "dtype"), [("reference", np.float32), ("compiled", np.float64)])
def test_what_is_executed_by_its_definitions_is_timed_layer_by_layer(engine, dtype):
    network = cr.Network(LAYERS, (1, 28, 28), cr.NLL(), dtype=dtype)
    times = stage_times(network, mnist("test").x[:20], engine)
    assert [(time.first, time.end) for time in times] == [(0, 0), *((k, k + 1) for k in range(6))]
    assert all(time.seconds > 0 for time in times)


def test_samples_per_second_are_counted(network):
    assert samples_per_second(network, mnist("test").x[:20], "reference", None) > 0


def test_the_table_shows_every_layer_and_the_times(network, monkeypatch):
    times = [StageTime(0, 0, 1e-6), StageTime(0, 4, 7e-6), StageTime(4, 6, 2e-6)]
    monkeypatch.setattr("chainrule.views.report.layers.stage_times", lambda *_: times)
    section = layers(network, mnist("test").x[:5], "reference", None)
    page = Page(f"<!DOCTYPE html>{section.content}")
    spans = [cell.attributes["rowspan"] for cell in page.all("td") if "rowspan" in cell.attributes]
    assert spans == ["1", "1", "4", "4", "2", "2"]
    rows = [row.text for row in page.all("tr")]
    assert len(rows) == 1 + 1 + 6 + 1
    assert rows[1] == "input1 × 28 × 281.0010 %"
    assert rows[2] == "Convolution(4, 3x3)4 × 26 × 264024,3367.0070 %"
    assert rows[3] == "ReLU()4 × 26 × 26"
    assert rows[-1] == "loss: NLL()6,81031,09610.00"
