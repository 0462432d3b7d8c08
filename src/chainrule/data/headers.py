"""Whether a table's first line holds the names of its columns, and these names."""

from collections import Counter
from collections.abc import Sequence

from chainrule.base.errors import DataError, warn
from chainrule.data.cells import Form, are_numbers, is_missing
from chainrule.data.names import shortened

FEW_ROWS = 5
"""Fewer rows do not show the range of a column."""
BEYOND = 3
"""First numbers that are so many times the ranges of their columns beyond them are not of these."""


def is_header(first: Sequence[str], rows: Sequence[Sequence[str]], form: Form, name: str) -> bool:
    """Whether the cells of the first line are names, judged by the rows after it. A guess that may be wrong is said.

    They are where text stands over numbers, where no cell is a number and none comes again in its column, and where
    numbers count the columns (0, 1, 2, ..., as pandas does) or are far from all numbers of their columns.
    """
    columns = list(zip(*rows, strict=False)) if rows else [()] * len(first)
    over = list(zip(first, columns, strict=False))
    numbers = [(cell, column) for cell, column in over if _is_like_a_number(cell)]
    text = [(cell, column) for cell, column in over if not _is_like_a_number(cell)]
    over_numbers = any(column and are_numbers(column, form) and not is_missing(cell) for cell, column in text)
    comes_again = any(cell in column for cell, column in text if not is_missing(cell))
    if not numbers:
        return over_numbers or not comes_again
    if comes_again or not (over_numbers or _are_names([cell for cell, _ in numbers], numbers, form)):
        return False
    warn(f"{name}: the first line ({shortened(first, 4)}) is taken as the columns' names (--header no: as a row)")
    return True


def names_of(cells: Sequence[str], place: str) -> tuple[str, ...]:
    """The columns' names; one that has none is called by its number. DataError where two are the same."""
    names = tuple(cell or f"column {number}" for number, cell in enumerate(cells, start=1))
    for most, times in Counter(names).most_common(1):
        if times > 1:
            raise DataError(f"{place}: the column name {most!r} occurs twice; expected different names")
    return names


def _is_like_a_number(cell: str) -> bool:
    """Whether it is no name: nan and 1e999 are numbers too, though no table can hold them."""
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return "_" not in cell


def _are_names(cells: Sequence[str], over: Sequence[tuple[str, Sequence[str]]], form: Form) -> bool:
    """Whether numbers are names: they count the columns, though two may also be a row, or are far from any row."""
    counts = len(cells) > 1 and list(cells) == [str(k) for k in range(len(cells))]
    if counts and len(cells) > 2:
        return True
    different = len(set(cells)) == len(cells) > 1 and all(map(str.isdecimal, cells))
    beyond = 1 if counts else BEYOND
    return different and all(_is_strange(cell, column, form, beyond) for cell, column in over)


def _is_strange(cell: str, column: Sequence[str], form: Form, beyond: float) -> bool:
    """Whether the number is so many times the column's range outside of it, or over text."""
    numbers = [number for number in map(form.number, column) if number is not None]
    if len(column) < FEW_ROWS or not numbers:
        return len(column) >= FEW_ROWS
    low, high = min(numbers), max(numbers)
    return max(low - float(cell), float(cell) - high) > beyond * (high - low)
