"""A table's cells: how its lines are cut into them, and what numbers they hold."""

import csv
import io
import re
from collections.abc import Sequence
from itertools import accumulate, takewhile
from typing import NamedTuple

from chainrule.data.names import as_number

BLANK = " "
"""The delimiter of a table in columns: any number of blanks and tabs."""
DELIMITERS = "\t", ";", ",", "|", BLANK
"""What may stand between two cells; of several that would do, the first."""
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?|[+-]?\d+,")
"""A number whose decimal mark is a comma."""
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
"""A number whose comma may as well stand behind thousands."""
MISSING = {"", "?", "-", "na", "n/a", "n.a.", "nan", "-nan", "null", "none", "#n/a", "<na>"}
"""Cells without a value, in small letters, where numbers stand."""
UNNAMED = MISSING - {"none", "-"}
"""Cells without a value where names stand."""
MARKS = re.compile(r"[\s$€£¥%',]")
PLAIN = "a plain number, as in 1234.5"
"""What is expected instead of a number with marks."""
SAMPLE, FEW = 1 << 17, 5
"""Characters, and lines at least, that show how a table is written."""


class Form(NamedTuple):
    """How a table's numbers and cells are written."""

    delimiter: str
    decimal: str = "."

    def cut(self, text: str) -> list[str]:
        """The cells of a line, without the blanks around them; ValueError for quotes that do not close."""
        if '"' not in text:
            return text.split() if self.delimiter == BLANK else [cell.strip() for cell in text.split(self.delimiter)]
        blank = self.delimiter == BLANK
        lines = io.StringIO(text.strip().replace("\t", BLANK) if blank else text, newline="")
        try:
            found = next(csv.reader(lines, delimiter=self.delimiter, skipinitialspace=blank, strict=True))
        except csv.Error as error:
            raise ValueError(str(error)) from None
        return [cell.strip() for cell in found]

    def is_unclear(self, lines: Sequence[str]) -> bool:
        """Whether the decimal commas in these lines could also stand between thousands: 3 digits follow each."""
        cells = [cell for line in lines for cell in self.cut(line)] if self.decimal == "," else []
        commas = [cell for cell in cells if DECIMAL_COMMA.fullmatch(cell)]
        return bool(commas) and all(THOUSANDS.fullmatch(cell) for cell in commas)

    def number(self, cell: str) -> float | None:
        """The finite number in a cell; None if there is none."""
        if self.decimal == ".":
            return as_number(cell)
        return None if "." in cell else as_number(cell.replace(",", "."))


def is_missing(cell: str) -> bool:
    """Whether a cell holds no value, where others hold numbers."""
    return cell.lower() in MISSING


def are_numbers(cells: Sequence[str], form: Form) -> bool:
    """Whether most of a column's cells, of those that are not missing, are numbers; so are those of none."""
    there = [cell for cell in cells if not is_missing(cell)]
    return 2 * sum(form.number(cell) is not None for cell in there) >= len(there)


def sample_of(lines: Sequence[str]) -> Sequence[str]:
    """The first lines, enough to show how a table is written."""
    sizes = accumulate(map(len, lines))
    return lines[: max(sum(1 for _ in takewhile(lambda size: size < SAMPLE, sizes)), FEW)]


def form_of(lines: Sequence[str], told: str | None = None) -> Form:
    """How these lines of a table are written; `told`: with this delimiter.

    A delimiter is one that cuts all lines alike, but for a header of one name more or less; of several that which
    makes the most numbers. With a delimiter that is no comma, numbers may have a decimal comma.
    """
    first, others = lines[0], lines[1:]
    best = Form(told or next((mark for mark in DELIMITERS[:4] if mark in first), ","))
    most = 0.0
    for delimiter in (told,) if told else DELIMITERS:
        try:
            rows = [Form(delimiter).cut(line) for line in others or [first]]
            heads = Form(delimiter).cut(first)
        except ValueError:
            continue
        width = len(rows[0])
        if width < 2 or any(len(row) != width for row in rows) or abs(len(heads) - width) > 1:
            continue
        form = Form(delimiter, _decimal([heads, *rows], delimiter))
        cells = [cell for row in rows for cell in row]
        share = sum(is_missing(cell) or form.number(cell) is not None for cell in cells) / len(cells)
        if share > most or (most == 0 and best.delimiter not in first):
            best, most = form, share
    return best


def _decimal(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    """The decimal mark of these cells: a comma if numbers have one and none has a point."""
    cells = [cell for row in rows for cell in row] if delimiter != "," else []
    commas = any(DECIMAL_COMMA.fullmatch(cell) for cell in cells)
    return "," if commas and not any("." in cell and as_number(cell) is not None for cell in cells) else "."


def why_no_number(cell: str, form: Form) -> str:
    """What is expected instead of a cell that is no number."""
    if form.decimal == "," and as_number(cell) is not None:
        return "a decimal comma, as in other rows"
    return PLAIN if has_marks(cell) else "a finite number"


def has_marks(cell: str) -> bool:
    """Whether it is a number but for a unit, or marks between thousands."""
    plain = MARKS.sub("", cell)
    return plain != cell and as_number(plain) is not None
