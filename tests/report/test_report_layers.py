"""The layers of a network, and the time each takes: every layer once, beside the time of the stage that executes it."""

import numpy as np
import pytest
from hypothesis import given, settings

import chainrule as cr
from chainrule.data import mnist
from chainrule.network.engine import LayerTime
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.views.report.layers import layers, samples_per_second
from report_page import Page
from strategies import networks

LAYERS = [cr.Convolution(4), cr.ReLU(), cr.MaxPooling(), cr.Dropout(0.5), cr.Linear(10), cr.LogSoftmax()]
BLOCK = cr.Residual((cr.Convolution(4, padding=1), cr.Sequential((cr.ReLU(), cr.Dropout(0.5)))), cr.Convolution(4, 1))


@pytest.fixture(scope="module")
def network():
    return cr.Network(LAYERS, (1, 28, 28), cr.LogSoftmaxNLL())


def shown(network: Network, x: np.ndarray, engine: str) -> Page:
    return Page(f"<!DOCTYPE html>{layers(network, x, engine, None).content}")


def spans(page: Page) -> list[int]:
    """How many lines each time stands beside, and of how many its share does."""
    return [int(cell.attributes["rowspan"]) for cell in page.all("td") if "rowspan" in cell.attributes]


def test_stages_of_the_compiled_engine_hold_every_layer_once(network):
    assert spans(shown(network, mnist("test").x[:70], "compiled")) == [1, 1, 4, 4, 1, 1, 1, 1]


@pytest.mark.parametrize(("engine", "dtype"), [("reference", np.float32), ("reference", np.float64)])
def test_what_is_executed_by_its_definitions_is_timed_layer_by_layer(engine, dtype):
    network = cr.Network(LAYERS, (1, 28, 28), cr.LogSoftmaxNLL(), dtype=dtype)
    assert spans(shown(network, mnist("test").x[:20], engine)) == [1] * 2 * 7


def test_samples_per_second_are_counted(network):
    assert samples_per_second(network, mnist("test").x[:20], "reference", None) > 0


def timed(monkeypatch: pytest.MonkeyPatch, times: list[LayerTime]) -> None:
    """An engine takes so long."""
    monkeypatch.setattr(Reference, "times", lambda *_: times)


def test_the_table_shows_every_layer_and_the_times(network, monkeypatch):
    first, second = ("conv1", "relu1", "maxpooling1", "dropout1"), ("fc1", "logsoftmax1")
    timed(monkeypatch, [LayerTime((), 1e-6), LayerTime(first, 7e-6), LayerTime(second, 2e-6)])
    page = shown(network, mnist("test").x[:5], "reference")
    assert spans(page) == [1, 1, 4, 4, 2, 2]
    rows = [row.text for row in page.all("tr")]
    assert len(rows) == 1 + 1 + 6 + 1
    assert rows[1] == "input1 × 28 × 281.0010 %"
    assert rows[2] == "Convolution(4, 3x3)4 × 26 × 264024,3367.0070 %"
    assert rows[3] == "ReLU()4 × 26 × 26"
    assert rows[-1] == "loss: LogSoftmaxNLL()6,81031,09610.00"


def test_a_block_takes_the_time_of_its_sum_and_its_layers_theirs(monkeypatch):
    network = cr.Network([BLOCK, cr.Linear(2)], (1, 6, 6))
    stages = [(), ("block1.conv1", "block1.block1.relu1"), ("block1.block1.dropout1",), ("block1.shortcut",)]
    stages += [("block1.sum",), ("fc1",)]
    timed(monkeypatch, [LayerTime(names, k * 1e-6) for k, names in enumerate(stages)])
    page = shown(network, np.zeros((2, 1, 6, 6)), "reference")
    rows = [row.text for row in page.all("tr")][2:-1]
    assert rows == [
        "Residual:4 × 6 × 64.0027 %",
        "Convolution(4, 3x3, padding=1)4 × 6 × 6401,2961.007 %",  # and the two below it
        "Sequential:4 × 6 × 6",
        "ReLU()4 × 6 × 6",
        "Dropout(0.5)4 × 6 × 62.0013 %",
        "shortcut: Convolution(4, 1x1)4 × 6 × 681443.0020 %",
        "Linear(2)22902885.0033 %",
    ]
    assert spans(page) == [1, 1, 1, 1, 3, 3, *[1] * 6]
    names = [cell for cell in page.all("td") if cell.text.startswith(("Residual", "Sequential", "ReLU"))]
    assert [cell.attributes.get("style") for cell in names] == [None, "padding-left:1.25em", "padding-left:2.5em"]


@pytest.mark.heavy
@settings(max_examples=25)
@given(network=networks())
def test_of_any_network_each_line_is_as_wide_as_the_head(network):
    for engine in ("reference", "compiled"):
        page = shown(network, np.zeros((3, *network.input_shape), np.float32), engine)
        cells = [cell for cell in page.all("td") if "stage" in cell.attributes.get("class", "")]
        assert sum(int(cell.attributes.get("rowspan", 1)) for cell in cells) == 2 * (1 + len(network.rows()))
