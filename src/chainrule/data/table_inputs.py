"""Tables for a model that is there already: its inputs' columns, matched by name, and the target's if it is there."""

import math
import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chainrule.base.errors import DataError, warn
from chainrule.base.guessing import meant
from chainrule.data.csv_text import CsvText, csv_text
from chainrule.data.emnist import upright
from chainrule.data.missing import with_means
from chainrule.data.pixel_tables import Shape, shaped
from chainrule.data.places import file_at
from chainrule.data.roles import index_columns, target_of
from chainrule.data.text import table_bytes

HINT = "; --missing mean, of train or predict, takes the mean of its column"
"""What else could have been done about a cell that is missing."""


class Inputs(NamedTuple):
    """What a table gives a model."""

    x: np.ndarray
    """(n, features) float64, or images (n, c, i, j), uint8 if they are whole numbers from 0 to 255."""

    columns: tuple[str, ...] | None
    """The names of the columns that x are, in the training's order; None if the table has no names."""

    t: np.ndarray | None
    """The target's column (n,), numbers float64 or text, as it stands; None if it is not there, or not in each row."""


def read_inputs(
    path: str | os.PathLike[str],
    columns: Sequence[str] | None,
    target: str | None = None,
    *,
    shape: Shape | None = None,
    header: bool | None = None,
    means: Sequence[float] | None = None,
) -> Inputs:
    """The inputs in a CSV file, for a model that was trained on such `columns` and this `target`.

    columns : the training's names. Where table and training have names these are matched, in any order, and other
        columns are not read; else the columns are taken in their order: as many as the model's inputs, or one more,
        the target. None: the training had no names
    shape : of one input: (features,), or of images (channels, height, width); default: as many as the columns
    header : whether the first line holds names; None: see `is_header`
    means : (features,) what stands in place of a missing value; None: it is refused

    DataError naming a column that is missing, a wrong number of them, or line and column of a cell that is no number.
    """
    path = file_at(path)
    text = csv_text(table_bytes(path), str(path), header)
    if columns is not None and not text.named:
        warn(f"{text.name}: has no header: its columns are taken in the order of the training's")
    if columns is not None and text.named:
        inputs, label = _by_name(text, columns), _number(text, target)
    else:
        wanted = math.prod(shape) if shape else len(columns) if columns is not None else None
        inputs, label = _by_place(text, target, wanted)
    x = text.numbers(inputs)
    if means is None:
        text.refuse_missing(x, inputs, HINT)
    else:
        x = with_means(x, np.asarray(means), text.name)
    if shape and len(shape) == 3:
        x = upright(shaped(x, shape, text.name), text.name)
    named = tuple(text.columns[k] for k in inputs) if text.named else None
    return Inputs(x, named, None if label is None else _labels(text, label))


def _by_name(text: CsvText, columns: Sequence[str]) -> list[int]:
    numbers = {name: k for k, name in enumerate(text.columns)}
    lacking = [name for name in columns if name not in numbers]
    if lacking:
        more = f", nor {len(lacking) - 1} more" if len(lacking) > 1 else ""
        wanted = f"expected all that the model was trained on{meant(lacking[0], text.columns)}"
        raise DataError(f"{text.name}: has no column {lacking[0]!r}{more}; {wanted}")
    return [numbers[name] for name in columns]


def _by_place(text: CsvText, target: str | None, wanted: int | None) -> tuple[list[int], int | None]:
    """The inputs' columns in their order, and the target's: the one of that name, or guessed if there is one too many.

    Those that only tell rows apart are left out where there are too many.
    """
    count, label = len(text.columns), _number(text, target)
    wanted = count - (label is not None) if wanted is None else wanted
    left_out = index_columns(text, label) if count - (label is not None) > wanted else []
    rest = sorted({*range(count)} - {label, *left_out})
    if label is None and len(rest) == wanted + 1:
        label = target_of(text, None)
        rest = [k for k in rest if k != label]
    if len(rest) != wanted:
        given = f"{count} columns" + (f", {len(rest)} without the target and the index" if len(rest) != count else "")
        raise DataError(f"{text.name}: {given}; expected {wanted} as the model was trained on, or one more")
    return rest, label


def _number(text: CsvText, name: str | None) -> int | None:
    return text.columns.index(name) if text.named and name in text.columns else None


def _labels(text: CsvText, column: int) -> np.ndarray | None:
    """The target's column, if all of it is there."""
    if text.is_numeric(column):
        numbers = text.numbers([column])[:, 0]
        return None if np.isnan(numbers).any() else numbers
    cells = text.text(column)
    return np.array(cells) if all(cells) else None
