"""A call of a public function that is right, and of which kind each of its arguments is."""

import tempfile
from collections.abc import Callable
from inspect import isfunction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import chainrule as cr
from torture import kinds as k
from torture import values as v


class Call(NamedTuple):
    """A public callable, and its arguments by name: the kind of each, and a right value or what makes one."""

    made: Callable[[], Callable[..., Any]]
    arguments: dict[str, tuple[k.Kind, Any]]

    def right(self) -> dict[str, Any]:
        """Right arguments that nobody else has."""
        found = {name: value() if isfunction(value) else value for name, (_, value) in self.arguments.items()}
        return {name: each.copy() if isinstance(each, np.ndarray) else each for name, each in found.items()}


def call(made: Callable[..., Any], **arguments: tuple[k.Kind, Any]) -> Call:
    """Of a function or class."""
    return Call(lambda: made, arguments)


def asked(of: Callable[[], Any], method: str = "__call__", **arguments: tuple[k.Kind, Any]) -> Call:
    """Of a method of what a function makes."""
    return Call(lambda: getattr(of(), method), arguments)


def trained(network: cr.Network, data: cr.Dataset, training: Any, **how: Any) -> np.ndarray:
    """w after `fit`."""
    cr.fit(network, data, training, **how)
    return network.w


def entered(comm: Any = None) -> int:
    """How many ranks there are in `distributed`."""
    with cr.distributed(comm) as ranks:
        return ranks.size


def file(name: str) -> Path:
    """A path for one's own."""
    return Path(tempfile.gettempdir()) / f"chainrule-torture-{name}"


def written(name: str, write: Callable[[Path], object]) -> Callable[[], Path]:
    """What makes a path at which something was written."""

    def made() -> Path:
        write(file(name))
        return file(name)

    return made


LR, INITIAL, SIZE, SIZE_OR_0 = (k.NOT_NEGATIVE, 0.1), (k.NAME, "uniform"), k.MANY, k.MANY_OR_0
ENGINE, THREADS, SEED, FLAG = (k.NAME, "reference"), (v.THREADS, 1), (k.SEED, 1), (k.FLAG, False)
NETWORK, DATA, X, W = (v.NETWORK, v.network), (v.DATA, v.dataset), (v.X_ASKED, v.X), (v.VECTOR, v.weights)
LISTENERS = v.LISTENERS, lambda: [lambda event: None]
TEXTS = k.kind("None", "nothing in a list", "texts", wrong={"numbers": lambda: [1, 2, 3]}, alike={"a list": list})
PATH = k.kind(
    wrong={"missing": lambda: "/dev/null/file", "a folder": tempfile.gettempdir, "with a zero": lambda: "a\0b"},
    alike={"text": str},
)
NEW = PATH.but("text")
LABELS = k.kind("texts", "five axes", "a table of none", "nothing in a list", alike=k.INTS)
NUMBERS = k.kind(wrong=v.LENGTHS | {"NaN": lambda: v.VALUES * np.nan}, alike=k.FLOATS)
ENTRIES = k.kind(
    "None", "a generator", wrong={"too large": lambda: [4000], "negative": lambda: [-1]}, alike={"a tuple": tuple}
)
WHICH = k.kind("zero", "minus one", alike=k.WHOLE)
INDICES = k.kind(
    "nothing in a list",
    wrong={"out of range": lambda: [7], "halves": lambda: [0.5]},
    alike={
        "a list": list,
        "a tuple": tuple,
        "int16": lambda i: i.astype("i2"),
        "a mask": lambda i: np.arange(6) % 4 == 0,
    },
)
TABLE = "a,b,t\n" + "1,2,x\n2,3,y\n3,1,x\n" * 4
