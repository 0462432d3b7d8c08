"""To PyTorch and back where inputs or targets have units: what a state_dict cannot say, its metadata do."""

import json
import re
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

import chainrule
from chainrule import (
    Linear,
    ModelError,
    Network,
    ReLU,
    SquaredError,
    Standardise,
    Tanh,
)
from chainrule.data import Dataset
from chainrule.exchange import from_pytorch, to_pytorch
from chainrule.layers import Layer
from messages import exactly


def prices(layers: list[Layer]) -> tuple[Network, Dataset]:
    """A regression of prices near 200,000 from columns in units of their own, a little trained."""
    x = np.random.default_rng(0).normal((1000, 3), (50, 1), size=(40, 2))
    data = Dataset(x, 2e5 + 5e4 * (x[:, 1] - 3), columns=("area", "rooms"), target="price")
    network = Network([Standardise.of(x), *layers], 2, SquaredError.of(data.t))
    chainrule.fit(network, data, chainrule.Training(epochs=2), engine="reference")
    return network, data


def metadata_of(path: Path) -> dict[str, str]:
    with safe_open(path, framework="numpy") as file:
        return file.metadata()


def test_a_module_answers_in_the_targets_unit(tmp_path):
    network, data = prices([Linear(4), ReLU(), Linear(1)])
    path = tmp_path / "state"
    to_pytorch(network, path)
    module = nn.Sequential(OrderedDict(fc1=nn.Linear(2, 4), relu=nn.ReLU(), fc2=nn.Linear(4, 1)))
    module.load_state_dict(load_file(path), strict=True)
    layer = Standardise.of(data.x)
    z = torch.tensor((data.x - layer.mean) / layer.std, dtype=torch.float32)
    np.testing.assert_allclose(module(z).detach().numpy(), network.predict(data.x), rtol=1e-5)
    said = metadata_of(path)
    assert said["input"].startswith(
        "a table of 2 columns: area, rooms, in this order; then (x - mean) / std, of which "
    )
    assert said["input"].endswith(f"a state_dict knows nothing: {layer}")
    assert said["output"].startswith("in the target's unit, price: ")
    assert json.loads(said["schema"])["inputs"]["columns"][0]["name"] == "area"
    back = from_pytorch(path, network)  # a network with units reads those of the file
    np.testing.assert_allclose(back.predict(data.x), network.predict(data.x), rtol=1e-5)
    assert from_pytorch(path, Network(network.layers, 2, SquaredError())).loss == SquaredError()


@pytest.mark.parametrize(("layers", "fold"), [([Linear(1)], False), ([Linear(1), Tanh()], True)])
def test_units_that_are_not_folded_are_said(layers, fold, tmp_path):
    network, data = prices(layers)
    path = tmp_path / "state"
    to_pytorch(network, path, fold=fold)
    assert metadata_of(path)["output"].startswith(f"z, of which mean + std z is the answer: {network.loss}; in the ")
    back = from_pytorch(path, Network(network.layers, 2, SquaredError()))
    np.testing.assert_array_equal(back.predict(data.x), network.predict(data.x))
    other = Network(network.layers, 2, SquaredError(1.0, 2.0))
    save_file(load_file(path), path)  # by PyTorch, which says nothing
    assert from_pytorch(path, other).loss == other.loss


def test_a_file_whose_network_is_not_to_be_read_is_refused(tmp_path):
    network, _ = prices([Linear(1)])
    path = tmp_path / "state"
    to_pytorch(network, path)
    wanted = f"{path}: its metadata hold no network; expected those that chainrule wrote"
    for written in ("{}", "[]", "3", '{"loss": "none"}', '{"loss": {"type": "SquaredError", "mean": []}}'):
        save_file(load_file(path), path, {"producer": "chainrule 1", "network": written})
        with pytest.raises(ModelError, match=exactly(wanted)):
            from_pytorch(path, network)
    save_file(load_file(path), path, {"producer": "chainrule 1", "network": "{"})
    with pytest.raises(ModelError, match=re.escape(f"{path}: network: no JSON: ")):
        from_pytorch(path, network)
