"""Kinds of arguments: for each, what is no such thing, and other forms of one that must mean the same."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import chainrule as cr

Made = Callable[[], Any]

JUNK: dict[str, Made] = {
    "None": lambda: None,
    "an object": object,
    "text": lambda: "a",
    "bytes": lambda: b"a",
    "complex": lambda: 1j,
    "NaN": lambda: math.nan,
    "infinity": lambda: math.inf,
    "minus infinity": lambda: np.float32(-math.inf),
    "True": lambda: True,
    "zero": lambda: 0,
    "minus one": lambda: -1,
    "a half": lambda: 0.5,
    "beyond 64 bits": lambda: 2**70,
    "below 64 bits": lambda: -(2**70),
    "nothing in a list": list,
    "a dict": lambda: {"a": 1},
    "a set": lambda: {1.5},
    "a generator": lambda: (each for each in (1,)),
    "a function": lambda: len,
    "a class": lambda: cr.Linear,
    "a layer": lambda: cr.Tanh(),
    "a date": lambda: np.datetime64("2020-01-01"),
    "dates": lambda: np.array(["2020-01-01"] * 6, "M8[D]"),
    "objects": lambda: np.array([object()] * 6),
    "texts": lambda: np.array(["a"] * 6),
    "complex numbers": lambda: np.ones((6, 4), np.complex64),
    "a table of none": lambda: np.zeros((0, 4), np.float32),
    "five axes": lambda: np.zeros((6, 1, 1, 1, 4), np.float32),
    "lists of several lengths": lambda: [[1.0], [1.0, 2.0]],
    "ints beyond 64 bits": lambda: [[2**70] * 4] * 6,
    "a sparse matrix": lambda: _sparse(),
    "masked values": lambda: np.ma.masked_equal(np.ones((6, 4), np.float32), 1),
    "masked values in a list": lambda: [np.ma.masked_equal(np.ones(4, np.float32), 1)] * 6,
    "a record": lambda: np.zeros(6, [("a", "f4")]),
}
"""What is wrong nearly everywhere, by what it is called."""


def _sparse() -> Any:
    from scipy.sparse import csr_array

    return csr_array(np.eye(6, 4, dtype=np.float32))


@dataclass(frozen=True)
class Kind:
    """What an argument may be."""

    takes: frozenset[str] = frozenset()
    """Of `JUNK`, what is right here, or may be."""
    wrong: dict[str, Made] = field(default_factory=dict)
    """What is refused, beside the junk."""
    alike: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    """What becomes of a right value another that means the same."""

    def refused(self) -> dict[str, Made]:
        """All that is refused."""
        return {name: made for name, made in JUNK.items() if name not in self.takes} | self.wrong

    def but(self, *takes: str) -> "Kind":
        """The same, which also takes that."""
        wrong = {name: made for name, made in self.wrong.items() if name not in takes}
        return replace(self, takes=self.takes | {*takes}, wrong=wrong)


def kind(*takes: str, wrong: dict[str, Made] | None = None, alike: Mapping[str, Any] | None = None) -> Kind:
    """One that takes that junk, refuses what is wrong, and takes what is alike for the same."""
    return Kind(frozenset(takes), wrong or {}, dict(alike or {}))


def _frame(x: Any) -> Any:
    import pandas

    return pandas.DataFrame(x) if np.ndim(x) == 2 else pandas.Series(x) if np.ndim(x) == 1 else x


class ArrayLike:
    """What only says what it is when it is asked for an array."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array(self.x, dtype)


def unaligned(x: np.ndarray) -> np.ndarray:
    """The same numbers, at an odd address."""
    room = np.empty(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    room[...] = x
    return room


def read_only(x: np.ndarray) -> np.ndarray:
    y = x.copy()
    y.flags.writeable = False
    return y


def in_record(x: np.ndarray) -> np.ndarray:
    """One field of a structured array."""
    record = np.zeros(x.shape, [("before", "u1"), ("x", x.dtype)])
    record["x"] = x
    return record["x"]


LAYOUTS: dict[str, Callable[[np.ndarray], Any]] = {
    "read-only": read_only,
    "in columns": np.asfortranarray,
    "with gaps": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "last axis backwards": lambda x: x[..., ::-1].copy()[..., ::-1],
    "within a larger one": lambda x: np.pad(x, 1)[(slice(1, -1),) * x.ndim],
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "unaligned": unaligned,
    "in a record": in_record,
    "of a subclass": lambda x: x.view(type("Own", (np.ndarray,), {})),
    "masked, none of it": np.ma.MaskedArray,
}
"""The same numbers, elsewhere in memory."""
FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "a list": lambda x: x.tolist(),
    "a list of arrays": list,
    "a tuple": lambda x: tuple(x.tolist()),
    "pandas": _frame,
    "an array-like": ArrayLike,
    "a memory view": lambda x: memoryview(np.ascontiguousarray(x).data),
    "Python's objects": lambda x: x.astype(object),
}
WIDTHS = {"float16": np.float16, "float64": np.float64, "long doubles": np.longdouble}
ARRAY = LAYOUTS | FORMS
FLOATS = ARRAY | {name: (lambda x, dtype=dtype: x.astype(dtype)) for name, dtype in WIDTHS.items()}
INTS = ARRAY | {name: (lambda x, dtype=name: x.astype(dtype)) for name in ("uint8", "int16", ">i4", "uint64")}

SCALARS = {"NumPy's": np.float64, "an array": np.array}
WHOLE = {"NumPy's": np.int16, "another of NumPy's": np.uint64, "an array": np.array}

COUNT = kind(alike=WHOLE)
COUNT_OR_0 = kind("zero", alike=WHOLE)
MANY = kind("beyond 64 bits", alike=WHOLE)
"""A count that may be however large."""
MANY_OR_0 = MANY.but("zero")
REAL = kind("zero", "minus one", "a half", "beyond 64 bits", "below 64 bits", alike=SCALARS)
POSITIVE = kind("a half", "beyond 64 bits", alike=SCALARS)
NOT_NEGATIVE = POSITIVE.but("zero")
BELOW_1 = kind("zero", "a half", alike=SCALARS, wrong={"one": lambda: 1, "two": lambda: 2.0})
FRACTION = kind("a half", alike=SCALARS, wrong={"one": lambda: 1.0})
SEED = COUNT_OR_0
FLAG = kind("True", wrong={"one": lambda: 1, "no": lambda: "no"}, alike={"NumPy's": np.bool_})
NAME = kind(wrong={"another name": lambda: "nosuch", "no name": lambda: ""})
ANY_TEXT = kind("text")
