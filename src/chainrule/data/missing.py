"""Missing values, NaN in x: refused, or replaced by the mean of the training part, or left out with their rows."""

from typing import NamedTuple

import numpy as np

from chainrule.base.errors import DataError, UsageError, warn

WAYS = "mean", "drop"
HINT = "; --missing mean or drop does without it"
"""What else there is to do about a cell that is missing."""


class Rows(NamedTuple):
    """What was read of a table: x (n, features), NaN where a value is missing; the target's numbers or text (n,)."""

    x: np.ndarray
    labels: np.ndarray


def checked_way(missing: str | None) -> str | None:
    """What to do with missing values; UsageError unless that is known."""
    if missing not in (None, *WAYS):
        raise UsageError(f"missing is {missing!r}; expected one of {', '.join(WAYS)}")
    return missing


def with_means(x: np.ndarray, means: np.ndarray, name: str) -> np.ndarray:
    """x (n, features) with a column's mean in place of each NaN, and says how many."""
    gaps = np.isnan(x)
    if not gaps.any():
        return x
    where = f"{gaps.sum()} in {gaps.any(axis=0).sum()} of {x.shape[1]} columns"
    warn(f"{name}: missing values are replaced by their columns' means: {where}")
    return np.where(gaps, means, x)


def means_of(x: np.ndarray, name: str) -> np.ndarray:
    """(features,) the mean of each column of x (n, features) without its NaN; DataError where there is nothing else."""
    gaps = np.isnan(x)
    empty = np.flatnonzero(gaps.all(axis=0))
    if len(x) and len(empty):
        raise DataError(f"{name}: input {empty[0] + 1} has no values; expected some to take the mean of")
    return np.where(gaps, 0, x).sum(axis=0) / np.maximum((~gaps).sum(axis=0), 1)


def without_gaps(rows: Rows, gaps: np.ndarray, missing: str | None, name: str) -> Rows:
    """The rows that have a label, and for "drop" all other values too; says how many have not.

    gaps (n,): which labels are missing.
    """
    if missing == "drop":
        gaps = gaps | np.isnan(rows.x).any(axis=1)
    if not gaps.any():
        return rows
    what = "missing values" if missing == "drop" else "no target"
    warn(f"{name}: {gaps.sum()} of {len(gaps)} rows have {what} and are left out")
    return Rows(rows.x[~gaps], rows.labels[~gaps])
