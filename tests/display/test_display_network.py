"""A network's table says what `print` says, and nothing in it can be taken for markup."""

import re
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings

from chainrule import Network, Scaling, Training, fit, preset
from chainrule.data import Dataset
from chainrule.layers import Convolution, Dropout, Linear, MaxPooling, ReLU, Residual, Sequential
from chainrule.layers.initial import Parameter
from chainrule.layers.layer import Layer, Shape
from chainrule.losses import SquaredError
from chainrule.tasks.presets import PRESETS
from chainrule.views.notebook import network_html
from markup import read, text_of
from strategies import networks


def cells(network: Network) -> list[list[str]]:
    """The texts of the table that are not empty, row by row."""
    rows = ([" ".join(text_of(cell).split()) for cell in row] for row in read(network_html(network)).iter("tr"))
    return [[text for text in row if text] for row in rows]


def test_every_layer_has_its_shape_parameters_and_cost() -> None:
    layers = [Convolution(2, 3), ReLU(), MaxPooling(), Linear(10)]
    assert cells(Network(layers, (1, 6, 6))) == [
        ["layer", "output shape", "parameters", "multiply-adds a sample"],
        ["input", "1 × 6 × 6"],
        ["Convolution(2, 3x3) conv1", "2 × 4 × 4", "20", "288"],
        ["ReLU()", "2 × 4 × 4"],
        ["MaxPooling(2x2)", "2 × 2 × 2"],
        ["Linear(10) fc1", "10", "90", "80"],
        ["loss: LogSoftmaxNLL()", "110", "368"],
    ]


def test_layers_in_layers_are_indented_and_named() -> None:
    inner = Sequential((Convolution(3, 3, padding=1), Dropout(0.5)))
    network = Network([Residual((inner, ReLU()), Convolution(3, 1)), Linear(2)], (1, 4, 4))
    assert cells(network)[1:] == [
        ["input", "1 × 4 × 4"],
        ["Residual: block1", "3 × 4 × 4"],
        ["Sequential: block1.block1", "3 × 4 × 4"],
        ["Convolution(3, 3x3, padding=1) block1.block1.conv1", "3 × 4 × 4", "30", "432"],
        ["Dropout(0.5)", "3 × 4 × 4"],
        ["ReLU()", "3 × 4 × 4"],
        ["shortcut: Convolution(3, 1x1) block1.shortcut", "3 × 4 × 4", "6", "48"],
        ["Linear(2) fc1", "2", "98", "96"],
        ["loss: LogSoftmaxNLL()", "134", "576"],
    ]
    indents = [row[0].attrib.get("style") for row in read(network_html(network)).findall(".//tbody/tr")]
    once, twice = "padding-left:1.25em", "padding-left:2.5em"
    assert indents == [None, None, once, twice, twice, once, once, None]


@pytest.mark.parametrize("name", PRESETS)
def test_it_says_what_print_says(name: str) -> None:
    network = preset(name).network()
    table = [" ".join(row).replace("×", "x").split() for row in cells(network)]
    printed = [line.split() for line in str(network).splitlines() if not line.startswith("---")]
    assert len(table) == len(printed)
    for shown, line in zip(table[1:], printed[1:], strict=True):
        words = " ".join(word for word in shown if not re.match(r"(conv|bn|fc|block|[a-z.0-9]*\.)", word))
        assert re.fullmatch(re.escape(" ".join(line)).replace(re.escape("..."), ".*"), words)


def test_bars_are_as_long_as_the_shares() -> None:
    network = preset("mnist").network()
    html = read(network_html(network))
    widths = [span.attrib["style"].split(";")[0] for span in html.findall(".//div[@class='share']/span")]
    assert widths == [
        *("width:0.0%", "width:1.6%"),  # parameters, multiply-adds
        *("width:1.5%", "width:88.5%"),
        *("width:98.3%", "width:9.8%"),
        *("width:0.1%", "width:0.0%"),
    ]


def test_the_head_tells_shapes_size_and_scaling() -> None:
    network = Network([Linear(3)], 4, scaling=Scaling(0.5, 0.25), dtype=np.float64)
    text = text_of(read(network_html(network)))
    assert "Network 4 → 3" in text
    assert "15 parameters in float64, 120 bytes; bytes p are read as (p / 255 − 0.5) / 0.25" in text
    assert "p / 255" not in text_of(read(network_html(Network([Linear(3)], 4))))


@pytest.mark.parametrize(("inputs", "size"), [(24_999, "100 kB"), (2_499_999, "10 MB")])
def test_sizes_are_rounded(inputs: int, size: str) -> None:
    assert f", {size}" in text_of(read(network_html(Network([Linear(1)], inputs))))


def test_a_network_without_parameters_or_work() -> None:
    assert cells(Network([ReLU()], 3, SquaredError()))[-1] == ["loss: SquaredError()", "0", "0"]


@dataclass(frozen=True)
class Hostile(Layer):
    """A layer whose name is an attack."""

    short_name = '"><b>'

    def __str__(self) -> str:
        return "<script>alert('&')</script>"

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        return {"w": Parameter((2,))}


def test_names_are_escaped() -> None:
    assert cells(Network([Hostile()], 2))[2] == ["<script>alert('&')</script> \"><b>1", "2", "2"]


@settings(max_examples=50)
@given(network=networks())
def test_any_network_can_be_shown(network: Network) -> None:
    assert len(cells(network)) == len(network.rows()) + 3


def test_a_notebook_finds_it() -> None:
    network = preset("lecture").network()
    assert network._repr_html_() == network_html(network)


def test_a_trained_network_says_what_on() -> None:
    network = Network([Linear(1)], 2, SquaredError())
    fit(network, Dataset(np.eye(2), np.arange(2.0), columns=("a < b", "c")), Training(epochs=1), engine="reference")
    shown = cells(network)
    assert shown[4:6] == [["trained on"], ["inputs", "2 columns, known by their names"]]
    assert [row[0] for row in shown[6:]] == ["a < b", "c", "answers", "t[0]"]
