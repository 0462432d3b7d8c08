import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given

from chainrule import layers
from chainrule.base.errors import NetworkError
from chainrule.exchange.description import build, describe, load_description, load_network
from chainrule.layers import Convolution, Dropout, Layer, Linear, MaxPooling, ReLU, Residual
from chainrule.losses import SquaredError
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling
from chainrule.tasks.presets import PRESETS, preset
from messages import exactly
from strategies import drawn_cases, networks

RESIDUAL = {"type": "Residual", "layers": [{"type": "Convolution", "out_channels": 1, "padding": 1}]}
LINEAR = {"type": "Linear", "out_features": 3}


def described(*layers: Any, **others: Any) -> dict[str, Any]:
    return {"input_shape": [1, 4, 4], "layers": list(layers), **others}


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


LAYERS = ", ".join(layers.LAYERS)
OWN = "@chainrule.register above its class Relu6, or "
LOSSES = "LogSoftmaxNLL, NLL, SquaredError, BinaryCrossEntropy, SigmoidBinaryCrossEntropy"


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({"layers": [LINEAR]}, "input_shape is None; expected a list"),
        ({"input_shape": [4]}, "layers is None; expected a list"),
        (described() | {"layers": LINEAR}, f"layers is {LINEAR}; expected a list"),
        (described(LINEAR) | {"input_shape": 4}, "input_shape is 4; expected a list"),
        (described(), "the network has no layers; expected at least one"),
        (
            described(LINEAR) | {"input_shape": [4, 4, 4, 4]},
            "the input shape is [4, 4, 4, 4]; "
            "expected (n,), (channels, length) or (channels, height, width), all above 0",
        ),
        (
            described(LINEAR, layer=[]),
            "unknown key 'layer'; expected input_shape, layers, loss, scaling; did you mean layers?",
        ),
        (described(LINEAR, loss="MSE"), f"loss: there is no 'MSE'; expected one of: {LOSSES}"),
        (described(LINEAR, loss=3), f"loss: there is no 3; expected one of: {LOSSES}"),
        (described("ReLU"), "layer 1 is 'ReLU'; expected a table with a type, as in type = \"ReLU\""),
        (
            described({"out_features": 3}),
            "layer 1 is {'out_features': 3}; expected a table with a type, as in type = \"ReLU\"",
        ),
        (
            described(LINEAR, {"type": "Relu6"}),
            f"layer 2: there is no 'Relu6'; expected {OWN}one of: {LAYERS}; did you mean ReLU?",
        ),
        (described({"type": "Linear"}), "layer 1: Linear needs out_features"),
        (
            described(LINEAR | {"size": 3}),
            "layer 1: Linear has no option 'size'; it takes out_features, initial_w, initial_b, bias",
        ),
        (described({"type": "Tanh", "p": 1}), "layer 1: Tanh has no option 'p'; it takes no options"),
        (
            described({"type": "Linear", "out_features": "3"}),
            "layer 1: Linear: out_features is '3'; expected a whole number of at least 1",
        ),
        (
            described({"type": "Convolution", "out_channels": 2, "kernel_size": 0}),
            "layer 1: Convolution: kernel_size is 0; expected a whole number of at least 1, or one for each axis",
        ),
        (
            described({"type": "Dropout", "p": 2}),
            "layer 1: Dropout: p is 2; expected a probability from 0 to below 1",
        ),
        (
            described({"type": "Residual", "layers": [{"type": "Tanh", "p": 1}]}),
            "layer 1, layers 1: Tanh has no option 'p'; it takes no options",
        ),
        (
            described({"type": "Residual", "layers": [{"type": "Tanh"}], "shortcut": {"type": "Convolution"}}),
            "layer 1, shortcut: Convolution needs out_channels",
        ),
        *(
            (
                described({"type": "Residual", "layers": [{"type": kind, "layers": layers}]}),
                f"layer 1, layers 1: {kind}: the layers are {shown}; expected a list of them, as in [Linear(10)]",
            )
            for kind in ("Residual", "Sequential")
            for layers, shown in (("abc", "'abc'"), (3, "3"), ({"type": "ReLU"}, "ReLU(derivative_at_zero=0)"))
        ),
        (
            described({"type": "Residual", "layers": [{"type": "Sequential", "layers": [1, 2]}]}),
            "layer 1, layers 1: layer 1 is 1; expected a layer, as in Linear(10)",
        ),
        (
            described({"type": "Residual", "layers": [LINEAR], "shortcut": [1]}),
            "layer 1: layer 1 is 1; expected a layer, as in Linear(10)",
        ),
        (
            described({"type": "Residual", "layers": []}),
            "layer 1: the residual has no layers; expected at least one",
        ),
        (
            described({"type": "Residual", "layers": [{"type": "Convolution", "out_channels": 2}]}),
            "layer 1, Residual(Convolution(2, 3x3)), cannot take input (1, 4, 4): Residual: its layers give (2, 2, 2), "
            "but x has (1, 4, 4); expected the same shape, or a shortcut such as Convolution(n, 1)",
        ),
        (
            described(LINEAR | {"initial_w": "he"}),
            "layer 1: Linear: initial_w is 'he'; expected one of: "
            "uniform, he_uniform, he_normal, glorot_uniform, glorot_normal, zeros, ones",
        ),
        (described(LINEAR, scaling=[0, 1]), "scaling is [0, 1]; expected a table"),
        (
            described(LINEAR, scaling={"sd": 1}),
            "scaling: Scaling has no option 'sd'; it takes mean, std; did you mean std?",
        ),
        (described(LINEAR, scaling={"mean": "0"}), "scaling: mean is '0'; expected a finite number"),
        (
            described({"type": "Convolution", "out_channels": 2}, {"type": "MaxPooling", "size": 3}, LINEAR),
            "layer 2, MaxPooling(3x3), cannot take input (2, 2, 2): "
            "MaxPooling: a 3x3 window on 2x2 pixels is impossible; at most 2x2 fits",
        ),
    ],
)
def test_a_wrong_description(description: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(message)):
        build(description)


