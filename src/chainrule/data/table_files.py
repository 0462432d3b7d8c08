"""CSV files as data sets: one column is the target, a class or a number, and the others are numbers."""

import os

import numpy as np

from chainrule.base.errors import DataError
from chainrule.base.files import read_bytes
from chainrule.data.arrays import targets_of
from chainrule.data.csv_text import CsvText, csv_text
from chainrule.data.dataset import Dataset
from chainrule.data.names import as_number
from chainrule.data.split import check_split, part_of
from chainrule.data.tables import column_number

ROWS_OF_A_CLASS = 3
"""Rows, on average, of each whole number in a target from which on more than two of them are classes."""


def read_table(
    path: str | os.PathLike[str],
    split: str = "train",
    test_path: str | os.PathLike[str] | None = None,
    *,
    target: str | int = -1,
    regression: bool | None = None,
    classes: tuple[str, ...] | None = None,
) -> Dataset:
    """One part of the table in a CSV file: x (n, columns - 1) float64; t (n,) class numbers int64, or reals float64.

    The test part is in `test_path`, or else held out. `target` is a column's name, or its number from 0 (-1 is the
    last). `regression` says whether it holds reals or classes; None: text is classes, and so are whole numbers if
    they are only two or there are three rows or more for each. `classes` are all the names, if they are known.
    DataError naming file, line and column of a cell that is no finite number, or of an empty target.
    """
    check_split(split)
    paths = [path] if test_path is None else [path, test_path]
    texts = [csv_text(read_bytes(each), str(each)) for each in paths]
    if texts[-1].columns != texts[0].columns:
        raise DataError(f"{test_path}: the columns differ from those of {path}; expected the same")
    tables = [_cut(text, _target(text, target)) for text in texts]
    if regression is None:
        regression = classes is None and _are_values(np.concatenate([labels for _, labels in tables]))
    where = f"{path}: column {target!r}" if isinstance(target, str) else f"{path}: the target"
    targets, names = targets_of([labels for _, labels in tables], regression, classes, where)
    parts = [Dataset(x, t, classes=names) for (x, _), t in zip(tables, targets, strict=True)]
    return part_of(parts, split, str(path))


def _target(text: CsvText, which: str | int) -> int:
    """The number of the target column."""
    if len(text.columns) < 2:
        raise DataError(f"{text.name}: one column; expected another one beside the target")
    try:
        return column_number(text.columns, which)
    except DataError as error:
        raise DataError(f"{text.name}: {error}") from None


def _cut(text: CsvText, target: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, columns - 1) numbers, and the target column: numbers if all of it are, else text."""
    x = np.empty((len(text.lines), len(text.columns) - 1))
    labels = []
    for row, cells in enumerate(text.rows()):
        labels.append(cells[target])
        cells[target] = "0"  # a number, so that the others keep their places
        numbers = text.numbers(row, cells)
        x[row] = numbers[:target] + numbers[target + 1 :]
    return x, _labels(text, target, labels)


def _labels(text: CsvText, target: int, cells: list[str]) -> np.ndarray:
    """The target column; DataError at an empty cell, or where numbers and text are mixed."""
    numbers = [as_number(cell) for cell in cells]
    are_text = all(number is None for number in numbers)
    for row, (cell, number) in enumerate(zip(cells, numbers, strict=True)):
        if not cell or (number is None and not are_text):
            text.refuse(row, target, cell, "a class's name" if are_text else "a finite number, as in other rows")
    return np.array(cells if are_text else numbers)


def _are_values(labels: np.ndarray) -> bool:
    """Whether a target column holds reals, not classes."""
    if labels.dtype.kind == "U":
        return False
    different = len(np.unique(labels))
    return bool((labels % 1 != 0).any()) or (different > 2 and different * ROWS_OF_A_CLASS > len(labels))
