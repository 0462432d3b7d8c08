"""The text of a CSV file as rows of cells, cut one at a time."""

import csv
import io
import math
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from chainrule.base.errors import DataError
from chainrule.data.file_kinds import HEAD, kind_of
from chainrule.data.names import as_number

Line = tuple[int, str]  # its number from 1, and its text


class CsvText(NamedTuple):
    """The lines of a CSV file that hold rows, and the names of its columns."""

    name: str
    columns: tuple[str, ...]
    lines: list[Line]
    delimiter: str

    def place(self, row: int) -> str:
        """The place of a row, for error messages."""
        return f"{self.name}:{self.lines[row][0]}"

    def rows(self) -> Iterator[list[str]]:
        """The cells of each row; DataError where there are more or fewer than columns."""
        for row, line in enumerate(self.lines):
            cells = _cells(line, self.delimiter, self.name)
            if len(cells) != len(self.columns):
                raise DataError(f"{self.place(row)}: {len(cells)} cells; expected {len(self.columns)}")
            yield cells

    def numbers(self, row: int, cells: list[str]) -> list[float]:
        """The cells of that row as finite numbers; DataError naming the first that is none."""
        try:
            numbers = [float(cell) for cell in cells]
        except ValueError:
            numbers = [math.nan]
        if "_" in self.lines[row][1] or not all(map(math.isfinite, numbers)):
            numbers = [self.number(row, column, cell) for column, cell in enumerate(cells)]
        return numbers

    def number(self, row: int, column: int, cell: str) -> float:
        """One cell as a finite number."""
        number = as_number(cell)
        if number is None:
            self.refuse(row, column, cell, "a finite number")
        return number

    def refuse(self, row: int, column: int, cell: str, expected: str) -> NoReturn:
        """Raise a DataError that names a cell."""
        where = f"{self.place(row)}: column {column + 1} ({self.columns[column]})"
        raise DataError(f"{where}: found {cell!r}; expected {expected}")


def csv_text(data: bytes, name: str) -> CsvText:
    """The text in the bytes of a CSV file (UTF-8). Error messages call it `name`.

    The first row is a header if no cell of it is a number. Columns are separated by tabs, else by `;`, else by `,`:
    the first that occurs in the first row. Blank lines and lines that begin with `#` are skipped.
    """
    kind = kind_of(data[:HEAD])
    if kind:
        raise DataError(f"{name}: is {kind}")
    lines = _lines(data, name)
    if not lines:
        raise DataError(f"{name}: empty; expected rows of numbers")
    delimiter = next((mark for mark in "\t;" if mark in lines[0][1]), ",")
    first = _cells(lines[0], delimiter, name)
    if any(_looks_like_a_number(cell) for cell in first):
        columns = tuple(f"column {number}" for number in range(1, len(first) + 1))
    else:
        columns = _header(first, f"{name}:{lines[0][0]}")
        lines = lines[1:]
    if not lines:
        raise DataError(f"{name}: no rows after the header; expected rows of numbers")
    return CsvText(name, columns, lines, delimiter)


def _lines(data: bytes, name: str) -> list[Line]:
    """The lines that hold cells."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: byte {error.start} is 0x{data[error.start]:02x}; expected UTF-8 text") from None
    lines = enumerate(io.StringIO(text, newline=None), start=1)
    return [(number, line) for number, line in lines if line.strip() and not line.lstrip().startswith("#")]


def _cells(line: Line, delimiter: str, name: str) -> list[str]:
    number, text = line
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, strict=True))]
    except csv.Error as error:
        raise DataError(f"{name}:{number}: {error}") from None


def _header(cells: list[str], place: str) -> tuple[str, ...]:
    for name in cells:
        if cells.count(name) > 1:
            raise DataError(f"{place}: the column name {name!r} occurs twice; expected different names")
    return tuple(cells)


def _looks_like_a_number(cell: str) -> bool:
    """Whether a cell of the first row is no name: nan and 1e999 are numbers too, though no table can hold them."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell
