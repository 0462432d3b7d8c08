"""Numbers that may not be what a network was trained on: in another unit, or of another column."""

from collections.abc import Sequence

import numpy as np

from chainrule.base.errors import warn
from chainrule.data.schema import Column, columns_of

FAR = 1.0
"""How far beyond what was seen in training a number may lie, in parts of that range, before it is doubtful."""
SHIFT, MANY = 3.0, 10
"""How far the mean of so many numbers or more may lie from that in training, in standard deviations."""


def doubt(values: np.ndarray, trained: Sequence[Column]) -> bool:
    """Warn of the column of values (n, k), n > 0, that is least like it was in training, if it is far from that.

    Whether it is.
    """
    found = columns_of(values, [column.name for column in trained])
    low, high, mean, deviation = np.array([(c.lowest, c.highest, c.mean, c.deviation) for c in trained]).T
    lowest, highest, now, _ = np.array([(c.lowest, c.highest, c.mean, c.deviation) for c in found]).T
    width = _width(low, high)
    beyond = np.maximum(low - lowest, highest - high) / width
    moved = np.abs(now - mean) / np.where(deviation > 0, deviation, width)
    k, j = int(beyond.argmax()), int(moved.argmax())
    if beyond[k] > FAR:
        then, value = trained[k], lowest[k] if low[k] - lowest[k] > highest[k] - high[k] else highest[k]
        seen = f"from {then.lowest:.6g} to {then.highest:.6g} in training"
        warn(f"{then.name} goes to {value:.6g}, but went {seen}: is it in another unit?")
        return True
    if len(values) >= MANY and moved[j] > SHIFT:
        seen = f"{mean[j]:.6g} ± {deviation[j]:.4g} in training"
        warn(f"{trained[j].name} is {now[j]:.6g} on average, but was {seen}: is it another column?")
        return True
    return False


def doubtful_rows(values: np.ndarray, trained: Sequence[Column]) -> dict[int, str]:
    """What is doubtful about rows of values (n, k): of each the number that is farthest from those in training."""
    low, high = np.array([(c.lowest, c.highest) for c in trained]).T
    beyond = np.maximum(low - values, values - high) / _width(low, high)
    worst, found = beyond.argmax(axis=1), {}
    for row in np.flatnonzero(beyond.max(axis=1) > FAR).tolist():
        column = trained[worst[row]]
        value, seen = values[row, worst[row]], f"{column.lowest:.6g} to {column.highest:.6g}"
        found[row] = f"{column.name} is {value:.6g}, but was {seen} in training"
    return found


def _width(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(k,) of the range of each column; of a constant one, how far it is from 0."""
    return np.where(high > low, high - low, np.maximum(np.abs(high), np.finfo(np.float32).tiny))
