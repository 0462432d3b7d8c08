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

A layer is its type's name and its fields; `register` makes a type known. Reading a file never imports code. What is
described has a stated size, which is looked at before anything of that size is made.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from math import prod
from pathlib import Path
from typing import Any

from chainrule.base.errors import NetworkError
from chainrule.base.guessing import meant
from chainrule.base.plain_text import TOO_DEEP, checked, toml_file
from chainrule.base.showing import one_line, short
from chainrule.exchange.layer_description import build_layer, construct, describe_layer, find
from chainrule.layers import Layer, Sequential
from chainrule.layers.layer import declared
from chainrule.layers.passes import Shape
from chainrule.layers.shapes import check_room
from chainrule.losses import LOSSES, Loss
from chainrule.network.network import Network, checked_shape
from chainrule.network.scaling import Scaling

KNOWN_LOSSES = {kind.__name__: kind for kind in LOSSES}
MOST_LAYERS = 10_000
MOST_PARAMETERS = 2**31
"""Numbers that are learned or kept: 8 gigabytes of float32."""


def describe(network: Network) -> dict[str, Any]:
    """The network without its weights, as numbers, strings, lists and dictionaries.

    NetworkError naming the first of its parts that cannot be made again of these, or that no file would be read with.
    """
    description: dict[str, Any] = {"input_shape": list(network.input_shape), "loss": describe_loss(network.loss)}
    if network.scaling != Scaling():
        description["scaling"] = {name: float(value) for name, value in asdict(network.scaling).items()}
    try:
        layers = [describe_layer(layer, f"layer {k}") for k, layer in enumerate(network.layers, start=1)]
    except RecursionError:
        raise NetworkError(f"the network {TOO_DEEP}") from None
    return checked(description | {"layers": layers}, "the network", NetworkError)


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


def build(description: Mapping[str, Any], seed: int = 0) -> Network:
    """The network of a description; NetworkError says which key is missing, unknown or wrong."""
    layers, input_shape, loss, scaling = parts_of(description)
    return Network(layers, input_shape, loss, scaling=scaling, seed=seed)


def parts_of(description: Mapping[str, Any]) -> tuple[list[Layer], Shape, Loss, Scaling]:
    """What a network is made of, before it takes memory for its weights; NetworkError if it would take too much."""
    description = checked(dict(description), "the network", NetworkError)
    known = {"input_shape", "loss", "scaling", "layers"}
    unknown = set(description) - known
    if unknown:
        raise NetworkError(
            f"unknown key {min(unknown)!r}; expected {', '.join(sorted(known))}{meant(min(unknown), known)}"
        )
    for key in ("input_shape", "layers"):
        if key not in description:
            raise NetworkError(f"the network has no {key}; expected a list")
        if not isinstance(description[key], list | tuple):
            raise NetworkError(f"{key} is {short(description[key])}; expected a list")
    if not description["layers"]:
        raise NetworkError("the network has no layers; expected at least one")
    if (count := layers_in(description["layers"])) > MOST_LAYERS:
        raise NetworkError(f"the network has {count:,} layers; expected at most {MOST_LAYERS:,}")
    layers = [build_layer(layer, f"layer {k}") for k, layer in enumerate(description["layers"], start=1)]
    loss = build_loss(description.get("loss", "LogSoftmaxNLL"))
    scaling = construct(Scaling, description.get("scaling", {}), "scaling")
    input_shape = checked_shape(description["input_shape"])
    check_room(input_shape, "the input shape is")
    check_size(layers, input_shape)
    return layers, input_shape, loss, scaling


def layers_in(value: Any) -> int:
    """How many tables have a type."""
    if isinstance(value, dict):
        return ("type" in value) + sum(map(layers_in, value.values()))
    return sum(map(layers_in, value)) if isinstance(value, list | tuple) else 0


def check_size(layers: list[Layer], input_shape: Shape) -> None:
    """NetworkError if the layers do not fit, or have more numbers than are sensible."""
    whole = Sequential(layers)
    arrays = [
        parameter
        for asked in (whole.parameters_for, whole.statistics_for)
        for parameter in declared(asked, input_shape).values()
    ]
    size = sum(prod(each.shape) for each in arrays)
    if size > MOST_PARAMETERS:
        raise NetworkError(f"the network has {size:,} parameters; expected at most {MOST_PARAMETERS:,}")


def load_description(path: str | Path) -> dict[str, Any]:
    """The description in a TOML file."""
    return toml_file(path, NetworkError)


def load_network(path: str | Path, seed: int = 0) -> Network:
    """The network that a TOML file describes, with initial weights drawn from `seed`."""
    description = load_description(path)
    try:
        return build(description, seed)
    except NetworkError as error:
        raise NetworkError(f"{path}: {one_line(str(error))}") from None
