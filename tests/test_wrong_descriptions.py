"""Descriptions of networks that are wrong are refused in one line, which names the place."""

from pathlib import Path
from typing import Any

import pytest

from chainrule import layers
from chainrule.base.errors import NetworkError
from chainrule.exchange.description import build, load_description, load_network
from descriptions import LINEAR, LOSSES, TOML, described
from messages import exactly

LAYERS = ", ".join(layers.LAYERS)
OWN = "@chainrule.register above its class Relu6, or "


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({"layers": [LINEAR]}, "the network has no input_shape; expected a list"),
        ({"input_shape": [4]}, "the network has no layers; expected a list"),
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
