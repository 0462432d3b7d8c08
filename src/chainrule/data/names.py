"""Class numbers from labels (text, whole numbers or truth values), and the classes' names."""

import math
import re
from collections.abc import Sequence

import numpy as np

from chainrule.base.errors import DataError

Classes = tuple[str, ...]
INDEX_NAMES = "index", "id", "rowid", "row_id", "rownames", "row", "no", "no.", "nr", "sno", "#"
"""What columns are called that only count the rows, in small letters."""
NAMELESS = re.compile(r"unnamed: \d+|column \d+")
"""What columns without a name are called, by pandas and here."""


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
    """Whether a column is called as those are that only count the rows: not at all, as pandas says it, or Id."""
    return NAMELESS.fullmatch(name.lower()) is not None or name.lower() in INDEX_NAMES


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
