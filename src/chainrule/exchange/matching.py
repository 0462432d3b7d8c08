"""Which tensor of a PyTorch state_dict is which parameter: by name, else by shape and order.

A state_dict of a wrapped module begins all its names alike, with `module.` or `_orig_mod.`; one of nn.Sequential
numbers its layers, `0.weight`, `2.weight`; one of a user's own class has any names. A file keeps no order but that of
the names, so that layers of one shape are told apart by the numbers in their names alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from chainrule.base.errors import ModelError
from chainrule.base.numbers import whole_of

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
Tensors = dict[str, str | None]  # of a file, by the parameter's name; None: a bias that is 0
BIAS = "bias"  # what a layer of PyTorch may be without
COUNT = "num_batches_tracked"  # of a BatchNorm: how many batches it saw, on which nothing depends
OF_BATCH_NORM = "running_mean", "running_var", COUNT  # what only a BatchNorm has
FOREIGN = {
    "weight_ih_l0": "recurrent layer (LSTM, GRU, RNN)", "weight_hh_l0": "recurrent layer (LSTM, GRU, RNN)",
    "in_proj_weight": "MultiheadAttention", "weight_g": "weight norm", "weight_v": "weight norm",
    "original0": "parametrization", "original1": "parametrization", "weight_orig": "pruning or spectral norm",
    "scale": "quantized layer", "zero_point": "quantized layer", "_packed_params": "quantized layer",
}  # fmt: skip
BY_AXES = {5: "Conv3d"}
"""What a weight of so many axes belongs to; Linear has 2, Conv1d 3, Conv2d 4."""
KNOWN = "Linear, Conv1d, Conv2d, BatchNorm, LayerNorm"


class Match(NamedTuple):
    """The tensor of each parameter; and what was done, if it was more than to read names."""

    tensors: Tensors
    words: str = ""


def match(path: object, found: Shapes, expected: Shapes) -> Match:
    """The file's tensors for the expected ones, both given by their shapes; ModelError if they cannot be matched."""
    if any(_key(name) in OF_BATCH_NORM for name in expected):
        found = {name: shape for name, shape in found.items() if _key(name) != COUNT}
    tensors, words = by_name(found, expected), ""
    if tensors is None:
        tensors = by_shape(path, found, expected)
        if tensors is None:
            raise ModelError(f"{path}: {_why(found, expected)}")
        told = [name for name, each in tensors.items() if each and _key(name) not in (BIAS, *OF_BATCH_NORM)]
        words = f"matched by shape and order: {', '.join(f'{tensors[name]} as {name}' for name in told)}"
    elif prefix := _prefix(tensors):
        words = f"names are read without {prefix!r}"
    unused = [name for name in found if name not in tensors.values()]
    if unused:
        raise ModelError(f"{path}: {_left_over(found, unused, expected)}")
    zeros = [name for name, each in tensors.items() if each is None]
    said = [words, f"{', '.join(zeros)} not there, taken as 0" if zeros else ""]
    return Match(tensors, "; ".join(filter(None, said)))


def by_name(found: Shapes, expected: Shapes) -> Tensors | None:
    """The match of names, perhaps behind a prefix that all have; None if one is not there, or of another shape."""
    for prefix in prefixes(found):
        tensors = {name: prefix + name if prefix + name in found else None for name in expected}
        missing = [name for name, each in tensors.items() if each is None]
        right = all(found[each] == expected[name] for name, each in tensors.items() if each)
        if right and len(missing) in range(len(tensors) or 1) and all(name.endswith(BIAS) for name in missing):
            return tensors
    return None


def _prefix(tensors: Tensors) -> str:
    return next((each.removesuffix(name) for name, each in tensors.items() if each), "")


def prefixes(found: Shapes) -> list[str]:
    """What all names may begin with that is no part of them, the shortest first: "", "module.", ..."""
    heads, first = [""], min(found, default="").split(".")[:-1]
    for k in range(1, len(first) + 1):
        head = ".".join(first[:k]) + "."
        if all(name.startswith(head) for name in found):
            heads.append(head)
    return heads


