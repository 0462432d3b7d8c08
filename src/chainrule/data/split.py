"""The training part and the test part of data: found by their names; or the test part is held out, always the same."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from chainrule.base.arguments import fraction_of_all, name_among
from chainrule.base.arrays import as_targets
from chainrule.base.errors import DataError, UsageError
from chainrule.base.random import HOLD_OUT, Draws, check_seed, permutation
from chainrule.data.dataset import Dataset

T = TypeVar("T")

NAMES = {"train": ("train", "training"), "test": ("test", "testing", "val", "valid", "validation")}
"""Usual names of either part's files and folders, in small letters; the first that is there counts."""
TEST_FRACTION = 1 / 6
"""The fraction that becomes the test part where a source has none."""
SPLITS = "train", "test", "all"
LARGE = 1 << 30
"""Bytes of inputs from which on they are divided as they stand, and not copied."""


def check_split(split: str) -> None:
    """UsageError unless it is "train", "test", or "all" for data in one piece."""
    name_among(SPLITS, "split", split)


def pick(parts: Sequence[T], split: str, source: str) -> T:
    """The first of two parts for "train", the second for "test"; UsageError, which names the source, for "all"."""
    if split == "all":
        raise UsageError(f"{source}: has a training and a test part; expected one of them, not 'all'")
    return parts[split == "test"]


def named_part(named: Mapping[str, T], split: str) -> T | None:
    """The value under one of that part's `NAMES`, or under the only name with one as a word; None if there is none."""
    exactly = next((named[name] for name in NAMES[split] if name in named), None)
    if exactly is not None:
        return exactly
    with_it = [name for name in named if not {*NAMES[split]}.isdisjoint(re.split(r"[^a-z0-9]+", name))]
    return named[with_it[0]] if len(with_it) == 1 else None


def part_of(parts: Sequence[Dataset], split: str, source: str) -> Dataset:
    """The part that `split` says, of two `parts` or of data in one piece (see `cut`); or "all" of the one piece."""
    if len(parts) == 2:
        return pick(parts, split, source)
    (data,) = parts
    return data if split == "all" else data.take(pick(cut(data, TEST_FRACTION, 0, source), split, source))


def cut(data: Dataset, fraction: float, seed: int, source: str) -> tuple[slice | np.ndarray, slice | np.ndarray]:
    """(samples that stay, samples held out): see `hold_out`.

    From `LARGE` bytes on these are not drawn but the data's beginning and end, so that nobody copies them; then no
    class may be missing from either. DataError, which names the source, if there is nothing to hold out.
    """
    if data.x.nbytes < LARGE:
        return drawn(data.t, fraction, seed, source)
    stays, held = data.split(fraction)
    if data.t.ndim == 1 and data.t.dtype.kind in "iu":
        missing = np.setxor1d(stays.t, held.t)
        if len(missing):
            name = data.classes[missing[0]] if data.classes else missing[0]
            where = "at the end" if missing[0] in held.t else "before the end"
            raise DataError(f"{source}: class {name} is only {where}; expected shuffled samples or a test part")
    return slice(len(stays)), slice(len(stays), len(data))


def drawn(t: np.ndarray, fraction: float, seed: int, source: str) -> tuple[np.ndarray, np.ndarray]:
    """`hold_out`, with a DataError, which names the source, if there is nothing to hold out."""
    stays, held = hold_out(t, fraction, seed)
    if len(held) == 0:
        raise DataError(f"{source}: {len(t)} samples are too few to hold some out; expected more, or a test part")
    return stays, held


def hold_out(t: np.ndarray, fraction: float = TEST_FRACTION, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(samples that stay, samples held out): their numbers, drawn by the seed, each in the order of the data.

    t (n, ...). Of class numbers each class is held out in proportion, and one sample of it or more stays.
    UsageError unless 0 < fraction < 1.
    """
    t, fraction = as_targets(t, "t"), fraction_of_all("the fraction to hold out", fraction)
    order = permutation(Draws(check_seed(seed), HOLD_OUT), len(t))
    if t.ndim == 1 and t.dtype.kind in "iu":
        order = order[np.argsort(t[order], kind="stable")]
        order = order[1:][t[order][1:] == t[order][:-1]]  # all but the first of each class
    count = min(round(fraction * len(t)), len(order))
    evenly_spaced = (np.arange(count) + 0.5) * len(order) / max(count, 1)
    held = np.zeros(len(t), bool)
    held[order[evenly_spaced.astype(np.int64)]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)
