"""A layer as plain data and back: its type's name, and those of its fields that are not at their defaults.

Numbers (NumPy's as Python's), strings, None, layers, and tuples and dictionaries of these come back as they were. What
would not is refused while the layer is still there.
"""

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from chainrule.base.errors import ChainruleError, NetworkError
from chainrule.base.guessing import meant, plain
from chainrule.base.showing import one_line, short
from chainrule.layers import LAYERS, Layer
from chainrule.losses import Loss

T = TypeVar("T", bound=Layer | Loss)
REGISTERED = "@chainrule.register above its class"


def describe_layer(layer: Layer, where: str) -> dict[str, Any]:
    """The layer's type and those hyper-parameters that are not their defaults; `where` is what errors call it."""
    name = type(layer).__name__
    if LAYERS.get(name) is not type(layer):
        raise NetworkError(f"{where} is of a class {name} that is not registered; expected {REGISTERED} {name}")
    try:
        options = layer.options()
    except ValueError:  # an array is neither its default nor not
        options = {each.name: getattr(layer, each.name) for each in fields(layer)}
    written = {key: _plain(value, f"{where}, {name}.{key}") for key, value in options.items()}
    again = build_layer(written | {"type": name}, where)
    for key, value in options.items():
        back = getattr(again, key, None)
        if back != value:
            given, back = one_line(repr(value), 80), one_line(repr(back), 80)
            raise NetworkError(f"{where}, {name}.{key} is {given}; expected {back}, as a file would give it back")
    return {"type": name} | written


def _plain(value: Any, where: str) -> Any:
    """A hyper-parameter, in which layers may stand, as plain data."""
    if isinstance(value, Layer):
        return describe_layer(value, where)
    if isinstance(value, list | tuple):
        return [_plain(each, f"{where} {k}") for k, each in enumerate(value, start=1)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(each, f"{where}, {key}") for key, each in value.items()}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    expected = "a number, a string, None, a layer, or a tuple or dictionary of these"
    raise NetworkError(f"{where} is {one_line(repr(value), 80)}; expected {expected}")


def build_layer(description: Any, where: str) -> Layer:
    """The layer of one [[layers]] entry; `where` is what errors call it."""
    if not isinstance(description, dict) or "type" not in description:
        raise NetworkError(f'{where} is {short(description)}; expected a table with a type, as in type = "ReLU"')
    name = description["type"]
    own = f"{REGISTERED} {name}, or " if isinstance(name, str) and name.isidentifier() else ""
    kind = find(LAYERS, name, where, own)
    options = {key: _built(value, f"{where}, {key}") for key, value in description.items() if key != "type"}
    return construct(kind, options, where)


def _built(value: Any, where: str) -> Any:
    """A hyper-parameter from plain data: what has a type is a layer, and a list is a tuple, as layers do not change."""
    if isinstance(value, list):
        return tuple(_built(each, f"{where} {k}") for k, each in enumerate(value, start=1))
    if isinstance(value, dict) and "type" in value:
        return build_layer(value, where)
    return {key: _built(each, f"{where}, {key}") for key, each in value.items()} if isinstance(value, dict) else value


def find(kinds: Mapping[str, type[T]], name: Any, where: str, or_this: str = "") -> type[T]:
    """The class of that name, in any case, with or without `_`: MaxPooling, max_pooling."""
    for known, kind in kinds.items():
        if plain(known) == plain(str(name)):
            return kind
    raise NetworkError(
        f"{where}: there is no {short(name)}; expected {or_this}one of: {', '.join(kinds)}{meant(name, kinds)}"
    )


def construct(kind: type, options: Any, where: str) -> Any:
    """kind(**options), or NetworkError naming the option that is missing, unknown or wrong."""
    if not isinstance(options, dict):
        raise NetworkError(f"{where} is {short(options)}; expected a table")
    signature = inspect.signature(kind)
    unknown = set(options) - set(signature.parameters)
    if unknown:
        wrong, known = min(unknown), signature.parameters
        takes = f"{', '.join(known) or 'no options'}{meant(wrong, known)}"
        raise NetworkError(f"{where}: {kind.__name__} has no option {wrong!r}; it takes {takes}")
    for name, parameter in signature.parameters.items():
        if parameter.default is parameter.empty and name not in options:
            raise NetworkError(f"{where}: {kind.__name__} needs {name}")
    try:
        return kind(**options)
    except ChainruleError as error:
        raise NetworkError(str(error) if str(error).startswith(f"{where}:") else f"{where}: {error}") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):  # of a layer that checks nothing
        raise NetworkError(f"{where}: {kind.__name__} cannot be made of {short(options)}") from None
