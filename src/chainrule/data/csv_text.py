"""The text of a table as lines of cells, cut when they are asked for: only the columns that are used are read."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NoReturn

import numpy as np

from chainrule.base.errors import DataError, warn
from chainrule.data.cells import (
    BLANK,
    DELIMITERS,
    MISSING,
    Form,
    are_numbers,
    form_of,
    is_missing,
    sample_of,
    why_no_number,
)
from chainrule.data.headers import is_header, names_of
from chainrule.data.text import LONGEST, decoded, too_long
from chainrule.data.whole_numbers import whole_numbers

Line = tuple[int, str]  # its number from 1, and its text, which quotes may continue over several
CHUNK = 1 << 20
"""Cells that are read at a time."""
COLUMNS = 1 << 20
"""Cells of a row at most."""
TRUTHS = {"false": 0.0, "true": 1.0}
"""What stands for 0 and 1, in small letters."""
TELLS = re.compile(r"sep=(.)")
"""A first line of Excel's, which tells the delimiter."""
OPENS = re.compile(r'(^|[\t;,| ])"')
"""A quote where a cell begins."""


class CsvText:
    """The lines of a table that hold rows, and the names of its columns; `named` if a header gives them.

    DataError naming the line where there are more or fewer cells than columns, but for an empty one at the end.
    """

    def __init__(self, name: str, columns: tuple[str, ...], lines: list[Line], form: Form, *, named: bool) -> None:
        self.name, self.columns, self.lines, self.form, self.named = name, columns, lines, form, named
        self.is_even = True  # no line ends in an empty cell more
        for row, (_, text) in enumerate(lines):
            if '"' in text or form.delimiter == BLANK or text.count(form.delimiter) + 1 != len(columns):
                self.is_even &= len(self.cells(row, whole=True)) == len(columns)

    def __len__(self) -> int:
        return len(self.lines)

    def place(self, row: int) -> str:
        """The place of a row, for error messages."""
        return f"{self.name}:{self.lines[row][0]}"

    def cells(self, row: int, whole: bool = False) -> list[str]:
        """The cells of a row; without an empty one more at the end, unless it is to be `whole`."""
        found, wanted = cut(self.lines[row], self.form, self.name), len(self.columns)
        if len(found) != wanted and not (len(found) == wanted + 1 and not found[-1]):
            raise DataError(f"{self.place(row)}: {len(found)} cells; expected {wanted}")
        return found if whole else found[:wanted]

    def text(self, column: int) -> list[str]:
        """All cells of a column."""
        return self.texts([column])[0]

    def texts(self, columns: Sequence[int]) -> list[list[str]]:
        """All cells of each of these columns."""
        found: list[list[str]] = [[] for _ in columns]
        for row in range(len(self) if found else 0):
            cells = self.cells(row)
            for column, into in zip(columns, found, strict=True):
                into.append(cells[column])
        return found

    @cached_property
    def sample(self) -> list[list[str]]:
        """The cells of the first rows, enough to show what the columns hold."""
        return [self.cells(row) for row in range(len(sample_of([text for _, text in self.lines])))]

    def is_numeric(self, column: int) -> bool:
        """Whether most of a column's first cells are numbers."""
        return are_numbers([row[column] for row in self.sample], self.form)

    @cached_property
    def _truths(self) -> set[int]:
        """The columns whose first cells are true or false, which are 1 and 0 as numbers."""
        found = [{cell.lower() for cell in cells} - MISSING for cells in zip(*self.sample, strict=True)]
        return {k for k, cells in enumerate(found) if cells and cells <= TRUTHS.keys()}

    def numbers(self, columns: Sequence[int]) -> np.ndarray:
        """(n, columns) float64: these columns, with NaN for what is missing; DataError naming the first other text."""
        values, step = np.empty((len(self), len(columns))), max(1, CHUNK // len(self.columns))
        for start in range(0, len(self), step):
            rows = range(start, min(start + step, len(self)))
            some = self._at_once(rows, columns)
            values[start : rows.stop] = [self._numbers(row, columns) for row in rows] if some is None else some
        return values

    def complete_numbers(self, columns: Sequence[int]) -> np.ndarray:
        """`numbers`, with a DataError naming the first cell that is missing."""
        values = self.numbers(columns)
        self.refuse_missing(values, columns)
        return values

    def refuse_missing(self, values: np.ndarray, columns: Sequence[int], hint: str = "") -> None:
        """DataError naming the first cell that is missing among the values (n, columns), with a hint what to do."""
        missing = np.isnan(values)
        if missing.any():
            row, k = np.argwhere(missing)[0]
            self.refuse(row, columns[k], self.cells(row)[columns[k]], f"a finite number{hint}")

    def refuse(self, row: int, column: int, cell: str, expected: str) -> NoReturn:
        """Raise a DataError that names a cell."""
        where = f"{self.place(row)}: column {column + 1} ({self.columns[column]})"
        raise DataError(f"{where}: found {cell!r}; expected {expected}")

    def _at_once(self, rows: range, columns: Sequence[int]) -> np.ndarray | None:
        """These rows' numbers by NumPy's fast reader; None where they are not all plain and finite."""
        lines = [text for _, text in self.lines[rows.start : rows.stop]]
        comma, everything = self.form.decimal == ",", self.is_even and sorted(columns) == list(range(len(self.columns)))
        if everything and self.form.delimiter != BLANK:
            whole = whole_numbers("\n".join([*lines, ""]).encode(), self.form.delimiter, len(columns))
            if whole is not None:
                return whole[:, columns]
        blank = self.form.delimiter == BLANK  # of quoted cells NumPy takes other blanks apart than we do
        if any("_" in line or "\n" in line or (comma and "." in line) or (blank and '"' in line) for line in lines):
            return None
        try:
            values = np.loadtxt(
                [line.replace(",", ".") for line in lines] if comma else lines,
                delimiter=None if self.form.delimiter == BLANK else self.form.delimiter,
                usecols=None if everything else columns,
                comments=None,
                quotechar='"',
                ndmin=2,
            )
        except ValueError:
            return None
        return None if np.isinf(values).any() else values[:, columns] if everything else values

    def _numbers(self, row: int, columns: Sequence[int]) -> list[float]:
        """The numbers of one row, cell by cell."""
        cells, found = self.cells(row), []
        for column in columns:
            cell = cells[column]
            number = float("nan") if is_missing(cell) else self.form.number(cell)
            if number is None and column in self._truths:
                number = TRUTHS.get(cell.lower())
            if number is None:
                self.refuse(row, column, cell, why_no_number(cell, self.form))
            found.append(number)
        return found


def csv_text(data: bytes, name: str, header: bool | None = None) -> CsvText:
    """The text in the bytes of a table, maybe packed by gzip. Error messages call it `name`.

    Cells stand between tabs, `;`, `,`, `|` or blanks, whichever cuts all lines alike, and may be quoted. Blank lines
    and lines that begin with `#` are skipped. `header`: whether the first line holds names; None: see `is_header`.
    """
    lines = list(_lines(decoded(data, name), name))
    if not lines:
        raise DataError(f"{name}: empty; expected rows of numbers")
    told = TELLS.fullmatch(lines[0][1])
    if told and len(lines) > 1:
        del lines[0]
    sample = sample_of([text for _, text in lines])
    if any(text.count(mark) > COLUMNS for text in sample for mark in DELIMITERS):
        raise DataError(f"{name}: over {COLUMNS:,} cells in a line; expected no more")
    form = form_of(sample, told[1] if told else None)
    if form.is_unclear(sample):
        warn(f"{name}: numbers such as 1,234 are read with a decimal comma, as 1.234")
    first = cut(lines[0], form, name)
    rows = [cut(line, form, name) for line in lines[1 : len(sample)]]
    width = _width(first, rows)
    if header is None:
        header = is_header(first, rows, form, name)
    if not header:
        columns = tuple(f"column {number}" for number in range(1, width + 1))
        return CsvText(name, columns, lines, form, named=False)
    if len(lines) == 1:
        raise DataError(f"{name}: no rows after the header; expected rows of numbers")
    if len(first) > width and not first[-1]:
        first.pop()
    first = [""] * (width - len(first)) + first  # R leaves out the name of the rows' names
    return CsvText(name, names_of(first, f"{name}:{lines[0][0]}"), lines[1:], form, named=True)


def _width(first: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """The number of columns, by the first line and others: a header may have one cell more or less than all of these.

    A delimiter that ends the lines makes no column.
    """
    width = len(rows[0]) if rows and abs(len(rows[0]) - len(first)) == 1 else len(first)
    ends = bool(rows) and all(len(row) == width and not row[-1] for row in rows)
    return width - 1 if ends and (len(first) < width or not first[-1]) else width


def cut(line: Line, form: Form, name: str) -> list[str]:
    """The cells of a line; DataError if its quotes do not close, or they are too many."""
    if line[1].count(form.delimiter) > COLUMNS:
        raise DataError(f"{name}:{line[0]}: over {COLUMNS:,} cells; expected no more")
    try:
        return form.cut(line[1])
    except ValueError as error:
        raise DataError(f"{name}:{line[0]}: {error}") from None


def _lines(text: str, name: str) -> Iterator[Line]:
    """The lines that hold cells; one with a quote that does not close goes on in the next ones."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = iter(enumerate(text.split("\n"), start=1))
    for number, line in lines:
        if not line or line.isspace() or line.lstrip().startswith("#"):
            continue
        if '"' in line and OPENS.search(line) and line.count('"') % 2:
            line = _continued(line, lines, f"{name}:{number}")
        if len(line) > LONGEST:
            raise too_long(f"{name}:{number}")
        yield number, line


def _continued(line: str, lines: Iterator[Line], place: str) -> str:
    """The line and those after it, up to the one that closes its quote."""
    found, length = [line], len(line)
    for _, more in lines:
        found.append(more)
        length += len(more)
        if length > LONGEST:
            break
        if more.count('"') % 2:
            return "\n".join(found)
    problem = "unexpected end of data: " if length <= LONGEST else ""
    raise DataError(f"{place}: {problem}a quote does not close")
