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

import inspect
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from chainrule.base.errors import ChainruleError, NetworkError
from chainrule.layers import LAYERS, Layer
from chainrule.losses import LOSSES, Loss
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling

T = TypeVar("T", bound=Layer | Loss)


def describe(network: Network) -> dict[str, Any]:
    """The network without its weights, as numbers, strings, lists and dictionaries."""
    description: dict[str, Any] = {"input_shape": list(network.input_shape), "loss": type(network.loss).__name__}
    if network.scaling != Scaling():
        description["scaling"] = asdict(network.scaling)
    return description | {"layers": [describe_layer(layer) for layer in network.layers]}


def describe_layer(layer: Layer) -> dict[str, Any]:
    """The layer's type and those hyper-parameters that are not their defaults."""
    return {"type": type(layer).__name__} | {name: _plain(value) for name, value in layer.options().items()}


def _plain(value: Any) -> Any:
    """A hyper-parameter, in which layers may stand, as plain data."""
    if isinstance(value, Layer):
        return describe_layer(value)
    if isinstance(value, tuple) and any(isinstance(each, Layer) for each in value):
        return [describe_layer(each) for each in value]
    return value


def build(description: dict[str, Any], seed: int = 0) -> Network:
    """The network of a description; NetworkError says which key is missing, unknown or wrong."""
    known = {"input_shape", "loss", "scaling", "layers"}
    unknown = set(description) - known
    if unknown:
        raise NetworkError(f"unknown key {min(unknown)!r}; expected {', '.join(sorted(known))}")
    for key in ("input_shape", "layers"):
        if not isinstance(description.get(key), list):
            raise NetworkError(f"{key} is {description.get(key)!r}; expected a list")
    layers = [build_layer(layer, f"layer {k}") for k, layer in enumerate(description["layers"], start=1)]
    losses = {kind.__name__: kind for kind in LOSSES}
    loss = find(losses, description.get("loss", "LogSoftmaxNLL"), "loss")()
    scaling = construct(Scaling, description.get("scaling", {}), "scaling")
    return Network(layers, description["input_shape"], loss, scaling=scaling, seed=seed)


def build_layer(description: Any, where: str) -> Layer:
    """The layer of one [[layers]] entry; `where` is what errors call it."""
    if not isinstance(description, dict) or "type" not in description:
        raise NetworkError(f'{where} is {description!r}; expected a table with a type, as in type = "ReLU"')
    name = description["type"]
    own = f"; a type of your own is made known by @chainrule.register above its class {name}" if _is_name(name) else ""
    kind = find(LAYERS, name, where, own)
    options = {key: _built(value, f"{where}, {key}") for key, value in description.items() if key != "type"}
    return construct(kind, options, where)


def _built(value: Any, where: str) -> Any:
    """A hyper-parameter from plain data: what has a type is a layer."""
    if isinstance(value, dict) and "type" in value:
        return build_layer(value, where)
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return tuple(build_layer(each, f"{where} {k}") for k, each in enumerate(value, start=1))
    return value


def load_description(path: str | Path) -> dict[str, Any]:
    """The description in a TOML file."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise NetworkError(f"{path}: cannot read the network: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NetworkError(f"{path}: not a TOML file: {error}") from None


def load_network(path: str | Path, seed: int = 0) -> Network:
    """The network that a TOML file describes, with initial weights drawn from `seed`."""
    try:
        return build(load_description(path), seed)
    except NetworkError as error:
        message = str(error)
        raise NetworkError(message if message.startswith(f"{path}:") else f"{path}: {message}") from None


def find(kinds: Mapping[str, type[T]], name: Any, where: str, more: str = "") -> type[T]:
    """The class of that name, in any case, with or without `_`: MaxPooling, max_pooling."""

    def plain(text: Any) -> str:
        return str(text).lower().replace("_", "").replace("-", "")

    for known, kind in kinds.items():
        if plain(known) == plain(name):
            return kind
    raise NetworkError(f"{where}: there is no {name!r}; expected one of: {', '.join(kinds)}{more}")


def construct(kind: type, options: Any, where: str) -> Any:
    """kind(**options), or NetworkError naming the option that is missing, unknown or wrong."""
    if not isinstance(options, dict):
        raise NetworkError(f"{where} is {options!r}; expected a table")
    signature = inspect.signature(kind)
    unknown = set(options) - set(signature.parameters)
    if unknown:
        takes = ", ".join(signature.parameters) or "no options"
        raise NetworkError(f"{where}: {kind.__name__} has no option {min(unknown)!r}; it takes {takes}")
    for name, parameter in signature.parameters.items():
        if parameter.default is parameter.empty and name not in options:
            raise NetworkError(f"{where}: {kind.__name__} needs {name}")
    try:
        return kind(**options)
    except ChainruleError as error:
        raise NetworkError(str(error) if str(error).startswith(where) else f"{where}: {error}") from None
    except TypeError:
        raise NetworkError(f"{where}: {kind.__name__} cannot be made of {options}") from None


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name.isidentifier()
