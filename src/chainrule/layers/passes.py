"""What a layer is given is read-only, and what its passes return is checked where it is called.

So an error names the layer. Without a check, an array of another shape would be broadcast, or fill a part of a buffer,
and the answer would be wrong without a word.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from chainrule.base.arrays import described, is_plain
from chainrule.base.errors import NetworkError

Arrays = Mapping[str, np.ndarray]  # by name, as in "w" or, of a layer made of others, "conv1.w"
Shape = tuple[int, ...]


class Statistics(MutableMapping[str, np.ndarray]):
    """A layer's statistics by name. To set one is to write its numbers, which are the network's."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self or np.shape(value) != self[name].shape:
            there = ", ".join(f"{each} of shape {array.shape}" for each, array in self.items())
            raise NetworkError(f"the statistic {name} is set to {described(value)}; expected {there or 'none'}")
        self[name][...] = value

    def __delitem__(self, name: str) -> None:
        raise NetworkError(f"the statistic {name} is deleted; expected a new value")

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


def passed_on(found: Any, name: str, shape: Shape) -> tuple[np.ndarray, Any]:
    """(y, saved), as a forward pass gave them; NetworkError unless y (s, ...) is floats of that shape."""
    y, saved = _pair(found, f"{name}: forward", "(y, saved)")
    _check(f"{name}: forward", "y", y, shape)
    return y, saved


def sent_back(found: Any, name: str, x_shape: Shape, w: Arrays) -> tuple[np.ndarray, Arrays]:
    """(gx, gw), as a backward pass gave them; NetworkError unless they are of x's shape and of w's."""
    gx, gw = _pair(found, f"{name}: backward", "(gx, gw)")
    _check(f"{name}: backward", "dL/dx", gx, x_shape)
    return gx, checked_gradients(gw, name, w)


def checked_gradients(gw: Any, name: str, w: Arrays) -> Arrays:
    """dL/dw by name; NetworkError unless there is one for each of w, of its shape, and no other."""
    where = f"{name}: backward"
    if not isinstance(gw, Mapping):
        raise NetworkError(f"{where} gave {described(gw)} for dL/dw; expected a dict by name")
    for key, of in w.items():
        _check(where, f"dL/d{key}", gw.get(key), of.shape)
    for key in gw.keys() - w.keys():
        raise NetworkError(f"{where} gave a gradient for {key}; expected those of {', '.join(w) or 'no parameter'}")
    return gw


def write_gradients(gw: Arrays, views: Arrays) -> None:
    """Write dL/dw into the views."""
    for name, view in views.items():
        view[...] = gw[name]


def _pair(found: Any, where: str, expected: str) -> tuple[Any, Any]:
    if not (isinstance(found, tuple) and len(found) == 2):
        raise NetworkError(f"{where} gave {described(found)}; expected {expected}")
    return found


def _check(where: str, name: str, a: Any, shape: Shape) -> None:
    if not is_plain(a) or a.dtype.kind != "f" or a.shape != shape:
        raise NetworkError(f"{where} gave {described(a)} for {name}; expected floats of shape {shape}")
