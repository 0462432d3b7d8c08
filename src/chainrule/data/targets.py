"""Whether numbers are classes or values: what follows from them, and what has to be guessed, and said."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chainrule.base.errors import warn

FEW = 20
"""More different numbers than so many are values, if nothing speaks for classes."""
ROWS = 3
"""The rows that each class has at least."""
FAR = 50
"""Numbers that are on average so far apart are surely values."""


class Guess(NamedTuple):
    """What numbers are taken for, and whether that is sure."""

    classes: bool
    sure: bool


def guess(t: np.ndarray, *, named: bool = False) -> Guess:
    """Whether numbers t (n,) are classes; `named`: something speaks for it, as their name, or that inputs are images.

    Numbers that are not whole are values, and two different whole numbers are classes. So are up to 20 different ones,
    close to 0 and to each other, if there are 3 rows or more of each: a count has rare values, and a measurement many.
    """
    if not (t == np.floor(t)).all():
        return Guess(classes=False, sure=True)
    values, rows = np.unique(t, return_counts=True)
    k, width = len(values), values[-1] - values[0]
    if k <= 2:
        return Guess(classes=True, sure=k == 1 or named or bool(np.isin(values, (-1, 0, 1, 2)).all()))
    if named and (k <= FEW or (2 * k <= len(t) and width < 2 * k)):
        return Guess(classes=True, sure=True)
    if 2 * k > len(t) or width > FAR * k:
        return Guess(classes=False, sure=True)
    close = width < 2 * k and abs(values[0]) <= k
    return Guess(classes=bool(close and k <= FEW and rows.min() >= ROWS), sure=False)


def said(t: np.ndarray, where: str, guessed: Guess) -> bool:
    """Whether numbers are values, by a guess, which is said unless it is sure."""
    if not guessed.sure:
        taken, other = ("classes", "values") if guessed.classes else ("values", "classes")
        option = "--regression, in Python regression=True" if guessed.classes else "--classification, regression=False"
        warn(f"{where}, {len(np.unique(t))} different whole numbers, is taken as {taken} (as {other}: {option})")
    return not guessed.classes


def are_values(parts: Sequence[np.ndarray], where: str, *, named: bool) -> bool | None:
    """Whether arrays of true values are reals and not classes, a guess that is said; None: as their type says.

    Whole numbers in a type of reals are classes as `guess` says, and then there are 3 of each or more. Those in a type
    of whole numbers are, unless there are more than 20 and nothing speaks for it: no name, and some are rare.
    """
    if any(part.ndim != 1 for part in parts):
        if all(np.isin(part, (0, 1)).all() for part in parts):
            given = f"{math.prod(parts[0].shape[1:])} numbers of 0 and 1 a sample are"
            warn(f"{where}: {given} kept as such values (of one 1 each give t.argmax(axis=1), the classes)")
        return None
    t = np.concatenate(parts) if {part.dtype.kind for part in parts} <= set("iuf") else np.empty(0)
    if t.size == 0 or not np.isfinite(t).all() or not (t == np.floor(t)).all():
        return None
    values, rows = np.unique(t, return_counts=True)
    if len(values) == 1 or 2 * len(values) > len(t):
        return None
    guessed, often = guess(t, named=named), rows.min() >= ROWS
    if t.dtype.kind == "f":
        return said(t, where, Guess(guessed.classes and bool(often), sure=guessed.sure and not guessed.classes))
    close = values[-1] - values[0] < 2 * len(values)
    classes = named or len(values) <= FEW or bool(often and close)
    return said(t, where, Guess(classes, sure=classes))
