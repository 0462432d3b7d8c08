"""What ranks do that is not the same on all: after it all have the same, or have raised the same error.

by_the_first(do)        the first rank does it, alone, and the others are told: files are read or written once
by_all(do)              each does it, and it may fail on some: a file that only some machines have
check_same(told)        what each was given must be what the others were given
"""

import hashlib
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from chainrule.base.errors import ChainruleError, UsageError, reason
from chainrule.base.ranks import ALONE, among, current
from chainrule.base.showing import one_line

T = TypeVar("T")
SHOWN = 40
"""Characters of a value that a message shows."""
PLAIN = str, bytes, int, float, bool, type(None), np.generic, np.dtype, type


class Failure(NamedTuple):
    """What went wrong on a rank."""

    rank: int
    node: str
    error: Exception

    def as_its(self) -> Exception:
        """The error, which says whose it is."""
        error, node = self.error, self.node
        if isinstance(error, OSError) or not isinstance(error, ChainruleError):
            where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
            error = ChainruleError(f"{where}{reason(error)}")
        error.args = (f"rank {self.rank}, on {node}: {error}", *error.args[1:])
        return error


def by_the_first(do: Callable[[], T]) -> T:
    """What the first rank finds, alone; the others are told it, and also what it raises. It is something to pickle.

    Where that one dies, the next one does it.
    """
    ranks, told = current(), None
    if ranks.size == 1:
        return do()
    while told is None:  # whoever became the first while all waited has found nothing yet
        told = ranks.told(_tried(do) if ranks.first else None)
    found, error = told
    if error:
        raise error
    return found


def by_all(do: Callable[[], T]) -> T:
    """What each rank finds by itself; where some fail, all raise what the lowest of these has raised."""
    ranks = current()
    if ranks.size == 1:
        return do()
    found, error = _tried(do)
    mine = error and Failure(ranks.rank, platform.node(), error)
    failures = [each for each in ranks.everyones(mine) if each]
    if len(failures) == ranks.size:
        raise error or failures[0].error
    if failures:
        raise failures[0].as_its()
    return found  # type: ignore[return-value]


def _tried(do: Callable[[], T]) -> tuple[T | None, Exception | None]:
    with among(ALONE):
        try:
            return do(), None
        except (ChainruleError, OSError, MemoryError) as error:
            return None, error


def check_same(things: Mapping[str, object], error: type[ChainruleError] = UsageError) -> None:
    """`error`, on all ranks, if one of these things is not the same on all of them; it says which, and where."""
    ranks = current()
    if ranks.size == 1:
        return
    told = dict(pair for name, thing in things.items() for pair in spelled(name, thing))
    everyones = ranks.everyones((platform.node(), told))
    node, first = everyones[0]
    for rank, (other_node, other) in enumerate(everyones):
        if first == other:
            continue
        name = next(name for name in (*first, *other) if first.get(name) != other.get(name))
        mine, its = (one_line(each.get(name, "missing"), SHOWN) for each in (first, other))
        given = f"{name} is {mine} on rank 0, on {node}, and {its} on rank {rank}, on {other_node}"
        raise error(f"{given}; expected the same on all ranks")


def spelled(name: str, thing: object) -> Iterator[tuple[str, str]]:
    """All that makes a thing up, in words, each with its place in it; large arrays by their SHA-256.

    Of an object that says nothing of itself, only its type.
    """
    if is_dataclass(thing) and not isinstance(thing, type):
        yield name, type(thing).__name__
        for each in fields(thing):
            yield from spelled(f"{name}.{each.name}", getattr(thing, each.name))
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from spelled(f"{name}.{key}", value)
    elif isinstance(thing, np.ndarray):
        yield name, f"{thing.dtype} {thing.shape} {sha256(thing)[:16]}"
    elif isinstance(thing, Sequence) and not isinstance(thing, str | bytes):
        yield name, f"{len(thing)} in all"
        for k, value in enumerate(thing):
            yield from spelled(f"{name}[{k}]", value)
    else:
        yield name, repr(thing) if isinstance(thing, PLAIN) else type(thing).__qualname__


def sha256(array: np.ndarray) -> str:
    """64 hexadecimal digits, of its numbers."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def on_any(holds: bool) -> bool:
    """Whether that holds on some rank."""
    ranks = current()
    return holds if ranks.size == 1 else any(ranks.everyones(holds))


def is_first() -> bool:
    """Whether this is the rank that shows, logs and writes."""
    return current().first
