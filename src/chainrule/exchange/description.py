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
type = "ReLU"
"""

import inspect
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from chainrule.augmentation.augmentation import Augmentation
from chainrule.base.errors import ChainruleError, NetworkError, UsageError
from chainrule.base.lcg48 import Lcg48
from chainrule.layers import LAYERS, Dropout, Layer
from chainrule.losses import LOSSES, Loss
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling
from chainrule.training.descent import Training
from chainrule.training.optimizers import OPTIMIZERS

T = TypeVar("T", bound=Layer | Loss)


def describe(network: Network) -> dict[str, Any]:
    """The network without its weights, as numbers, strings, lists and dictionaries."""
    description: dict[str, Any] = {"input_shape": list(network.input_shape), "loss": type(network.loss).__name__}
    if network.scaling != Scaling():
        description["scaling"] = asdict(network.scaling)
    return description | {"layers": [describe_layer(layer) for layer in network.layers]}


def describe_layer(layer: Layer) -> dict[str, Any]:
    """The layer's type and those hyper-parameters that are not their defaults."""
    options = {
        name: {"seed": value.seed} if isinstance(value, Lcg48) else value for name, value in layer.options().items()
    }
    return {"type": type(layer).__name__, **options}


def build(description: dict[str, Any], seed: int = 0) -> Network:
    """The network of a description; NetworkError says which key is missing, unknown or wrong."""
    known = {"input_shape", "loss", "scaling", "layers"}
    unknown = set(description) - known
    if unknown:
        raise NetworkError(f"unknown key {min(unknown)!r}; expected {', '.join(sorted(known))}")
    for key in ("input_shape", "layers"):
        if not isinstance(description.get(key), list):
            raise NetworkError(f"{key} is {description.get(key)!r}; expected a list")
    layers = [build_layer(k + 1, layer) for k, layer in enumerate(description["layers"])]
    loss = _find(LOSSES, description.get("loss", "LogSoftmaxNLL"), "loss")()
    scaling = _construct(Scaling, description.get("scaling", {}), "scaling")
    return Network(layers, description["input_shape"], loss, scaling=scaling, seed=seed)


def build_layer(number: int, description: Any) -> Layer:
    """The layer of one [[layers]] entry."""
    where = f"layer {number}"
    if not isinstance(description, dict) or "type" not in description:
        raise NetworkError(f'{where} is {description!r}; expected a table with a type, as in type = "ReLU"')
    kind = _find(LAYERS, description["type"], where)
    options = {key: value for key, value in description.items() if key != "type"}
    if kind is Dropout and "stream" in options:
        options["stream"] = _construct(Lcg48, options["stream"], f"{where}, stream")
    return _construct(kind, options, where)


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


def _find(kinds: tuple[type[T], ...], name: Any, where: str) -> type[T]:
    """The class of that name, in any case, with or without `_`: MaxPooling, max_pooling."""

    def plain(text: Any) -> str:
        return str(text).lower().replace("_", "").replace("-", "")

    for kind in kinds:
        if plain(kind.__name__) == plain(name):
            return kind
    raise NetworkError(f"{where}: there is no {name!r}; expected one of: {', '.join(k.__name__ for k in kinds)}")


def _construct(kind: type, options: Any, where: str) -> Any:
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


def describe_training(training: Training) -> dict[str, Any]:
    """How a network is trained, as numbers and strings; a batch size of None (all samples) is left out."""
    described = {key: value for key, value in asdict(training).items() if value is not None}
    return described | {"optimizer": {"type": type(training.optimizer).__name__, **asdict(training.optimizer)}}


def build_training(description: dict[str, Any]) -> Training:
    """The training that `describe_training` described; UsageError if it is none."""
    options = {"batch_size": None, **description}
    try:
        if "augmentation" in options:
            options["augmentation"] = Augmentation.of(options["augmentation"])
        settings = dict(options.pop("optimizer"))
        kind = OPTIMIZERS[settings.pop("type").lower()]
        return Training(kind(**settings), **options)
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"cannot read how to train: {error}") from None
