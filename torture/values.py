"""Right arguments of the public functions, and of which kinds data, networks and vectors are."""

from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.engine import execute
from torture.kinds import COUNT, FLOATS, INTS, LAYOUTS, SCALARS, Kind, kind

X = (np.arange(24, dtype=np.float32).reshape(6, 4) - 9) / 8  # exact in float16, too
T = np.array([0, 1, 2, 2, 1, 0])
VALUES = np.array([0.5, -1, 2, 1.5, 0, 0.25], np.float32)
WEIGHTS = np.array([1, 2, 0.5, 1, 0, 3], np.float32)
PICTURES = (np.arange(6 * 64) * 37 % 256).astype(np.uint8).reshape(6, 1, 8, 8)


def network() -> cr.Network:
    return cr.Network([cr.Linear(5), cr.ReLU(), cr.Linear(3)], 4, seed=1)


def fitted() -> cr.Network:
    """One that knows what it was trained on."""
    found = network()
    cr.fit(found, dataset(), cr.Training(epochs=1), engine="reference", progress=False)
    return found


def dataset() -> cr.Dataset:
    return cr.Dataset(X.copy(), T.copy())


def batch() -> cr.Batch:
    return cr.Batch(X, T)


def execution(engine: str = "reference") -> Any:
    return execute(network(), engine, threads=1)


def weights(engine: str = "reference") -> np.ndarray:
    """The network's, in the engine's order."""
    of = execution(engine)
    return of.layout.pack(of.network.w)


def frozen(a: np.ndarray) -> np.ndarray:
    a.flags.writeable = False
    return a


def masked(a: np.ndarray) -> np.ndarray:
    """Of which the last number is hidden."""
    return np.ma.MaskedArray(a, np.arange(a.size).reshape(a.shape) == a.size - 1)


def spoilt(value: float) -> np.ndarray:
    """X with that in it."""
    x = X.copy()
    x[2, 1] = value
    return x


def data_of(**parts: Callable[[], Any]) -> Callable[[], cr.Dataset]:
    """What makes data of which some parts are these."""
    return lambda: cr.Dataset(**({"x": X, "t": T} | {name: made() for name, made in parts.items()}))


def without(kind_: Kind, *names: str) -> Kind:
    """The same, which does not refuse values with one of these words in their names."""
    wrong = {key: made for key, made in kind_.wrong.items() if not any(name in key for name in names)}
    return Kind(kind_.takes, wrong, kind_.alike)


