"""To PyTorch and back, with PyTorch itself on the other side."""

import json
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import chainrule
from chainrule import (
    AveragePooling,
    ChainruleError,
    Convolution,
    DataError,
    Linear,
    MaxPooling,
    ModelError,
    Network,
    NetworkError,
    ReLU,
    Residual,
    UsageError,
)
from chainrule.data import mnist
from chainrule.exchange import from_pytorch, to_pytorch
from chainrule.exchange.description import build
from chainrule.exchange.pytorch import by_torch_name
from chainrule.layers import LAYERS, Context, Layer, Parameter
from chainrule.layers.log_softmax import log_softmax
from chainrule.tasks.presets import PRESETS, preset
from messages import exactly
from oracles import assert_agrees, torch_layer
from strategies import networks

EXAMPLE_SHAPES = {
    "conv1.weight": (32, 1, 3, 3),
    "conv1.bias": (32,),
    "conv2.weight": (64, 32, 3, 3),
    "conv2.bias": (64,),
    "fc1.weight": (128, 9216),
    "fc1.bias": (128,),
    "fc2.weight": (10, 128),
    "fc2.bias": (10,),
}


class Example(nn.Module):
    """The network of pytorch/examples/mnist, whose output is log softmax of the scores."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3, 1), nn.Conv2d(32, 64, 3, 1)
        self.dropout1, self.dropout2 = nn.Dropout(0.25), nn.Dropout(0.5)
        self.fc1, self.fc2 = nn.Linear(9216, 128), nn.Linear(128, 10)

    def scores(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = self.dropout1(F.max_pool2d(x, 2)).flatten(1)
        return self.fc2(self.dropout2(F.relu(self.fc1(x))))

    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(self.scores(x), 1)


@pytest.fixture
def digits():
    return mnist("test").head(100).x


@pytest.fixture
def small():
    return Network([Convolution(2), Linear(3)], (1, 4, 4), seed=5)


def assert_same_outputs(network: Network, module: Example, digits: np.ndarray) -> None:
    """Logits and their log softmax agree to 1e-5; the digits are normalized as that program does it."""
    x = (torch.tensor(digits).float() / 255 - 0.1307) / 0.3081
    y = network(digits)
    with torch.no_grad():
        assert_agrees(y, module.eval().scores(x).numpy(), 1e-5)
        assert_agrees(log_softmax(y), module.eval()(x).numpy(), 1e-5)


@pytest.mark.parametrize("name", ["mnist", "21mnist"])
def test_pytorchs_own_example_loads_an_export_strictly_and_computes_the_same(name, digits, tmp_path):
    network = preset(name).network(seed=7)
    to_pytorch(network, tmp_path / "state.safetensors")
    module = Example()
    module.load_state_dict(load_file(tmp_path / "state.safetensors"), strict=True)
    assert_same_outputs(network, module, digits)


def test_an_import_computes_what_pytorchs_own_example_computes(digits, tmp_path):
    torch.manual_seed(3)
    module = Example()
    assert {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()} == EXAMPLE_SHAPES
    save_file(module.state_dict(), tmp_path / "state.safetensors")
    network = from_pytorch(tmp_path / "state.safetensors", preset("mnist").network())
    assert_same_outputs(network, module, digits)


def test_a_module_for_signals_computes_the_same_with_what_was_written_for_it(tmp_path):
    layers = [
        Convolution(8, 5, padding="same"), ReLU(), MaxPooling(3, 2, 1),
        Convolution(8, 3, dilation=2, groups=8, bias=False), AveragePooling(2), Linear(3, bias=False),
    ]  # fmt: skip
    network = Network(layers, (4, 30), seed=3)
    to_pytorch(network, tmp_path / "state")
    module = nn.Sequential(
        OrderedDict(
            conv1=nn.Conv1d(4, 8, 5, padding="same"), relu=nn.ReLU(), pool1=nn.MaxPool1d(3, 2, 1),
            conv2=nn.Conv1d(8, 8, 3, dilation=2, groups=8, bias=False),
            pool2=nn.AvgPool1d(2), flat=nn.Flatten(), fc1=nn.Linear(40, 3, bias=False),
        )
    )  # fmt: skip
    module.load_state_dict(load_file(tmp_path / "state"), strict=True)
    x = np.random.default_rng(0).normal(size=(5, 4, 30)).astype(np.float32)
    with torch.no_grad():
        assert_agrees(network(x), module(torch.from_numpy(x)).numpy(), 1e-5)
    save_file(module.state_dict(), tmp_path / "theirs")
    again = from_pytorch(tmp_path / "theirs", Network(layers, (4, 30), seed=4))
    assert again.w.tobytes() == network.w.tobytes()


def test_there_and_back_is_the_same_to_the_bit(tmp_path):
    for name, chosen in PRESETS.items():
        network = chosen.network(seed=2)
        to_pytorch(network, tmp_path / name)
        assert from_pytorch(tmp_path / name, chosen.network(seed=9)).w.tobytes() == network.w.tobytes()


@settings(max_examples=50, deadline=None)
@given(networks())
def test_pytorch_computes_any_network_from_its_state_dict(tmp_path_factory, network):
    path = tmp_path_factory.mktemp("state") / "state.safetensors"
    to_pytorch(network, path)
    state = load_file(path)
    kept = len(network.parameters) + len(network.kept)
    assert len(state) == kept + sum(name.endswith(".num_batches_tracked") for name in state)
    samples = np.random.default_rng(1).normal(size=(3, *network.input_shape))
    ours = [*network.named(), *network.named_statistics()]
    found = {name: state[theirs] for name, theirs in zip(ours, by_torch_name(network), strict=True)}
    statistics = {name: found[name].numpy() for name in network.named_statistics()}
    y = torch_layer(network, torch.from_numpy(samples), found, Context(statistics=statistics))
    assert_agrees(network(samples), y.numpy())
    again = from_pytorch(path, network)
    assert (again.w.tobytes(), again.statistics.tobytes()) == (network.w.tobytes(), network.statistics.tobytes())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floating_point_types_are_converted_as_pytorch_converts_them(dtype, small, tmp_path):
    to_pytorch(small, tmp_path / "single")
    state = {name: tensor.to(dtype) * 3.3 for name, tensor in load_file(tmp_path / "single").items()}
    save_file(state, tmp_path / "other")
    loaded = from_pytorch(tmp_path / "other", small)
    assert loaded.w.dtype == np.float32
    names = "conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias"
    np.testing.assert_array_equal(loaded.w, np.concatenate([state[name].float().numpy().ravel() for name in names]))


def test_a_file_says_which_network_it_belongs_to(small, tmp_path):
    to_pytorch(small, tmp_path / "state")
    with safe_open(tmp_path / "state", framework="numpy") as file:
        metadata = file.metadata()
    assert (metadata["format"], metadata["producer"]) == ("pt", f"chainrule {chainrule.__version__}")
    assert str(build(json.loads(metadata["network"]))) == str(small)


def test_a_network_of_float64_keeps_every_bit(tmp_path):
    network = Network([Linear(3)], 2, seed=1, dtype=np.float64)
    to_pytorch(network, tmp_path / "state")
    assert load_file(tmp_path / "state")["fc1.weight"].dtype == torch.float64
    assert from_pytorch(tmp_path / "state", network).w.tobytes() == network.w.tobytes()


def test_the_network_given_stays_as_it_is(small, tmp_path):
    before = small.w.copy()
    to_pytorch(Network(small.layers, (1, 4, 4), seed=6), tmp_path / "state")
    loaded = from_pytorch(tmp_path / "state", small)
    assert small.w.tobytes() == before.tobytes() != loaded.w.tobytes()
    assert str(loaded) == str(small)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_by_name(value, small, tmp_path):
    small.named()["fc1.b"][1] = value
    to_pytorch(small, tmp_path / "state")
    with pytest.raises(
        ModelError, match=exactly(f"{tmp_path / 'state'}: fc1.bias holds {value}; expected finite numbers")
    ):
        from_pytorch(tmp_path / "state", small)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"fc1.weight": None},
            "has no fc1.weight, of shape (3, 8); it has conv1.bias, conv1.weight, fc1.bias",
        ),
        (
            {"conv1.weight": torch.zeros(2, 1, 5, 5), "fc1.bias": None},
            "conv1.weight has shape (2, 1, 5, 5); the network's has (2, 1, 3, 3)",
        ),
        (
            {"conv2.weight": torch.zeros(2, 2, 3, 3, 3)},
            "conv2 is a Conv3d, as conv2.weight tells; expected layers that chainrule has: Linear, Conv1d, Conv2d, "
            "BatchNorm, LayerNorm",
        ),
        (
            {"fc2.weight": torch.zeros(2, 7)},
            "fc2.weight is no parameter of the network, which has conv1.weight, conv1.bias, fc1.weight, fc1.bias",
        ),
        (
            {"fc1.bias": torch.zeros(3, dtype=torch.int64)},
            "fc1.bias is of type I64; expected F16, F32, F64 or BF16",
        ),
    ],
    ids=["missing", "shape", "unknown kind", "left over", "type"],
)
def test_a_state_dict_that_does_not_fit_is_refused(changed, message, small, tmp_path):
    path = tmp_path / "state"
    to_pytorch(small, path)
    state = load_file(path) | changed
    save_file({name: tensor for name, tensor in state.items() if tensor is not None}, path)
    with pytest.raises(ModelError, match=exactly(f"{path}: {message}")):
        from_pytorch(path, small)


def test_a_number_too_large_for_the_networks_type_is_refused(tmp_path):
    path = tmp_path / "state"
    save_file({"fc1.weight": torch.tensor([[1e300]], dtype=torch.float64), "fc1.bias": torch.zeros(1)}, path)
    with pytest.raises(DataError, match=exactly(f"{path}: fc1.weight holds 1e+300, which is too large for float32")):
        from_pytorch(path, Network([Linear(1)], 1))
    assert from_pytorch(path, Network([Linear(1)], 1, dtype=np.float64)).w[0] == 1e300


@dataclass(frozen=True)
class Norm(Layer):
    """Parameters and statistics of chosen names."""

    names: tuple[str, ...] = ("alpha",)

    def forward(self, x: Any, w: Any, context: Any) -> Any:
        return x, None

    def backward(self, gy: Any, saved: Any, w: Any, context: Any) -> Any:
        return gy, {}

    def parameters_for(self, x_shape: Any) -> dict[str, Parameter]:
        return {name: Parameter((2,), "ones") for name in self.names}

    def statistics_for(self, x_shape: Any) -> dict[str, Parameter]:
        return {"mean": Parameter((3,)), "count": Parameter(())}


@pytest.fixture
def own(monkeypatch):
    monkeypatch.setitem(LAYERS, "Norm", Norm)
    return Network([Residual([Linear(4), Norm()])], 4, seed=1)


def test_statistics_are_buffers_and_other_names_stay(own, tmp_path):
    own.statistics[:] = 1, 2, 3, 4
    to_pytorch(own, tmp_path / "state")
    shapes = {name: tuple(tensor.shape) for name, tensor in load_file(tmp_path / "state").items()}
    assert shapes == {
        "block1.fc1.weight": (4, 4),
        "block1.fc1.bias": (4,),
        "block1.norm1.alpha": (2,),
        "block1.norm1.mean": (3,),
        "block1.norm1.count": (),
    }
    given = Network(own.layers, 4, seed=2)
    loaded = from_pytorch(tmp_path / "state", given)
    assert loaded.w.tobytes() == own.w.tobytes()
    assert loaded.statistics.tobytes() == own.statistics.tobytes()
    assert not given.statistics.any()


def test_two_parameters_of_one_name_in_pytorch_are_refused(own, tmp_path):
    network = Network([Norm(("w", "weight"))], 4)
    message = "norm1.weight is norm1.weight to PyTorch, as another one is; expected another name"
    with pytest.raises(NetworkError, match=exactly(message)):
        to_pytorch(network, tmp_path / "state")


def test_a_long_list_of_names_is_cut(tmp_path):
    save_file({f"{k}.weight": torch.zeros(2, 2) for k in range(20)}, tmp_path / "state")
    with pytest.raises(ModelError, match=r"it has 0\.weight, 1\.weight, (\d+\.weight, ){6}\.\.\.\Z"):
        from_pytorch(tmp_path / "state", Network([Linear(1)], 1))


def test_a_file_that_is_no_state_dict_is_refused(small, tmp_path):
    path = tmp_path / "file"
    with pytest.raises(ModelError, match=re.escape(f"{path}: no such file; expected a safetensors file")):
        from_pytorch(path, small)
    torch.save({"conv1.weight": torch.zeros(2)}, path)
    with pytest.raises(ModelError, match=re.escape(f"{path}: is a PyTorch file (torch.save); ")):
        from_pytorch(path, small)
    to_pytorch(small, path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match=re.escape(f"{path}: not a safetensors file, or damaged")):
        from_pytorch(path, small)
    small.save(path)
    wanted = f"{path}: has conv1.w where PyTorch has conv1.weight: a model of chainrule, ready to use"
    with pytest.raises(ModelError, match=exactly(wanted)):
        from_pytorch(path, small)


def test_an_older_file_is_replaced(small, tmp_path):
    path = tmp_path / "state"
    path.write_bytes(b"older")
    to_pytorch(small, path)
    assert set(load_file(path)) == {"conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias"}
    assert [p.name for p in tmp_path.iterdir()] == ["state"]


def test_a_file_that_cannot_be_written_is_refused(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path, kind, message in (
        ("none/state", UsageError, "none/state: there is no folder none; expected one that exists"),
        (tmp_path, UsageError, f"{tmp_path}: is a folder; expected the name of a file"),
        ("a" * 300, ChainruleError, f"{'a' * 300}: cannot be written: File name too long"),
    ):
        with pytest.raises(kind, match=exactly(message)):
            to_pytorch(small, path)
    assert not list(tmp_path.iterdir())
