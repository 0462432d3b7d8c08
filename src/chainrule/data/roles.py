"""What a table's columns are for: which is the target, and which only count the rows."""

import numpy as np

from chainrule.base.errors import DataError, warn
from chainrule.data.csv_text import CsvText
from chainrule.data.names import FEW_ROWS, is_index_name, only_counts
from chainrule.data.pixel_tables import are_counted, pixel_shape
from chainrule.data.tables import column_number

CLASS_NAMES = "label", "labels", "class", "classes", "species", "category", "digit", "letter", "diagnosis"
"""What columns of classes are called, in small letters."""
TARGET_NAMES = *CLASS_NAMES, "target", "targets", "outcome", "y"
"""What targets are called."""


def target_of(text: CsvText, which: str | int | None) -> int:
    """The number of the target column: as told, or guessed. DataError if there is none, or no other beside it.

    Guessed is the last one; but if another one alone is called as targets are, or stands first before pixels, that
    one, and a `DataWarning` says so.
    """
    if len(text.columns) < 2:
        raise DataError(f"{text.name}: one column; expected another one beside the target")
    if which is not None:
        try:
            return column_number(text.columns, which)
        except DataError as error:
            raise DataError(f"{text.name}: {error}") from None
    last = len(text.columns) - 1
    has_names = text.named and not are_counted(text.columns)
    guessed = _called_so(text) if has_names else _before_pixels(text)
    if guessed == last:
        return last
    warn(
        f"{text.name}: {text.columns[guessed]!r} is taken as the target, not the last column, {text.columns[last]!r} "
        f"(--target {text.columns[last] if text.named else -1}: that one)"
    )
    return guessed


def proposals(columns: tuple[str, ...]) -> list[str]:
    """The columns that are called as targets are."""
    return [name for name in columns if name.lower() in TARGET_NAMES]


def index_columns(text: CsvText, target: int | None) -> list[int]:
    """The columns that only tell rows apart: with no name, or one such as Id, and something else in each row.

    None if no other column would be left beside the target.
    """
    columns = [column for column in range(len(text.columns)) if column != target and _may_be_index(text, column)]
    numeric = [column for column in columns if text.is_numeric(column)]
    other = sorted({*columns} - {*numeric})
    found = [k for k, cells in zip(other, text.texts(other), strict=True) if len(set(cells)) == len(text)]
    if numeric:
        values = text.numbers(numeric).T
        found += [k for k, column in zip(numeric, values, strict=True) if only_counts(text.columns[k], column)]
    return sorted(found) if len(text.columns) - len(found) > (target is not None) else []


def _may_be_index(text: CsvText, column: int) -> bool:
    """Whether its name, and the first rows, let a column be an index; so not all columns need to be read."""
    if not text.named or not is_index_name(text.columns[column]) or len(text) < FEW_ROWS:
        return False
    return len({row[column] for row in text.sample}) == len(text.sample)


def _called_so(text: CsvText) -> int:
    """The last column, or else the only one that is called as targets are."""
    last, named = len(text.columns) - 1, proposals(text.columns)
    coordinates = {"y", "z"} <= {name.lower() for name in text.columns}
    found = [name for name in named if not (coordinates and name.lower() == "y")]
    return text.columns.index(found[0]) if len(found) == 1 and text.columns[last] not in named else last


def _before_pixels(text: CsvText) -> int:
    """Of a table without names the last column; or the first, if all but one are pixels and it is more like labels."""
    last = len(text.columns) - 1
    if pixel_shape(text.columns[1:], named=False) is None or not all(map(text.is_numeric, (0, last))):
        return last
    values = text.numbers([0, last])
    return 0 if _evenness(values[:, 0]) > _evenness(values[:, 1]) else last


def _evenness(values: np.ndarray) -> float:
    """How alike in number classes would be, 0 to 1: sum over v of -p(v) log p(v), for k values, by log k.

    0 for numbers that are not close together. A pixel at the border has mostly the background's number.
    """
    found, rows = np.unique(values, return_counts=True)
    if len(found) < 2 or found[-1] - found[0] >= 2 * len(found):
        return 0.0
    p = rows / len(values)
    return float(-(p * np.log(p)).sum() / np.log(len(found)))
