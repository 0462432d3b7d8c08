"""Class numbers from labels (text, whole numbers or truth values), and the classes' names."""

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.base.arguments import in_a_row
from chainrule.base.errors import DataError
from chainrule.base.showing import short

Classes = tuple[str, ...]
FEW_ROWS = 3
"""With fewer rows any numbers differ."""
COUNTER_NAMES = "index", "row", "rownames", "no", "no.", "nr", "sno", "#"
"""What columns are called that count the rows, in small letters; measures are, too."""
IDENTIFIER = re.compile(r"(.*[ _.-])?[iI][dD]|.*[a-z]I[dD]|[rR]ow[iI][dD]")
"""What columns are called that tell the rows apart."""
NAMELESS = re.compile(r"unnamed: \d+|column \d+")
"""What columns without a name are called, by pandas and here."""


def given_names(name: str, names: Any) -> tuple[str, ...] | None:
    """The names as a tuple; DataError, which calls them `name`, for anything else; None for None."""
    if names is None:
        return None
    if not in_a_row(names):
        raise DataError(f"{name} is {short(names)}; expected a list of names")
    if not all(issubclass(kind, str) for kind in {*map(type, names)}):
        strange = next(each for each in names if not isinstance(each, str))
        raise DataError(f"{name} holds {short(strange)}; expected names")
    return names if type(names) is tuple else tuple(map(str, names))


def number_labels(
    parts: Sequence[np.ndarray], known: Sequence[str] | None, source: str
) -> tuple[list[np.ndarray], Classes | None]:
    """Each part's labels (n,) as class numbers 0 ... n-1 (n,) int64, the same in all parts; and the classes' names.

    Classes are in the order of their names, numbers before text and in the order of numbers. Names are None where
    they tell nothing: each part's labels were 0 ... n-1 already. `known`: the names are these, in this order, and a
    label that is none of them is a DataError, which names the `source`.
    """
    found = [np.unique(part, return_inverse=True) for part in parts]
    names = [[_name(value) for value in values.tolist()] for values, _ in found]
    classes = tuple(known) if known is not None else tuple(sorted(set().union(*names), key=_order))
    numbers = {name: k for k, name in enumerate(classes)}
    strange = sorted(set().union(*names) - set(numbers), key=_order)
    if strange:
        raise DataError(f"{source}: found label {strange[0]!r}; expected one of {len(classes)}: {shortened(classes)}")
    numbered = [
        np.array([numbers[name] for name in here], np.int64)[inverse.reshape(-1)]
        for here, (_, inverse) in zip(names, found, strict=True)
    ]
    plain = [classes] if known is not None else names
    return numbered, None if all(_is_count(here) for here in plain) else classes


def as_number(text: str) -> float | None:
    """The finite number that a text is; None if it is none.

    `1_000` is a number in Python only, and most likely a mistake in a table.
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def is_index_name(name: str) -> bool:
    """Whether a column is called as those are that only tell rows apart: not at all, or Id, or index."""
    in_any_letters = NAMELESS.fullmatch(name.lower()) is not None or name.lower() in COUNTER_NAMES
    return in_any_letters or IDENTIFIER.fullmatch(name) is not None


def only_counts(name: str, values: np.ndarray) -> bool:
    """Whether a column only tells rows apart: by its name, and with another whole number in each row.

    values (n,). One that is called index or the like, as a measure may be, has consecutive numbers.
    """
    if not is_index_name(name) or values.dtype.kind not in "iuf" or len(values) < FEW_ROWS:
        return False
    different = np.unique(values)
    if len(different) < len(values) or not (different == np.floor(different)).all():
        return False
    return name.lower() not in COUNTER_NAMES or bool(different[-1] - different[0] == len(values) - 1)


def shortened(names: Sequence[str], most: int = 8) -> str:
    """The names in a row; of many, the first."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def _name(label: object) -> str:
    """The name of the class with this label: 3.0 is 3."""
    if isinstance(label, bytes):
        return label.decode("utf-8", "replace")
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def _order(name: str) -> tuple[bool, float, str]:
    number = as_number(name)
    return number is None, number or 0.0, name


def _is_count(names: Sequence[str]) -> bool:
    """Whether the names are 0 ... n-1, written as numbers usually are."""
    return {str(k) for k in range(len(names))} == set(names)
