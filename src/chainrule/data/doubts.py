"""Numbers that may not be what a network was trained on: in another unit, or of another column."""

from collections.abc import Sequence

import numpy as np

from chainrule.base.errors import warn
from chainrule.data.schema import Column, columns_of

FAR = 1.0
"""How far beyond what was seen in training a number may lie, in parts of that range, before it is doubtful."""
NEAR, OFTEN = 0.15, 0.25
"""How far beyond the numbers of a row may lie in all, likewise; and in what part of many rows they must lie farther
before it is said."""
SHIFT, MANY = 3.0, 10
"""How far the mean of so many numbers or more may lie from that in training, in standard deviations."""
CUT = 2.5
"""The largest standard deviation of a column for which it matters whether fractions are cut off."""
NARROW, ELSEWHERE = 0.5, 1.0
"""All columns vary less than such a part of what they did, about means that lie so many standard deviations away (root
mean square over the columns): another unit that stays within the range."""


def doubt(values: np.ndarray, trained: Sequence[Column]) -> bool:
    """Warn of the column of values (n, k), n > 0, that is least like it was in training, if it is far from that.

    Whether it is.
    """
    found = _least_like(values, trained)
    if found:
        warn(found)
    return found is not None


def _least_like(values: np.ndarray, trained: Sequence[Column]) -> str | None:
    """What is said of that column."""
    low, high, mean, deviation = _numbers(trained)
    lowest, highest, now, varies = _numbers(columns_of(values, [column.name for column in trained]))
    beyond = np.maximum(low - lowest, highest - high) / _width(low, high)
    moved = np.abs(now - mean) / np.where(deviation > 0, deviation, _width(low, high))
    k, j = int(beyond.argmax()), int(moved.argmax())
    many, rows = len(values) >= MANY, doubtful_rows(values, trained)
    was = f"but was {mean[j]:.6g} ± {deviation[j]:.4g} in training"
    if many and moved[j] > SHIFT and beyond[k] <= FAR:
        return f"{trained[j].name} is {now[j]:.6g} on average, {was}: is it another column?"
    if beyond[k] > FAR or len(rows) > (OFTEN * len(values) if many else 0):
        value = lowest[k] if low[k] - lowest[k] > highest[k] - high[k] else highest[k]
        went = f"but went from {low[k]:.6g} to {high[k]:.6g} in training"
        return f"{trained[k].name} goes to {value:.6g}, {went}: is it in another unit?"
    if many and (varies <= NARROW * deviation).all() and (moved**2).mean() > ELSEWHERE**2:
        return f"{trained[j].name} is {now[j]:.6g} ± {varies[j]:.4g}, {was}: is it in another unit?"
    if many and (cut := _cut_off(values, trained)):
        return f"{cut} holds whole numbers only, but had fractions in training: were they cut off?"
    return None


def doubtful_rows(values: np.ndarray, trained: Sequence[Column]) -> dict[int, str]:
    """What is doubtful about rows of values (n, k): of each the number that is farthest from those in training."""
    low, high = np.array([(c.lowest, c.highest) for c in trained]).T
    beyond = np.maximum(low - values, values - high).clip(min=0) / _width(low, high)
    worst, found = beyond.argmax(axis=1), {}
    for row in np.flatnonzero(beyond.sum(axis=1) > NEAR).tolist():
        column = trained[worst[row]]
        value, seen = values[row, worst[row]], f"{column.lowest:.6g} to {column.highest:.6g}"
        found[row] = f"{column.name} is {value:.6g}, but was {seen} in training"
    return found


def _numbers(columns: Sequence[Column]) -> np.ndarray:
    """(4, k): lowest, highest, mean, deviation."""
    return np.array([(c.lowest, c.highest, c.mean, c.deviation) for c in columns]).T


def _cut_off(values: np.ndarray, trained: Sequence[Column]) -> str | None:
    """The first of the columns that had fractions in training, where that matters, if now all vary by whole numbers."""
    had = [k for k, c in enumerate(trained) if c.deviation < CUT and (c.lowest % 1 or c.highest % 1)]
    varies_whole = bool(had) and np.ptp(values[:, had], axis=0).all() and not (values[:, had] % 1).any()
    return trained[had[0]].name if varies_whole else None


def _width(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(k,) of the range of each column; of a constant one, how far it is from 0."""
    return np.where(high > low, high - low, np.maximum(np.abs(high), np.finfo(np.float32).tiny))
