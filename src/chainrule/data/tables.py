"""Tables of numbers from CSV files, and one table to begin with: how far a car rolls before it stops."""

import csv
import io
import math
import os
from dataclasses import dataclass
from importlib import resources
from typing import NoReturn

import numpy as np

from chainrule.data.dataset import Dataset
from chainrule.data.files import read_bytes
from chainrule.errors import DataError


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of numbers."""

    columns: tuple[str, ...]
    """The columns' names."""

    values: np.ndarray
    """(n, columns) float64, all finite."""

    def __len__(self) -> int:
        return len(self.values)

    def column(self, which: str | int) -> np.ndarray:
        """(n,) one column, by its name or by its number from 0 (-1 is the last)."""
        return self.values[:, self._number(which)]

    def dataset(self, target: str | int = -1) -> Dataset:
        """x (n, columns - 1): every other column; t (n,): the target column."""
        number = self._number(target)
        if len(self.columns) < 2:
            raise DataError(f"the only column is {target!r}, expected another one beside the target")
        return Dataset(np.delete(self.values, number, axis=1), self.values[:, number])

    def _number(self, which: str | int) -> int:
        if isinstance(which, str) and which in self.columns:
            return self.columns.index(which)
        if isinstance(which, int) and -len(self.columns) <= which < len(self.columns):
            return which
        raise DataError(f"no column {which!r}, expected a number or one of {', '.join(self.columns)}")


def stopping_distance() -> Table:
    """50 measurements of a car's speed (`speed_mph`, miles per hour) and stopping distance (`distance_ft`, feet).

    Recorded in the 1920s; from M. Ezekiel, *Methods of Correlation Analysis*, Wiley, 1930. Physically a polynomial of
    degree 2. Least squares gives distance = 2.47014 + 0.91329 speed + 0.09996 speed^2.
    """
    name = "stopping_distance.csv"
    return parse_csv((resources.files("chainrule.data") / name).read_bytes(), name)


def read_csv(path: str | os.PathLike[str]) -> Table:
    """The numbers in a CSV file (UTF-8). The first row is a header if no cell of it is a number.

    Columns are separated by tabs, else by `;`, else by `,`: the first that occurs in the first row.
    Blank lines and lines that begin with `#` are skipped.
    DataError naming file, line and column if a cell is not a finite number or a row has another length.
    """
    return parse_csv(read_bytes(path), str(path))


def parse_csv(data: bytes, name: str) -> Table:
    """The table in the bytes of a CSV file. `name` is what error messages call it."""
    lines = _lines(data, name)
    if not lines:
        raise DataError(f"{name}: empty, expected rows of numbers")
    delimiter = next((mark for mark in "\t;" if mark in lines[0][1]), ",")
    rows = [(number, _cells(line, delimiter, f"{name}:{number}")) for number, line in lines]
    first = rows[0][1]
    if any(map(_is_number, first)):
        columns = tuple(f"column {number}" for number in range(1, len(first) + 1))
    else:
        columns = _header(first, f"{name}:{rows[0][0]}")
        rows = rows[1:]
    if not rows:
        raise DataError(f"{name}: no rows after the header, expected rows of numbers")
    return Table(columns, np.array([_numbers(cells, columns, f"{name}:{number}") for number, cells in rows]))


def _lines(data: bytes, name: str) -> list[tuple[int, str]]:
    """The lines that hold cells, with their numbers from 1."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: byte {error.start} is 0x{data[error.start]:02x}, expected UTF-8 text") from None
    lines = enumerate(io.StringIO(text, newline=None), start=1)
    return [(number, line) for number, line in lines if line.strip() and not line.lstrip().startswith("#")]


def _cells(line: str, delimiter: str, place: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, strict=True))]
    except csv.Error as error:
        raise DataError(f"{place}: {error}") from None


def _header(cells: list[str], place: str) -> tuple[str, ...]:
    for name in cells:
        if cells.count(name) > 1:
            raise DataError(f"{place}: the column name {name!r} occurs twice, expected different names")
    return tuple(cells)


def _numbers(cells: list[str], columns: tuple[str, ...], place: str) -> list[float]:
    """The numbers of one row."""
    if len(cells) != len(columns):
        raise DataError(f"{place}: {len(cells)} cells, expected {len(columns)}")
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        numbers = [math.nan]
    if "_" in "".join(cells) or not all(map(math.isfinite, numbers)):
        _refuse(cells, columns, place)
    return numbers


def _refuse(cells: list[str], columns: tuple[str, ...], place: str) -> NoReturn:
    """Say which cell of a row is not a finite number."""
    wrong = next(j for j, cell in enumerate(cells) if not (_is_number(cell) and math.isfinite(float(cell))))
    raise DataError(f"{place}: column {wrong + 1} ({columns[wrong]}): found {cells[wrong]!r}, expected a finite number")


def _is_number(cell: str) -> bool:
    """Whether `float` takes the text. `1_000` is a number in Python only, and most likely a mistake in a table."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell
