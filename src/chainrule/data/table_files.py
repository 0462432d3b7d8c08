"""CSV files as data sets: one column is the target, a class or a number, and the others are numbers, or pixels."""

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, TypedDict, Unpack

import numpy as np

from chainrule.base.errors import DataError, warn
from chainrule.base.files import read_bytes
from chainrule.data.arrays import targets_of
from chainrule.data.cells import UNNAMED
from chainrule.data.csv_text import CsvText, csv_text
from chainrule.data.dataset import Dataset
from chainrule.data.missing import HINT, Rows, checked_way, means_of, with_means, without_gaps
from chainrule.data.pixel_tables import Shape, checked_shape, guessed_shape, shaped
from chainrule.data.roles import CLASS_NAMES, index_columns, target_of
from chainrule.data.split import check_split, part_of
from chainrule.data.targets import guess, said


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
    train = csv_text(read_bytes(path), str(path), options.get("header"))
    columns = columns_of(train, target_of(train, options.get("target")), shape)
    tables = [_read(train, columns, missing)]
    if test_path is not None:
        test = csv_text(read_bytes(test_path), str(test_path), train.named)
        matched = _matched(test, train, columns)
        tables += [_read(test, matched, missing)] if matched else []
    names = [train.columns[k] for k in columns.inputs]
    if shape is None:
        shape = guessed_shape(tables[0].x, names, train.named, str(path))
    name = train.columns[columns.target]
    regression = options.get("regression")
    if regression is None and classes is None:
        regression = _are_values(tables, f"{path}: column {name!r}", bool(shape) or name.lower() in CLASS_NAMES)
    labels = [table.labels for table in tables]
    targets, found = targets_of(labels, bool(regression), classes, f"{path}: column {name!r}")
    parts = [Dataset(table.x, t, classes=found) for table, t in zip(tables, targets, strict=True)]
    data = _complete(parts, split, missing, str(path))
    if shape:
        return replace(data, x=shaped(data.x, shape, str(path)))
    named = tuple(names) if train.named else None
    return replace(data, columns=named, target=name if train.named else None)


def columns_of(text: CsvText, target: int, shape: Shape | None) -> Columns:
    """The target's column and all others but those that only tell rows apart, which are left out and named.

    Where images of a shape are wanted, no more are left out than it takes.
    """
    left_out = index_columns(text, target)
    if shape:
        left_out = left_out if len(text.columns) - 1 > math.prod(shape) else []
    if left_out:
        names = ", ".join(repr(text.columns[column]) for column in left_out)
        warn(f"{text.name}: column {names} only counts or names the rows, and is left out")
    return Columns([k for k in range(len(text.columns)) if k != target and k not in left_out], target)


def _matched(text: CsvText, train: CsvText, columns: Columns) -> Columns | None:
    """The same columns of a test part, by their names; None, which is said, if it has no target."""
    if train.columns[columns.target] not in text.columns and len(text.columns) < len(train.columns):
        name = train.columns[columns.target]
        warn(f"{text.name}: has no column {name!r}: a part of {train.name} is held out for the test instead")
        return None
    wanted = [train.columns[k] for k in (*columns.inputs, columns.target)]
    if not {*wanted} <= {*text.columns}:
        raise DataError(f"{text.name}: the columns differ from those of {train.name}; expected the same")
    *inputs, target = (text.columns.index(name) for name in wanted)
    return Columns(inputs, target)


def _read(text: CsvText, columns: Columns, missing: str | None) -> Rows:
    """The columns' numbers, and the target's numbers or text; DataError for a cell that is neither."""
    inputs, target = columns
    if text.is_numeric(target):
        values = text.numbers([*inputs, target])
        x, labels, gaps = values[:, :-1], values[:, -1], np.isnan(values[:, -1])
    else:
        x, labels = text.numbers(inputs), np.array(text.text(target))
        _refuse_numbers(text, target, labels)
        gaps = np.array([cell.lower() in UNNAMED for cell in labels])
    if missing is None:
        text.refuse_missing(x, inputs, HINT)
        if gaps.any():
            row, expected = int(gaps.argmax()), "a finite number" if labels.dtype.kind == "f" else "a class's name"
            text.refuse(row, target, text.cells(row)[target], f"{expected}{HINT}")
    return without_gaps(Rows(x, labels), gaps, missing, text.name)


def _refuse_numbers(text: CsvText, target: int, labels: np.ndarray) -> None:
    """DataError at a number among names."""
    for row, cell in enumerate(labels):
        if text.form.number(cell) is not None:
            text.refuse(row, target, str(cell), "a class's name, as in other rows")


def _are_values(tables: Sequence[Rows], where: str, named: bool) -> bool:
    """Whether the target holds reals and not classes; a guess is said."""
    labels = [table.labels for table in tables]
    if any(each.dtype.kind != "f" for each in labels):
        return False
    t = np.concatenate(labels)
    return said(t, where, guess(t, named=named))


def _complete(parts: Sequence[Dataset], split: str, missing: str | None, path: str) -> Dataset:
    """The part that `split` says, with the training part's means for what is missing."""
    part = part_of(parts, split, path)
    if missing != "mean":
        return part
    means = means_of(part.x if split == "all" else part_of(parts, "train", path).x, path)
    return replace(part, x=with_means(part.x, means, path))