NO_NUMBERS = {"void": lambda: np.zeros((6, 4), "V4"), "timedeltas": lambda: np.zeros((6, 4), "m8[s]")}
BAD_X = NO_NUMBERS | {
    "too narrow": lambda: X[:, :3],
    "too wide": lambda: np.zeros((6, 5), np.float32),
    "of one axis": lambda: X[0],
    "of three axes": lambda: X[:, :, None],
}
X_ASKED = kind("a table of none", wrong=BAD_X, alike=FLOATS)
X_GIVEN = kind("a table of none", "five axes", wrong=NO_NUMBERS, alike=FLOATS)
LENGTHS = {"too few": lambda: np.ones(5), "too many": lambda: np.ones(7), "a single one": lambda: np.ones(1)}
WEIGHT = kind(
    "None",
    wrong=LENGTHS
    | {
        "negative": lambda: -WEIGHTS,
        "NaN in it": lambda: WEIGHTS * np.nan,
        "infinite": lambda: WEIGHTS + np.inf,
        "in two axes": lambda: WEIGHTS[:, None] * np.ones(2),
    },
    alike=FLOATS,
)
WEIGHT_GIVEN = without(WEIGHT, "negative", "NaN", "infinite")  # whoever uses them looks at that
BAD_LABELS = {
    "negative labels": lambda: T - 1,
    "labels too large": lambda: T + 1,
    "labels far too large": lambda: T + 2**40,
    "labels not whole": lambda: T + 0.5,
    "labels NaN": lambda: T * np.nan,
    "labels in two axes": lambda: T[:, None] * [1, 1],
    "too few labels": lambda: T[:5],
    "too many labels": lambda: np.append(T, 0),
    "labels of text": lambda: T.astype(str),
}
LABELS = kind(wrong=BAD_LABELS, alike=INTS)
LABELS_GIVEN = kind("five axes", wrong=LENGTHS, alike=INTS)
DATA = kind(
    wrong={name: data_of(t=t) for name, t in BAD_LABELS.items()}
    | {
        "NaN in x": data_of(x=lambda: spoilt(np.nan)),
        "infinity in x": data_of(x=lambda: spoilt(np.inf)),
        "x too wide": data_of(x=BAD_X["too wide"]),
        "x of pictures": data_of(x=lambda: PICTURES),
        "x of text": data_of(x=lambda: X.astype(str)),
        "x complex": data_of(x=lambda: X + 0j),
        "x of objects": data_of(x=lambda: np.full((6, 4), None)),
        "negative weights": data_of(sample_weight=lambda: -WEIGHTS),
        "weights of 0": data_of(sample_weight=lambda: 0 * WEIGHTS),
        "weights NaN": data_of(sample_weight=lambda: WEIGHTS * np.nan),
        "no samples": data_of(x=lambda: X[:0], t=lambda: T[:0]),
        "two arrays": lambda: (X, T),
        "an array": lambda: X,
    }
)
DATA_AT_ALL = kind(wrong={name: DATA.wrong[name] for name in ("x of text", "two arrays", "an array")})
VALIDATION = without(DATA, "no samples").but("None")
NETWORK = kind(wrong={"a list of layers": lambda: [cr.Linear(3)], "an engine": execution})
OBJECTIVE = kind(wrong={"a network": network})
LAYER = kind("a layer", wrong={"a network": network, "a loss": cr.NLL})
LAYERS = kind(
    wrong={
        "with a class": lambda: [cr.Linear],
        "with a number": lambda: [cr.Linear(3), 5],
        "with None": lambda: [None],
        "with a network": lambda: [network()],
        "a loss": cr.NLL,
    },
    alike={"a tuple": tuple, "an iterator": iter},
)
SHORTCUT = LAYERS.but("None", "a layer")
SHAPE = kind(
    wrong={
        "with a zero": lambda: (4, 0),
        "of five": lambda: (1, 1, 1, 2, 2),
        "of four": lambda: (1, 1, 2, 2),
        "with a half": lambda: (1, 2, 2.5),
        "far too large": lambda: 10**18,
    },
    alike={
        "a tuple": lambda n: (n,),
        "a list": lambda n: [n],
        "an array": lambda n: np.array([n]),
        "NumPy's": np.int32,
        "a lone array": np.array,
    },
)
LOSS = kind("None", wrong={"the class": lambda: cr.NLL, "a name": lambda: "nll", "for probabilities": cr.NLL})
SCALING = kind("None", wrong={"a number": lambda: 5.0, "a pair": lambda: (0.0, 1.0), "the class": lambda: cr.Scaling})
DTYPE = kind(
    wrong={"float16": lambda: np.float16, "int": lambda: int, "complex type": lambda: complex},
    alike={"its name": lambda dtype: np.dtype(dtype).name, "a dtype": np.dtype},
)
THREADS = COUNT.but("None", "beyond 64 bits")
UNIT = kind("zero", "minus one", "a half", "beyond 64 bits", "below 64 bits", alike=SCALARS)
CLASS_WEIGHT = kind(
    "None",
    wrong={"with 0": lambda: [1.0, 0.0], "with NaN": lambda: [np.nan, 1.0], "a number": lambda: 2.0},
    alike={"a list": list, "an array": np.array},
)
STD = kind(
    "a half", "beyond 64 bits", wrong={"with 0": lambda: [1.0, 0.0], "with NaN": lambda: [np.nan]}, alike=SCALARS
)
ROW = kind(wrong={"with NaN": lambda: [1, np.nan, 1, 1], "of text": lambda: ["a"] * 4}, alike=FLOATS)
TRAINING = kind(wrong={"the class": lambda: cr.Training, "a number": lambda: 3, "an optimizer": cr.Adam})
LISTENERS = kind(
    "nothing in a list",
    wrong={"numbers": lambda: [1], "one alone": lambda: print, "a class in it": lambda: [dict]},
    alike={"a tuple": tuple},
)
OPTIMIZER = kind(wrong={"a name": lambda: "adam", "the class": lambda: cr.Adam, "a number": lambda: 0.1})
STATE = kind(wrong={"of another": lambda: cr.Adam().new_state(weights())})
BATCH = kind(
    wrong={name: (lambda t=t: cr.Batch(X, t())) for name, t in BAD_LABELS.items()}
    | {name: (lambda x=x: cr.Batch(x(), T)) for name, x in BAD_X.items()}
    | {
        "rows out of range": lambda: cr.Batch(X, T, rows=np.array([0, 1, 2, 3, 4, 6])),
        "rows negative": lambda: cr.Batch(X, T, rows=np.arange(6) - 1),
        "rows not whole": lambda: cr.Batch(X, T, rows=np.arange(6.0)),
        "too few rows": lambda: cr.Batch(X, T, rows=np.arange(5)),
        "lists": lambda: cr.Batch(X.tolist(), T.tolist()),
        "a list as weight": lambda: cr.Batch(X, T, WEIGHTS.tolist()),
        "complex weights": lambda: cr.Batch(X, T, WEIGHTS + 0j),
        "too few weights": lambda: cr.Batch(X, T, WEIGHTS[:5]),
        "masked x": lambda: cr.Batch(masked(X), T),
        "masked labels": lambda: cr.Batch(X, masked(T)),
        "masked weights": lambda: cr.Batch(X, T, masked(WEIGHTS)),
    }
)
VECTOR = kind(
    wrong={
        "too short": lambda: np.zeros(7, np.float32),
        "too long": lambda: np.zeros(4000, np.float32),
        "of ints": lambda: np.zeros(43, int),
        "a list": lambda: weights().tolist(),
        "in one row": lambda: weights()[None],
        "with gaps": lambda: np.repeat(weights(), 2)[::2],
        "masked": lambda: masked(weights()),
    }
)
GRADIENT = without(VECTOR, "too short", "too long")  # of any length
WRITTEN = Kind(VECTOR.takes, VECTOR.wrong | {"read-only": lambda: frozen(weights())})
START = Kind(frozenset(), without(VECTOR, "gaps", "list", "ints").wrong, LAYOUTS)
VIEWED = without(VECTOR, "gaps", "ints").but("None")
