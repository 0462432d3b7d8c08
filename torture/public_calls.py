"""What of the Python API is called by users, each with a call that is right, and of which kind each argument is."""

from collections.abc import Callable
from inspect import isfunction
from typing import Any, NamedTuple

import numpy as np

import chainrule as cr
from chainrule.engine import execute
from torture.kinds import (
    COUNT,
    FLOATS,
    INTS,
    LAYOUTS,
    NAME,
    SCALARS,
    Kind,
    kind,
)  # fmt: skip

X = (np.arange(24, dtype=np.float32).reshape(6, 4) - 9) / 8
T = np.array([0, 1, 2, 2, 1, 0])
VALUES = np.array([0.5, -1, 2, 1.5, 0, 0.25], np.float32)
WEIGHTS = np.array([1, 2, 0.5, 1, 0, 3], np.float32)
PICTURES = (np.arange(6 * 64) * 37 % 256).astype(np.uint8).reshape(6, 1, 8, 8)


class Call(NamedTuple):
    """A public callable, and its arguments by name: the kind of each, and a right value or what makes one."""

    made: Callable[[], Callable[..., Any]]
    arguments: dict[str, tuple[Kind, Any]]

    def right(self) -> dict[str, Any]:
        """Right arguments, new ones."""
        return {name: fresh(value) for name, (_, value) in self.arguments.items()}


def fresh(value: Any) -> Any:
    """A right value that nobody else has."""
    made = value() if isfunction(value) else value
    return made.copy() if isinstance(made, np.ndarray) else made


def network() -> cr.Network:
    return cr.Network([cr.Linear(5), cr.ReLU(), cr.Linear(3)], 4, seed=1)


def fitted() -> cr.Network:
    """One that knows what it was trained on."""
    found = network()
    cr.fit(found, dataset(), cr.Training(epochs=1), engine="reference", progress=False)
    return found


def regression() -> cr.Network:
    return cr.Network([cr.Linear(1)], 4, cr.SquaredError(), seed=1)


def dataset() -> cr.Dataset:
    return cr.Dataset(X.copy(), T.copy())


def changed(**parts: Any) -> Callable[[], cr.Dataset]:
    """Data of which parts are wrong."""
    return lambda: cr.Dataset(**{"x": X, "t": T} | {name: fresh(part) for name, part in parts.items()})


def spoilt(value: float) -> np.ndarray:
    """X with that in it."""
    x = X.copy()
    x[2, 1] = value
    return x


def batch() -> cr.Batch:
    return cr.Batch(X, T)


def execution(engine: str = "reference") -> Any:
    return execute(network(), engine, threads=1)


def weights(engine: str = "reference") -> np.ndarray:
    of = execution(engine)
    return of.layout.pack(of.network.w)


BAD_X = {
    "too narrow": lambda: X[:, :3],
    "too wide": lambda: np.zeros((6, 5), np.float32),
    "of one axis": lambda: X[0],
    "of three axes": lambda: X[:, :, None, None, None],
    "void": lambda: np.zeros((6, 4), "V4"),
    "timedeltas": lambda: np.zeros((6, 4), "m8[s]"),
}
X_ASKED = kind("a table of none", wrong=BAD_X, alike=FLOATS.items())
X_GIVEN = kind(
    "a table of none", "five axes", wrong={k: BAD_X[k] for k in ("void", "timedeltas")}, alike=FLOATS.items()
)
BAD_LENGTHS = {"too few": lambda: np.ones(5), "too many": lambda: np.ones(7), "a single one": lambda: np.ones(1)}
WEIGHT = kind("None", wrong=BAD_LENGTHS | {
    "negative": lambda: -WEIGHTS, "NaN in it": lambda: WEIGHTS * np.nan, "infinite": lambda: WEIGHTS + np.inf,
    "in two axes": lambda: WEIGHTS[:, None] * np.ones(2),
}, alike=FLOATS.items())  # fmt: skip
WEIGHT_GIVEN = Kind(
    WEIGHT.takes, {k: v for k, v in WEIGHT.wrong.items() if k in BAD_LENGTHS or "axes" in k}, WEIGHT.alike
)
BAD_LABELS = {
    "negative labels": lambda: T - 1, "labels too large": lambda: T + 1, "labels far too large": lambda: T + 2**40,
    "labels not whole": lambda: T + 0.5, "labels NaN": lambda: T * np.nan, "labels in two axes": lambda: T[:, None] * [1, 1],
    "too few labels": lambda: T[:5], "too many labels": lambda: np.append(T, 0), "text": lambda: T.astype(str),
}  # fmt: skip
LABELS = kind(wrong=BAD_LABELS, alike=INTS.items())
DATA = kind(wrong={
    **{name: changed(t=t) for name, t in BAD_LABELS.items()},
    "NaN in x": changed(x=lambda: spoilt(np.nan)), "infinity in x": changed(x=lambda: spoilt(np.inf)),
    "x too wide": changed(x=lambda: np.zeros((6, 5), np.float32)), "x of pictures": changed(x=PICTURES),
    "x of text": changed(x=lambda: X.astype(str)), "x complex": changed(x=lambda: X + 0j),
    "x of objects": changed(x=lambda: np.full((6, 4), None)),
    "negative weights": changed(sample_weight=lambda: -WEIGHTS), "no weight": changed(sample_weight=lambda: 0 * WEIGHTS),
    "weights NaN": changed(sample_weight=lambda: WEIGHTS * np.nan), "no samples": lambda: cr.Dataset(X[:0], T[:0]),
    "two arrays": lambda: (X, T), "an array": lambda: X,
})  # fmt: skip
VALIDATION = kind("None", wrong={k: v for k, v in DATA.wrong.items() if k != "no samples"})
NETWORK = kind(wrong={"a list of layers": lambda: [cr.Linear(3)], "an engine": execution})
OBJECTIVE = kind(wrong={"a network": network})
LAYER = kind("a layer", wrong={"a network": network, "a loss": cr.NLL})
LAYERS = kind("a generator", wrong={"with a class": lambda: [cr.Linear], "with a number": lambda: [cr.Linear(3), 5],
                     "with a network": lambda: [network()], "with None": lambda: [None], "a loss": cr.NLL},
              alike=[("a tuple", tuple), ("a generator", lambda layers: (each for each in layers))])  # fmt: skip
