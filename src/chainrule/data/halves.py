"""The training and the test half of some data: found by their names, or a part is held out, always the same."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from chainrule.base.errors import DataError, UsageError
from chainrule.base.random import HOLD_OUT, Draws, permutation
from chainrule.data.dataset import Dataset

T = TypeVar("T")

HALVES = {"train": ("train", "training"), "test": ("test", "testing", "val", "valid", "validation")}
"""What the halves are called by those who name files and folders; the first that is there counts."""
TEST_FRACTION = 1 / 6
"""The part that becomes the test half where a source has none."""
LARGE = 1 << 30
"""Bytes of inputs from which on they are divided as they stand, and not copied."""


def check_split(split: str) -> None:
    """UsageError unless it is the name of a half, or "all" for data in one piece."""
    if split not in ("train", "test", "all"):
        raise UsageError(f"split is {split!r}; expected 'train', 'test' or 'all'")


def of_split(halves: Sequence[T], split: str, source: str) -> T:
    """The training or the test half of both; UsageError for "all". `source` is what it calls the data."""
    if split == "all":
        raise UsageError(f"{source}: has a training and a test half; expected one of them, not 'all'")
    return halves[split == "test"]


def named_half(named: Mapping[str, T], split: str) -> T | None:
    """The value whose name, in small letters, is one of those of that half; None if there is none."""
    return next((named[name] for name in HALVES[split] if name in named), None)


def hold_out(t: np.ndarray, fraction: float = TEST_FRACTION, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(what stays, what is held out): sample numbers drawn by the seed, each in the order of the data.

    t (n, ...). Of class numbers each class is held out in proportion, and one sample of it or more stays.
    UsageError unless 0 < fraction < 1.
    """
    if not 0 < fraction < 1:
        raise UsageError(f"the fraction to hold out is {fraction}; expected a number between 0 and 1")
    order = permutation(Draws(seed, HOLD_OUT), len(t))
    if t.ndim == 1 and t.dtype.kind in "iu":
        order = order[np.argsort(t[order], kind="stable")]
        order = order[1:][t[order][1:] == t[order][:-1]]  # all but the first of each class
    count = min(round(fraction * len(t)), len(order))
    held = np.zeros(len(t), bool)
    held[order[((np.arange(count) + 0.5) * len(order) / max(count, 1)).astype(np.int64)]] = True  # evenly spaced
    return np.flatnonzero(~held), np.flatnonzero(held)


def half_of(parts: Sequence[Dataset], split: str, source: str) -> Dataset:
    """One half of some data, or "all" of it: `parts` are both halves, or the data in one piece (see `cut`)."""
    if len(parts) == 2:
        return of_split(parts, split, source)
    (data,) = parts
    return data if split == "all" else data.take(cut(data, TEST_FRACTION, 0, source)[split == "test"])


def cut(data: Dataset, fraction: float, seed: int, source: str) -> tuple[slice | np.ndarray, slice | np.ndarray]:
    """(which samples stay, which are held out): see `hold_out`.

    From `LARGE` bytes on these are not drawn but the data's beginning and end, so that nobody copies them; then no
    class may be missing from either. DataError if there is nothing to hold out; `source` is what it calls the data.
    """
    if data.x.nbytes < LARGE:
        return drawn(data.t, fraction, seed, source)
    stays, held = data.split(fraction)
    if data.t.ndim == 1 and data.t.dtype.kind in "iu":
        missing = np.setxor1d(stays.t, held.t)
        if len(missing):
            name = data.classes[missing[0]] if data.classes else missing[0]
            where = "at the end" if missing[0] in held.t else "before the end"
            raise DataError(f"{source}: class {name} is only {where}; expected shuffled samples or a test half")
    return slice(len(stays)), slice(len(stays), len(data))


def drawn(t: np.ndarray, fraction: float, seed: int, source: str) -> tuple[np.ndarray, np.ndarray]:
    """The same from the true values alone, whatever the data's size."""
    stays, held = hold_out(t, fraction, seed)
    if len(held) == 0:
        raise DataError(f"{source}: {len(t)} samples are too few to hold some out; expected more, or a test half")
    return stays, held