def by_shape(path: object, found: Shapes, expected: Shapes) -> Tensors | None:
    """The match of layers by shape, those of one in the order of the numbers in their names; None if there is none."""
    theirs, ours = layers(found), layers(expected)
    waiting = sorted(theirs, key=_natural)
    tensors: Tensors = {}
    for layer, shapes in ours.items():
        alike = [each for each in waiting if fits(theirs[each], shapes)]
        if not alike:
            return None
        if len({re.sub(r"\d+", "#", each) for each in alike}) > 1:
            names = " and ".join(alike[:2])
            which = "have the same shapes, and no numbers tell which is first"
            raise ModelError(f"{path}: {names} {which}; expected names as {_list(expected)}")
        waiting.remove(alike[0])
        for key in shapes:
            tensors[_joined(layer, key)] = _joined(alike[0], key) if key in theirs[alike[0]] else None
    return tensors


def layers(shapes: Shapes) -> dict[str, dict[str, Shape]]:
    """The tensors of each layer, "conv1" or "features.0", by their own names, "weight"."""
    found: dict[str, dict[str, Shape]] = {}
    for name, shape in shapes.items():
        layer, _, key = name.rpartition(".")
        found.setdefault(layer, {})[key] = shape
    return found


def fits(given: Shapes, wanted: Shapes) -> bool:
    """Whether a layer has just these tensors, but perhaps for its bias."""
    return {**given, BIAS: wanted.get(BIAS)} == {**wanted, BIAS: given.get(BIAS, wanted.get(BIAS))}


def _why(found: Shapes, expected: Shapes) -> str:
    """Why they cannot be matched: what the network has not, or what it misses first."""
    foreign = _foreign(found, [name for name in found if name not in expected])
    if foreign:
        return foreign
    for name, shape in expected.items():
        if name in found and found[name] != shape:
            return f"{name} has shape {found[name]}; the network's has {shape}"
        if name not in found and not (name.endswith(BIAS) and f"{name.removesuffix(BIAS)}weight" in found):
            return f"has no {name}, of shape {shape}; it has {_list(found)}"
    return f"its tensors do not fit the network's; it has {_list(found)}"


def _left_over(found: Shapes, unused: Sequence[str], expected: Shapes) -> str:
    foreign = _foreign(found, unused)
    return foreign or f"{unused[0]} is no parameter of the network, which has {_list(expected)}"


def _foreign(found: Shapes, names: Iterable[str]) -> str:
    """Which of these belongs to a kind of layer that chainrule, or the network, does not have; "" if none does."""
    for name in sorted(names, key=lambda each: _key(each) not in (*FOREIGN, *OF_BATCH_NORM)):
        layer, _, key = name.rpartition(".")
        if key in OF_BATCH_NORM:
            return f"{layer or name} is a BatchNorm that keeps statistics, as {name} tells; the network has none there"
        kind = FOREIGN.get(key) or (BY_AXES.get(len(found[name])) if key == "weight" else None)
        if kind:
            return f"{layer or name} is a {kind}, as {name} tells; expected layers that chainrule has: {KNOWN}"
    return ""


def _natural(name: str) -> list[tuple[int, str]]:
    """So that "10" comes after "2"."""
    parts = [(whole_of(part), part) for part in re.split("([0-9]+)", name)]
    return [(-1, part) if number is None else (number, "") for number, part in parts]


def _key(name: str) -> str:
    """A tensor's own name, "weight"."""
    return name.rpartition(".")[2]


def _joined(layer: str, key: str) -> str:
    return f"{layer}.{key}" if layer else key


def _list(names: Iterable[str]) -> str:
    """The first names, as a message lists them."""
    names = list(names)
    first = names[:8]
    return (", ".join(first) or "none") + (", ..." if len(names) > len(first) else "")
