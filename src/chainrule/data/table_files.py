"""CSV files as data sets: one column is the target, a class or a number, and the others are numbers, or pixels."""

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, TypedDict, Unpack

import numpy as np

from chainrule.base.errors import DataError, warn
from chainrule.data.arrays import targets_of
from chainrule.data.cells import PLAIN, UNNAMED, has_marks
from chainrule.data.csv_text import CsvText, csv_text
from chainrule.data.dataset import Dataset
from chainrule.data.emnist import upright
from chainrule.data.missing import HINT, Rows, checked_way, means_of, with_means, without_gaps
from chainrule.data.names import shortened
from chainrule.data.pixel_tables import Shape, checked_shape, guessed_shape, shaped
from chainrule.data.roles import CLASS_NAMES, index_columns, target_of
from chainrule.data.split import check_split, part_of
from chainrule.data.targets import guess, said
from chainrule.data.text import table_bytes


class TableOptions(TypedDict, total=False):
    """How a table is read; what is not said, or None, is guessed."""

    target: str | int | None
    """A column's name, or its number from 0 (-1 is the last): see `target_of`."""

    regression: bool | None
    """Whether the target holds reals or classes: text is classes, and numbers may be: see `guess`."""

    header: bool | None
    """Whether the first line holds names: see `is_header`."""

    image: Shape | str | None
    """x are images of this (height, width) or (channels, height, width); "no": they are not: see `guessed_shape`."""

    missing: str | None
    """With "mean" the training part's mean stands for a missing value, with "drop" its row is left out."""


class Columns(NamedTuple):
    """What is read of a table: the numbers of the inputs' columns and of the target's."""

    inputs: list[int]
    target: int


def read_table(
    path: str | os.PathLike[str],
    split: str = "train",
    test_path: str | os.PathLike[str] | None = None,
    *,
    classes: tuple[str, ...] | None = None,
    **options: Unpack[TableOptions],
) -> Dataset:
    """One part of the table in a CSV file: x (n, features) float64; t (n,) class numbers int64, or reals float64.

    The test part is in `test_path`, matched by the columns' names; else, or if it has no target, it is held out.
    `classes` are all the names, if they are known. Columns that only tell rows apart, an index or an Id, are left out.
    What is guessed is a `DataWarning`.
    DataError naming file, line and column of a cell that is no finite number, or of an empty target.
    """
    check_split(split)
    missing, shape = checked_way(options.get("missing")), checked_shape(options.get("image"))
    train = csv_text(table_bytes(path), str(path), options.get("header"))
    columns = columns_of(train, target_of(train, options.get("target")), shape)
    tables = [_read(train, columns, missing, options.get("regression"))]
    if test_path is not None:
        test = csv_text(table_bytes(test_path), str(test_path), train.named)
        matched = _matched(test, train, columns)
        tables += [_read(test, matched, missing, options.get("regression"))] if matched else []
    parts = _datasets(tables, train, columns, classes, **options)
    return _complete(parts, split, missing, str(path))


def columns_of(text: CsvText, target: int, shape: Shape | None) -> Columns:
    """The target's column and all others but those that only tell rows apart, which are left out and named.

    Where images of a shape are wanted, no more are left out than it takes.
    """
    left_out = index_columns(text, target)
    if shape:
        left_out = left_out if len(text.columns) - 1 > math.prod(shape) else []
    if left_out:
        names = shortened([repr(text.columns[column]) for column in left_out])
        warn(f"{text.name}: column {names} only counts or names the rows, and is left out")
    return Columns(sorted({*range(len(text.columns))} - {target, *left_out}), target)


def _matched(text: CsvText, train: CsvText, columns: Columns) -> Columns | None:
    """The same columns of a test part, by their names; None, which is said, if it has no target."""
    numbers, name = {name: k for k, name in enumerate(text.columns)}, train.columns[columns.target]
    wanted = [train.columns[k] for k in columns.inputs]
    if not numbers.keys() >= {*wanted}:
        raise DataError(f"{text.name}: the columns differ from those of {train.name}; expected the same")
    if name not in numbers:
        warn(f"{text.name}: has no column {name!r}: a part of {train.name} is held out for the test instead")
        return None
    return Columns([numbers[each] for each in wanted], numbers[name])


def _read(text: CsvText, columns: Columns, missing: str | None, regression: bool | None) -> Rows:
    """The columns' numbers, and the target's numbers or text; DataError for a cell that is neither."""
    inputs, target = columns
    if text.is_numeric(target):
        values = text.numbers([*inputs, target])
        x, labels, gaps = values[:, :-1], values[:, -1], np.isnan(values[:, -1])
    else:
        x, labels = text.numbers(inputs), np.array(text.text(target))
        _refuse_numbers(text, target, labels, may_have_marks=regression is False)
        gaps = np.array([cell.lower() in UNNAMED for cell in labels])
    if missing is None:
        text.refuse_missing(x, inputs, HINT)
        if gaps.any():
            row, expected = int(gaps.argmax()), "a finite number" if labels.dtype.kind == "f" else "a class's name"
            text.refuse(row, target, text.cells(row)[target], f"{expected}{HINT}")
    return without_gaps(Rows(x, labels), gaps, missing, text.name)


def _refuse_numbers(text: CsvText, target: int, labels: np.ndarray, *, may_have_marks: bool) -> None:
    """DataError at a number among names, and at one with a unit, as in 12%, unless it may be a class's name."""
    for row, cell in enumerate(labels):
        if text.form.number(cell) is not None:
            text.refuse(row, target, str(cell), "a class's name, as in other rows")
        if has_marks(cell) and not may_have_marks:
            text.refuse(row, target, str(cell), f"{PLAIN} (--classification: names of classes)")


def _datasets(
    tables: Sequence[Rows],
    text: CsvText,
    columns: Columns,
    classes: tuple[str, ...] | None,
    **options: Unpack[TableOptions],
) -> list[Dataset]:
    """What was read as data sets: x as images if they are, and t as class numbers or reals."""
    names, target = [text.columns[k] for k in columns.inputs], text.columns[columns.target]
    shape, regression = checked_shape(options.get("image")), options.get("regression")
    if shape is None:
        shape = guessed_shape(tables[0].x, names, text.named, text.name)
    where, labels = f"{text.name}: column {target!r}", [table.labels for table in tables]
    if regression is None and classes is None and all(each.dtype.kind == "f" for each in labels):
        t = np.concatenate(labels)
        regression = said(t, where, guess(t, named=bool(shape) or target.lower() in CLASS_NAMES))
    targets, found = targets_of(labels, bool(regression), classes, where)
    x = [upright(shaped(table.x, shape, text.name), text.name) if shape else table.x for table in tables]
    own = tuple(names) if text.named and not shape else None
    called = target if text.named else None
    return [Dataset(*each, classes=found, columns=own, target=called) for each in zip(x, targets, strict=True)]


def _complete(parts: Sequence[Dataset], split: str, missing: str | None, path: str) -> Dataset:
    """The part that `split` says, with the training part's means for what is missing."""
    part = part_of(parts, split, path)
    if missing != "mean":
        return part
    means = means_of(part.x if split == "all" else part_of(parts, "train", path).x, path)
    return replace(part, x=with_means(part.x, means, path))
