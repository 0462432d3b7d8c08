"""A network as plain data and back: what a TOML file, a model file and a run's configuration hold.

input_shape = [1, 28, 28]
loss = "LogSoftmaxNLL"

[scaling]                   # of bytes; optional
mean = 0.1307
std = 0.3081

[[layers]]
type = "Convolution"
out_channels = 32

[[layers]]
type = "Residual"           # a layer made of others holds them likewise
layers = [{ type = "Convolution", out_channels = 32, padding = 1 }, { type = "ReLU" }]

A layer is its type's name and its fields; `register` makes a type known. Reading a file never imports code.
"""

import tomllib
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from chainrule.base.errors import NetworkError
from chainrule.base.guessing import meant
from chainrule.base.showing import one_line
from chainrule.exchange.layer_description import build_layer, construct, describe_layer, find
from chainrule.layers import Layer
from chainrule.losses import LOSSES, Loss
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling

KNOWN_LOSSES = {kind.__name__: kind for kind in LOSSES}
TOO_DEEP = "its layers are nested too deep; expected at most about 100 levels"


def describe(network: Network) -> dict[str, Any]:
    """The network without its weights, as numbers, strings, lists and dictionaries.

    NetworkError naming the first of its parts that cannot be made again of these.
    """
    description: dict[str, Any] = {"input_shape": list(network.input_shape), "loss": describe_loss(network.loss)}
    if network.scaling != Scaling():
        description["scaling"] = {name: float(value) for name, value in asdict(network.scaling).items()}
    try:
        layers = [describe_layer(layer, f"layer {k}") for k, layer in enumerate(network.layers, start=1)]
    except RecursionError:
        raise NetworkError(TOO_DEEP) from None
    return description | {"layers": layers}


def describe_loss(loss: Loss) -> Any:
    """Its type's name, in a table with its units if it has some; NetworkError for a loss that is not one of ours."""
    name = find(KNOWN_LOSSES, type(loss).__name__, "loss").__name__
    given = {each.name: getattr(loss, each.name) for each in fields(loss) if getattr(loss, each.name) != each.default}
    options = {key: list(value) if isinstance(value, tuple) else value for key, value in given.items()}
    return {"type": name, **options} if options else name


def build_loss(description: Any) -> Loss:
    """The loss of a name, or of a table."""
    options = description if isinstance(description, dict) and "type" in description else {"type": description}
    kind = find(KNOWN_LOSSES, options["type"], "loss")
    return construct(kind, {key: value for key, value in options.items() if key != "type"}, "loss")


def build(description: dict[str, Any], seed: int = 0) -> Network:
    """The network of a description; NetworkError says which key is missing, unknown or wrong."""
    try:
        layers, input_shape, loss, scaling = parts_of(description)
        return Network(layers, input_shape, loss, scaling=scaling, seed=seed)
    except RecursionError:
        raise NetworkError(TOO_DEEP) from None


def parts_of(description: dict[str, Any]) -> tuple[list[Layer], list[int], Loss, Scaling]:
    """What a network is made of, before it takes memory for its weights."""
    known = {"input_shape", "loss", "scaling", "layers"}
    unknown = set(description) - known
    if unknown:
        raise NetworkError(
            f"unknown key {min(unknown)!r}; expected {', '.join(sorted(known))}{meant(min(unknown), known)}"
        )
    for key in ("input_shape", "layers"):
        if not isinstance(description.get(key), list):
            raise NetworkError(f"{key} is {description.get(key)!r}; expected a list")
    layers = [build_layer(layer, f"layer {k}") for k, layer in enumerate(description["layers"], start=1)]
    loss = build_loss(description.get("loss", "LogSoftmaxNLL"))
    scaling = construct(Scaling, description.get("scaling", {}), "scaling")
    return layers, description["input_shape"], loss, scaling


def load_description(path: str | Path) -> dict[str, Any]:
    """The description in a TOML file."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise NetworkError(f"{path}: cannot read the network: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NetworkError(f"{path}: not a TOML file: {error}") from None
    except RecursionError:
        raise NetworkError(f"{path}: {TOO_DEEP}") from None


def load_network(path: str | Path, seed: int = 0) -> Network:
    """The network that a TOML file describes, with initial weights drawn from `seed`."""
    description = load_description(path)
    try:
        return build(description, seed)
    except NetworkError as error:
        raise NetworkError(f"{path}: {one_line(str(error))}") from None
