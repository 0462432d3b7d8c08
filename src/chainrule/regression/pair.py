"""Two columns of a table that a polynomial is fitted to."""

from typing import NamedTuple

import numpy as np

from chainrule.base.errors import DataError, UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.data.names import is_index_name, shortened
from chainrule.data.tables import Table


class Pair(NamedTuple):
    """The two columns that a fit is about."""

    source: str  # what the data are called
    x_name: str
    t_name: str
    x: np.ndarray
    t: np.ndarray


def pair_of(data: Table, source: str, x: str | None = None, target: str | None = None) -> Pair:
    """The input and the target column, by default the first and the last columns of numbers that are left."""
    if len(data.columns) < 2:
        raise DataError(f"{source}: the only column is {', '.join(data.columns)!r}; expected an input and a target")
    for column in (x, target):
        if column is not None and column not in data.columns:
            raise DataError(f"{source}: there is no column {column!r}; {expected_one_of(data.columns, column)}")
    columns = [column for column in data.columns if data.is_numeric(column)]
    with_names = [column for column in columns if not is_index_name(column)]
    columns = with_names if len(with_names) > 1 else columns
    if len({*columns, x, target} - {None}) < 2:
        raise DataError(
            f"{source}: only {shortened(columns) or 'no column'} holds numbers; expected an input and a target"
        )
    target = target or next(column for column in reversed(columns) if column != x)
    x = x or next(column for column in columns if column != target)
    if x == target:
        raise UsageError(f"x and the target are both {x!r}; expected two different columns")
    return Pair(source, x, target, data.column(x), data.column(target))