SHORTCUT = LAYERS.but("None", "a layer", "nothing in a list")
SHAPE = kind(wrong={"of two": lambda: (4, 4), "of four": lambda: (1, 1, 2, 2), "with a half": lambda: (1, 2, 2.5),
                    "far too large": lambda: 10**18},
             alike=[("a tuple", lambda n: (n,)), ("a list", lambda n: [n]), ("an array", lambda n: np.array([n])),
                    ("NumPy's", np.int32), ("a lone array", np.array)])  # fmt: skip
LOSS = kind("None", wrong={"a class": lambda: cr.NLL, "a name": lambda: "nll", "for probabilities": cr.NLL})
SCALING = kind("None", wrong={"a number": lambda: 5.0, "a pair": lambda: (0.0, 1.0), "a class": lambda: cr.Scaling})
DTYPE = kind("None", wrong={"float16": lambda: np.float16, "int": lambda: int, "complex": lambda: complex},
             alike=[("its name", lambda d: np.dtype(d).name), ("a dtype", np.dtype)])  # fmt: skip
THREADS = COUNT.but("None", "beyond 64 bits")
ENGINE = NAME.but()
UNIT = kind("zero", "minus one", "a half", "beyond 64 bits", "below 64 bits", "masked values", alike=SCALARS)
STD = kind(
    "a half", "beyond 64 bits", wrong={"with 0": lambda: [1.0, 0.0], "with NaN": lambda: [np.nan]}, alike=SCALARS
)
ROW = kind("objects", wrong={"with NaN": lambda: [0, np.nan, 0, 0], "of text": lambda: ["a"] * 4},
           alike=[*FLOATS.items()])  # fmt: skip
ROW = Kind(frozenset(), ROW.wrong, ROW.alike)
TRAINING = kind("None", wrong={"a class": lambda: cr.Training, "a number": lambda: 3, "an optimizer": cr.Adam})
LISTENERS = kind("nothing in a list", "a dict", wrong={"numbers": lambda: [1]}, alike=[("a tuple", tuple)])
LISTENERS = kind(
    "nothing in a list", wrong={"numbers": lambda: [1], "one alone": lambda: print}, alike=[("a tuple", tuple)]
)
OPTIMIZER = kind(wrong={"a name": lambda: "adam", "a class": lambda: cr.Adam, "a number": lambda: 0.1})
BATCH = kind(wrong={
    **{name: (lambda t=t: cr.Batch(X, t())) for name, t in BAD_LABELS.items()},
    **{name: (lambda x=x: cr.Batch(x(), T)) for name, x in BAD_X.items()},
    "rows out of range": lambda: cr.Batch(X, T, rows=np.array([0, 1, 2, 3, 4, 6])),
    "rows negative": lambda: cr.Batch(X, T, rows=np.arange(6) - 1),
    "rows not whole": lambda: cr.Batch(X, T, rows=np.arange(6.0)),
    "too few rows": lambda: cr.Batch(X, T, rows=np.arange(5)),
    "lists": lambda: cr.Batch(X.tolist(), T.tolist()),
    "a list as weight": lambda: cr.Batch(X, T, WEIGHTS.tolist()),
    "complex weights": lambda: cr.Batch(X, T, WEIGHTS + 0j),
    "too few weights": lambda: cr.Batch(X, T, WEIGHTS[:5]),
})  # fmt: skip
BAD_W = {
    "too short": lambda: np.zeros(7, np.float32), "too long": lambda: np.zeros(4000, np.float32),
    "of ints": lambda: np.zeros(43, int), "a list": lambda: weights().tolist(), "in two axes": lambda: weights()[None],
    "with gaps": lambda: np.repeat(weights(), 2)[::2],
}  # fmt: skip
VECTOR = kind(wrong=BAD_W)
START = kind(wrong={k: v for k, v in BAD_W.items() if k in ("too short", "too long")}, alike=LAYOUTS.items())
VIEWED = kind("None", wrong={k: v for k, v in BAD_W.items() if k in ("too short", "too long", "a list", "in two axes")})
WRITTEN = kind(wrong=BAD_W | {"read-only": lambda: _frozen(weights())})


def _frozen(a: np.ndarray) -> np.ndarray:
    a.flags.writeable = False
    return a


def method(of: Callable[[], Any], name: str) -> Callable[[], Callable[..., Any]]:
    return lambda: getattr(of(), name)


def call(made: Callable[..., Any], **arguments: tuple[Kind, Any]) -> Call:
    return Call(lambda: made, arguments)


def asked(made: Callable[[], Callable[..., Any]], **arguments: tuple[Kind, Any]) -> Call:
    return Call(made, arguments)
