"""Model files that are damaged, or made to be wrong."""

import random
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chainrule.base.errors import ModelError
from chainrule.cli.models import opened_model
from chainrule.exchange.checkpoint import Checkpoint
from chainrule.exchange.model_file import load_checkpoint, save_checkpoint
from chainrule.exchange.resuming import progress_of
from torture.campaign import Tally, campaign
from torture.models import WRONG, Parts, places, put, small_model, without

TYPES = "int8", "int32", "int64", "uint8", "uint32", "bool", "float16", "float64", "complex64"


def refused(path: Path) -> str | None:
    """What is wrong with how a file is refused; None if it is, in a line that names it."""
    try:
        load_checkpoint(path)
    except ModelError as error:
        return None if str(path) in str(error) and "\n" not in str(error) else f"says {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "is accepted"


@campaign("Every truncation and every flipped bit of a small model is refused", tries=100_000, few=300)
def damaged_models(tally: Tally) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m")
        good = small_model(path)
        numbers = list(range(9 * len(good)))
        random.Random(11).shuffle(numbers)
        tally.tries = min(tally.tries, len(numbers))
        for k in tally:
            at, bit = divmod(numbers[k], 9)
            what = f"bit {bit} of byte {at} flipped" if bit < 8 else f"cut off after {at} bytes"
            made = good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :] if bit < 8 else good[:at]
            path.write_bytes(made)
            wrong = refused(path)
            tally.check(not wrong, f"{what}: {wrong}")
        tally.notes["bytes"] = len(good)


def crafted(parts: Parts) -> Iterator[tuple[str, Parts]]:
    """The model with one thing in it wrong, and what that is."""
    tables, tensors = dict(parts.tables), dict(parts.tensors)
    for key, value in tables.items():
        for path in places(value):
            for new in WRONG:
                parts.tables = tables | {key: put(value, path, new)}
                yield f"{key}{list(path)} is {str(new)[:40]}", parts
            if path:
                parts.tables = tables | {key: without(value, path)}
                yield f"{key} has no {list(path)}", parts
        for text in ("", "{", "null", "[" * 100_000, "9" * 5000, '{"a": 1, "a": 2}', '"\\ud800"', "NaN"):
            parts.tables = tables | {key: text}
            yield f"{key} is {text[:40]}", parts
    parts.tables = tables
    for name, array in tensors.items():
        rest = {other: each for other, each in tensors.items() if other != name}
        for called in ("a\x1b[31m", "fc9.w", "schema.more", "optimizer.99", "EarlyStopping.", "", "fc1.w\0"):
            parts.tensors = rest | {called: array}
            yield f"{name} is called {called!r}", parts
            parts.tensors = tensors | {called: array}
            yield f"there is also {called!r}, as {name}", parts
        parts.tensors = rest
        yield f"there is no {name}", parts
        for wrong in (*(array.astype(kind) for kind in TYPES), *reshaped(array), *spoiled(array)):
            parts.tensors = tensors | {name: wrong}
            yield f"{name} is {wrong.dtype} of shape {wrong.shape}: {wrong.reshape(-1)[:2]!s}", parts
    parts.tensors = tensors


def reshaped(array: np.ndarray) -> list[np.ndarray]:
    """The same in shapes that broadcast, and in others."""
    flat = array.reshape(-1)
    return [flat[:1], flat[:0], flat, array[np.newaxis], array[..., np.newaxis], np.append(flat, flat[:1]), array.T]


def spoiled(array: np.ndarray) -> list[np.ndarray]:
    """The same with numbers that no weights are."""
    made = []
    for number in (np.nan, np.inf, -np.inf):
        spoilt = array.copy()
        spoilt.reshape(-1)[-1:] = number
        made.append(spoilt)
    return [*made, -abs(array) - 1]


def fault(path: Path) -> str | None:
    """What is wrong with how a crafted model is read; None if it is refused, or as good as one that is right."""
    try:
        _, found = opened_model(path)
    except ModelError as error:
        return None if str(path) in str(error) and "\n" not in str(error) else f"says {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    try:
        return used(found, path)
    except Exception as error:
        return f"is accepted, and then {type(error).__name__}: {error}"


def used(found: Checkpoint, path: Path) -> str | None:
    """What is wrong with an accepted model: it answers, is shown, goes on, and is saved and read again."""
    network, x = found.network, np.zeros((2, 3))
    with warnings.catch_warnings(action="ignore"):
        y = network.predict(x)
        str(network.schema)
        progress_of(found)
    save_checkpoint(path, found)
    again = load_checkpoint(path)
    if not np.isfinite(y).all() or y.shape != (2, 2):
        return f"answers {y}"
    return None if again.network.w.tobytes() == network.w.tobytes() else "is saved as another"


@campaign(
    "A model with a right SHA-256 and something else wrong is refused, or as good as a right one", tries=20_000, few=150
)
def crafted_models(tally: Tally) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m")
        good = small_model(path)
        every = sum(1 for _ in crafted(Parts(good, path)))
        tally.tries = min(tally.tries, every)
        chosen = set(random.Random(11).sample(range(every), tally.tries))
        attempts = ((what, parts) for k, (what, parts) in enumerate(crafted(Parts(good, path))) if k in chosen)
        for (what, parts), _ in zip(attempts, tally, strict=False):
            try:
                path.write_bytes(parts.content())
            except Exception:  # the writer does not take it
                continue
            wrong = fault(path)
            tally.check(not wrong, f"{what}: {wrong}")
