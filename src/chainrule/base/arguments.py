"""What is given to a function: a number, a name, a truth value, an object of some kind; anything else is refused.

One line says what was given and what is expected. Whole numbers are in `numbers`, arrays in `arrays`.
"""

import inspect
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import inf, isfinite
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

import numpy as np

from chainrule.base.errors import ChainruleError, UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.showing import short

AnyPath = str | os.PathLike[str]
T = TypeVar("T")


def real_number(
    name: str,
    value: object,
    expected: str = "a finite number",
    holds: Callable[[float], bool] = isfinite,
    *,
    error: type[ChainruleError] = UsageError,
) -> float:
    """The value as a `float`; `error`, which calls it `name`, unless it is a finite number for which that `holds`."""
    found = as_real(value)
    if found is None or not (isfinite(found) and holds(found)):
        raise error(f"{name} is {short(value)}; expected {expected}")
    return found


def fraction_of_all(name: str, value: object) -> float:
    """The value as a `float`; UsageError, which calls it `name`, unless it is above 0 and below 1."""
    return real_number(name, value, "a number between 0 and 1", lambda part: 0 < part < 1)


def as_real(value: object) -> float | None:
    """A real number, Python's or NumPy's, as a `float`, infinite where it is too large; None for anything else."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return None
    try:
        return float(value)
    except OverflowError:
        return inf


def name_among(names: Iterable[str], name: str, value: object, error: type[ChainruleError] = UsageError) -> str:
    """The value; `error`, which calls it `name`, unless it is one of the names."""
    if not is_among(names, value):
        raise error(f"{name} is {short(value)}; {expected_one_of(names, value)}")
    return str(value)


def is_among(names: Iterable[str], value: object) -> bool:
    """Whether it is one of the names; nothing else is, not even what cannot be compared with text."""
    return isinstance(value, str) and value in names


def check_different(name: str, names: Iterable[str], error: type[ChainruleError] = UsageError) -> None:
    """`error`, which calls them `name`, if one of the names comes twice."""
    for each, times in Counter(names).most_common(1):
        if times > 1:
            raise error(f"{name} holds {short(each)} twice; expected different names")


def in_a_row(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether it is several things in an order: a list, a tuple, an array of one axis."""
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1)


def takes(function: object, count: int) -> bool | None:
    """Whether it can be called with so many arguments, without names; None where it does not say. A class is none."""
    if not callable(function) or isinstance(function, type):
        return False
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # as of some functions in C
        return None
    return True


def truth(name: str, value: object, error: type[ChainruleError] = UsageError) -> bool:
    """The value as a `bool`; `error`, which calls it `name`, for what only counts as true or false."""
    if not isinstance(value, bool | np.bool):
        raise error(f"{name} is {short(value)}; expected True or False")
    return bool(value)


def as_path(path: object) -> Path:
    """The path; UsageError unless it is text or a path."""
    found = path.__fspath__() if isinstance(path, os.PathLike) else path
    if not isinstance(found, str):
        raise UsageError(f"the path is {short(path)}; expected text, or a path of pathlib")
    return Path(found)


def of_kind(name: str, value: Any, kind: type[T], example: str, *, error: type[ChainruleError] = UsageError) -> T:
    """The value; `error`, which calls it `name`, unless it is an object of that kind, such as the example makes."""
    if not isinstance(value, kind):
        raise error(f"{name} is {short(value)}; expected {example}")
    return value