def test_a_wrong_scaling_is_named_once() -> None:
    message = "scaling: std is -1; expected a number above 0"
    with pytest.raises(NetworkError, match=exactly(message)):
        build(described(LINEAR, scaling={"std": -1}))


TOML = """
input_shape = [1, 28, 28]

[[layers]]
type = "Convolution"
out_channels = 32

[[layers]]
type = "ReLU"

[[layers]]
type = "Linear"
out_features = 10
"""


def test_a_network_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "network.toml"
    path.write_text(TOML)
    assert load_description(path) == tomllib.loads(TOML)
    network = load_network(path, seed=3)
    assert network.layers == (Convolution(32), ReLU(), Linear(10))
    assert np.array_equal(network.w, Network(network.layers, (1, 28, 28), seed=3).w)


@pytest.mark.parametrize("load", [load_network, load_description])
def test_no_file(tmp_path: Path, load: Any) -> None:
    path = tmp_path / "network.toml"
    message = f"{path}: no such file; expected a file in TOML"
    with pytest.raises(NetworkError, match=exactly(message)):
        load(path)


@pytest.mark.parametrize("content", [b"layers = [", b"\xff\xfe"])
@pytest.mark.parametrize("load", [load_network, load_description])
def test_a_file_that_is_not_toml(tmp_path: Path, content: bytes, load: Any) -> None:
    path = tmp_path / "network.toml"
    path.write_bytes(content)
    with pytest.raises(NetworkError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: not a TOML file: ")


def test_a_wrong_description_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "network.toml"
    path.write_text(TOML.replace("ReLU", "Relu6"))
    message = f"{path}: layer 2: there is no 'Relu6'; expected {OWN}one of: {LAYERS}; did you mean ReLU?"
    with pytest.raises(NetworkError, match=exactly(message)):
        load_network(path)


@dataclass(frozen=True)
class Own(Layer):
    """A layer with a field for anything."""

    a: Any = None

    def forward(self, x: Any, w: Any, context: Any) -> Any:
        return x, None

    def backward(self, gy: Any, saved: Any, w: Any, context: Any) -> Any:
        return gy, {}


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(layers.LAYERS, "Own", Own)


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        ((1, 2), (3,)),
        {"b": 1},
        ({"b": 1},),
        {"b": ReLU()},
        (ReLU(), 1),
        (Linear(2), Own(Own((1,)))),
        np.float32(0.1),
        np.int64(3),
        np.bool_(True),
        (np.int8(3),),
        float("inf"),
        10**30,
        "\n",
    ],
    ids=repr,
)
def test_an_option_comes_back_as_it_was(value: Any) -> None:
    network = Network([Own(value)], 3)
    again = build(json.loads(json.dumps(describe(network))))
    assert again.layers == network.layers


