"""Tables of numbers from CSV files, and one table to begin with: how far a car rolls before it stops."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import numpy as np

from chainrule.base.arguments import is_among, of_kind
from chainrule.base.errors import DataError
from chainrule.base.guessing import meant
from chainrule.base.numbers import is_whole, whole_of
from chainrule.base.showing import brief, short
from chainrule.data.csv_text import CsvText, csv_text
from chainrule.data.dataset import Dataset
from chainrule.data.names import shortened
from chainrule.data.places import file_at
from chainrule.data.text import table_bytes


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of numbers; of a file, columns of text beside them, too: only a column that is used is read."""

    columns: tuple[str, ...]
    """The columns' names."""

    content: np.ndarray | CsvText
    """(n, columns) float64, all finite; or the text that they are read from."""

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.content)

    @cached_property
    def values(self) -> np.ndarray:
        """(n, columns) float64, all finite. DataError naming line and column of a cell that is no number."""
        if isinstance(self.content, np.ndarray):
            return self.content
        return self.content.complete_numbers(range(len(self.columns)))

    def column(self, which: str | int) -> np.ndarray:
        """(n,) one column, by its name or by its number from 0 (-1 is the last); DataError as of `values`."""
        number = column_number(self.columns, which)
        if isinstance(self.content, np.ndarray):
            return self.content[:, number]
        return self.content.complete_numbers([number])[:, 0]

    def is_numeric(self, which: str | int) -> bool:
        """Whether a column holds numbers, as far as its first cells show."""
        return isinstance(self.content, np.ndarray) or self.content.is_numeric(column_number(self.columns, which))

    def dataset(self, target: str | int = -1) -> Dataset:
        """x (n, columns - 1): every other column; t (n,): the target column."""
        number = column_number(self.columns, target)
        if len(self.columns) < 2:
            raise DataError(f"the only column is {target!r}; expected another one beside the target")
        names = (*self.columns[:number], *self.columns[number + 1 :])
        x, t = np.delete(self.values, number, axis=1), self.values[:, number]
        return Dataset(x, t, columns=names, target=self.columns[number])


def stopping_distance() -> Table:
    """50 measurements of a car's speed (`speed_mph`, miles per hour) and stopping distance (`distance_ft`, feet).

    Recorded in the 1920s; from M. Ezekiel, *Methods of Correlation Analysis*, Wiley, 1930. Physically a polynomial of
    degree 2. Least squares gives distance = 2.47014 + 0.91329 speed + 0.09996 speed^2.
    """
    name = "embedded/stopping_distance.csv"
    return parse_csv((resources.files("chainrule.data") / name).read_bytes(), name)


def read_csv(path: str | os.PathLike[str]) -> Table:
    """The numbers in a CSV file, as `csv_text` describes it: with any delimiter, with or without a header.

    A column is read when it is asked for, so that others may hold text.
    DataError naming file, line and column if a cell of it is not a finite number or a row has another length.
    """
    path = file_at(path)
    return parse_csv(table_bytes(path), str(path))


def parse_csv(data: bytes, name: str) -> Table:
    """The table in the bytes of a CSV file. Error messages call it `name`."""
    data, name = of_kind("the data", data, bytes, "bytes"), of_kind("the name", name, str, "text")
    text = csv_text(data, name)
    return Table(text.columns, text)


def column_number(columns: Sequence[str], which: str | int) -> int:
    """The number of the column of that name, or of that number (-1 is the last); DataError if there is none."""
    if is_among(columns, which):
        return columns.index(str(which))
    if isinstance(which, str) and (number := whole_of(which)) is not None:
        which = number
    if is_whole(which, -len(columns)) and which < len(columns):
        return int(which) % len(columns)
    expected = f"a number or one of {shortened(columns)}{meant(which, columns)}"
    raise DataError(f"no column {short(which)}; expected {expected}")
