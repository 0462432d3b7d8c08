"""Tables of numbers from CSV files, and one table to begin with: how far a car rolls before it stops."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from chainrule.base.errors import DataError
from chainrule.base.files import read_bytes
from chainrule.base.showing import brief
from chainrule.data.csv_text import csv_text
from chainrule.data.dataset import Dataset
from chainrule.data.names import shortened


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of numbers."""

    columns: tuple[str, ...]
    """The columns' names."""

    values: np.ndarray
    """(n, columns) float64, all finite."""

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.values)

    def column(self, which: str | int) -> np.ndarray:
        """(n,) one column, by its name or by its number from 0 (-1 is the last)."""
        return self.values[:, column_number(self.columns, which)]

    def dataset(self, target: str | int = -1) -> Dataset:
        """x (n, columns - 1): every other column; t (n,): the target column."""
        number = column_number(self.columns, target)
        if len(self.columns) < 2:
            raise DataError(f"the only column is {target!r}; expected another one beside the target")
        return Dataset(np.delete(self.values, number, axis=1), self.values[:, number])


def stopping_distance() -> Table:
    """50 measurements of a car's speed (`speed_mph`, miles per hour) and stopping distance (`distance_ft`, feet).

    Recorded in the 1920s; from M. Ezekiel, *Methods of Correlation Analysis*, Wiley, 1930. Physically a polynomial of
    degree 2. Least squares gives distance = 2.47014 + 0.91329 speed + 0.09996 speed^2.
    """
    name = "embedded/stopping_distance.csv"
    return parse_csv((resources.files("chainrule.data") / name).read_bytes(), name)


def read_csv(path: str | os.PathLike[str]) -> Table:
    """The numbers in a CSV file (UTF-8). The first row is a header if no cell of it is a number.

    Columns are separated by tabs, else by `;`, else by `,`: the first that occurs in the first row.
    Blank lines and lines that begin with `#` are skipped.
    DataError naming file, line and column if a cell is not a finite number or a row has another length.
    """
    return parse_csv(read_bytes(path), str(path))


def parse_csv(data: bytes, name: str) -> Table:
    """The table in the bytes of a CSV file. Error messages call it `name`."""
    text = csv_text(data, name)
    values = np.empty((len(text.lines), len(text.columns)))
    for row, cells in enumerate(text.rows()):
        values[row] = text.numbers(row, cells)
    return Table(text.columns, values)


def column_number(columns: Sequence[str], which: str | int) -> int:
    """The number of the column of that name, or of that number (-1 is the last); DataError if there is none."""
    if which in columns:
        return columns.index(str(which))
    if isinstance(which, str) and which.lstrip("-").isdecimal():
        which = int(which)
    if isinstance(which, int) and -len(columns) <= which < len(columns):
        return which % len(columns)
    raise DataError(f"no column {which!r}; expected a number or one of {shortened(columns)}")