KINDS = "a number, a string, None, a layer, or a tuple or dictionary of these"


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1j, f"layer 1, Own.a is 1j; expected {KINDS}"),
        (b"x", f"layer 1, Own.a is b'x'; expected {KINDS}"),
        ({1}, f"layer 1, Own.a is {{1}}; expected {KINDS}"),
        (ReLU, f"layer 1, Own.a is {ReLU!r}; expected {KINDS}"),
        ({1: 2}, f"layer 1, Own.a is {{1: 2}}; expected {KINDS}"),
        (np.arange(2), f"layer 1, Own.a is array([0, 1]); expected {KINDS}"),
        ((1, {2}), f"layer 1, Own.a 2 is {{2}}; expected {KINDS}"),
        ((Own({2}),), f"layer 1, Own.a 1, Own.a is {{2}}; expected {KINDS}"),
        ([1, 2], "layer 1, Own.a is [1, 2]; expected (1, 2), as a file would give it back"),
        (
            {"type": "ReLU"},
            "layer 1, Own.a is {'type': 'ReLU'}; expected ReLU(derivative_at_zero=0), as a file would give it back",
        ),
    ],
    ids=repr,
)
def test_an_option_that_would_not_come_back_is_refused(value: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(message)):
        describe(Network([Own(value)], 3))


def test_a_layer_that_nobody_registered_is_refused_with_the_line_that_would() -> None:
    message = "layer 1, Residual.layers 1 is of a class Own that is not registered; expected {} Own"
    with pytest.raises(NetworkError, match=exactly(message.format("@chainrule.register above its class"))):
        describe(Network([Residual([Own()])], 3))


@pytest.mark.usefixtures("registered")
def test_a_class_of_the_same_name_is_not_the_registered_one() -> None:
    other = type("Own", (ReLU,), {})
    with pytest.raises(NetworkError, match="layer 1 is of a class Own that is not registered"):
        describe(Network([other(), Linear(2)], 3))


def test_a_loss_that_no_file_can_name_is_refused() -> None:
    class Mine(SquaredError):
        pass

    with pytest.raises(NetworkError, match=exactly(f"loss: there is no 'Mine'; expected one of: {LOSSES}")):
        describe(Network([Linear(3)], 16, Mine()))


def test_what_is_nested_too_deep_is_refused_in_one_line(tmp_path: Path) -> None:
    message = "is nested too deep; expected at most 64 levels"
    deep: dict[str, Any] = LINEAR
    for _ in range(500):
        deep = {"type": "Sequential", "layers": [deep]}
    with pytest.raises(NetworkError, match=exactly(f"the network {message}")):
        build(described(deep))
    path = tmp_path / "network.toml"
    block = '{type = "Sequential", layers = ['
    path.write_text(f"input_shape = [4]\nlayers = [{block * 3000}{']}' * 3000}]")
    with pytest.raises(NetworkError, match=exactly(f"{path} {message}")):
        load_network(path)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("{ type = 'Linear', out_features = 1000000000000000000 }", "its y_shape is (1000000000000000000,)"),
        (
            "{ type = 'Linear', out_features = 2000000000 }, { type = 'Linear', out_features = 9 }",
            "parameters; expected",
        ),
        ("{ type = 'Convolution', out_channels = 1, padding = 1000000000000 }", "its padded input is"),
        ("{ type = 'Convolution', out_channels = 1, padding = 100000, stride = 100000 }", "its padded input is"),
        ("{ type = 'Convolution', out_channels = 1000000000 }", "its y_shape is"),
        ("{ type = 'Linear', out_features = " + "9" * 5000 + " }", "not a TOML file: Exceeds the limit"),
        (
            "{ type = 'Linear', out_features = 0x" + "f" * 5000 + " }",
            "layers[0].out_features is a number of 20,000 bits",
        ),
        ("{ type = 'Standardise', mean = [], std = [] }", "layer 1: Standardise: mean is ()"),
        ("{ type = 'Dropout', p = nan }", "layers[0].p is nan; expected a number"),
        ("{ type = 'Dropout', p = inf }", "layer 1: Dropout: p is inf"),
        ("{ type = 'Linear', out_features = true }", "layer 1: Linear: out_features is True"),
        ("{ type = 'ReLU' }, " * 10_001, "the network has 10,001 layers; expected at most 10,000"),
        ("{ type = 'ReLU', " + "a." * 50_000 + "a = 1 }", "is nested too deep; expected at most 64 levels"),
        ("[[[]]]", "layer 1 is [[[]]]; expected a table with a type"),
        ("1979-05-27", "layers[0] is a date; expected numbers"),
    ],
)
def test_what_no_memory_holds_or_nobody_means_is_refused_at_once(tmp_path: Path, layers: str, message: str) -> None:
    path = tmp_path / "network.toml"
    path.write_text(f"input_shape = [1, 28, 28]\nlayers = [{layers}]\n")
    with pytest.raises(NetworkError) as refused:
        load_network(path)
    assert str(refused.value).startswith(str(path))
    assert message in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("shape", ["[1000000000000000000]", "[65536, 65536, 65536]"])
def test_an_input_that_no_memory_holds_is_refused(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "network.toml"
    path.write_text(f"input_shape = {shape}\nlayers = [{{ type = 'ReLU' }}]\n")
    with pytest.raises(NetworkError, match="expected at most"):
        load_network(path)
