"""Networks as plain data and in TOML: what is described is built again."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given

from chainrule.exchange.description import build, describe, load_description, load_network
from chainrule.layers import Convolution, Dropout, Linear, MaxPooling, ReLU
from chainrule.losses import SquaredError
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling
from chainrule.tasks.presets import PRESETS, preset
from descriptions import LINEAR, TOML, described
from strategies import drawn_cases, networks


def survives(network: Network) -> None:
    """The network is the same after a trip through TOML, weights apart."""
    description = describe(network)
    again = build(tomllib.loads(tomli_w.dumps(description)))
    assert describe(again) == description
    assert again.layers == network.layers
    assert again.shapes == network.shapes
    assert (again.loss, again.scaling) == (network.loss, network.scaling)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives(name: str) -> None:
    survives(preset(name).network())


@drawn_cases
@given(network=networks())
def test_every_network_survives(network: Network) -> None:
    survives(network)


def test_a_description_in_full() -> None:
    layers = [Convolution(8, stride=2), ReLU(derivative_at_zero=1), MaxPooling(3), Dropout(0.25), Linear(2)]
    network = Network(layers, (1, 28, 28), SquaredError(), scaling=Scaling(0.5, 0.25))
    assert describe(network) == {
        "input_shape": [1, 28, 28],
        "loss": "SquaredError",
        "scaling": {"mean": 0.5, "std": 0.25},
        "layers": [
            {"type": "Convolution", "out_channels": 8, "stride": 2},
            {"type": "ReLU", "derivative_at_zero": 1},
            {"type": "MaxPooling", "size": 3},
            {"type": "Dropout", "p": 0.25},
            {"type": "Linear", "out_features": 2},
        ],
    }


def test_numbers_of_numpy_survive() -> None:
    n: Any = np.int64(3)
    survives(Network([Convolution(n, n, n, n), MaxPooling(n), Linear(n)], (n, n + 6, n + 6)))


def test_only_what_has_no_default_is_needed() -> None:
    network = build(described(LINEAR))
    assert (network.loss, network.scaling) == (Network([Linear(3)], 16).loss, Scaling())


@pytest.mark.parametrize("kind", ["MaxPooling", "max_pooling", "max-pooling", "MAXPOOLING"])
def test_a_type_may_be_spelt_in_other_ways(kind: str) -> None:
    assert build(described({"type": kind}, LINEAR)).layers[0] == MaxPooling()


def test_the_seed_draws_the_weights() -> None:
    description = described(LINEAR)
    assert np.array_equal(build(description, seed=1).w, Network([Linear(3)], (1, 4, 4), seed=1).w)
    assert not np.array_equal(build(description, seed=1).w, build(description, seed=2).w)


def test_building_does_not_change_the_description() -> None:
    description = described({"type": "Dropout", "p": 0.25}, LINEAR)
    before = repr(description)
    build(description)
    assert repr(description) == before


def test_a_network_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "network.toml"
    path.write_text(TOML)
    assert load_description(path) == tomllib.loads(TOML)
    network = load_network(path, seed=3)
    assert network.layers == (Convolution(32), ReLU(), Linear(10))
    assert np.array_equal(network.w, Network(network.layers, (1, 28, 28), seed=3).w)
