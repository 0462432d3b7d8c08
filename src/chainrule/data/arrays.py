"""Data sets of arrays, wherever these come from: NumPy's own, lists, pandas, a file mapped into memory."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.base.arguments import truth
from chainrule.base.arrays import as_array, as_numbers
from chainrule.base.errors import DataError, warn
from chainrule.data.dataset import Dataset
from chainrule.data.names import Classes, given_names, number_labels, only_counts
from chainrule.data.targets import are_values


def as_dataset(
    x: Any,
    t: Any,
    sample_weight: Any = None,
    classes: Sequence[str] | None = None,
    *,
    regression: bool | None = None,
) -> Dataset:
    """A data set of anything that is like an array: NumPy's, lists, pandas. An array of numbers is not copied.

    x: numbers, (n,) or (n, features), or images (n, c, i, j) or (n, i, j) of one channel. Bytes (uint8) are pixels.
    t: whole numbers from 0 are class numbers; text, truth values and other whole numbers are class names and are
    numbered in their order. Reals are values, but for whole ones that look like classes (see `are_values`).
    `regression` decides it: True, all numbers are values; False, none. `classes` are all the names, in their order:
    give those of the training data for any other data, which may not have all of them. The names of columns, as
    pandas has them, are kept.
    DataError for what is no number or no name, and for lengths that differ.
    """
    inputs, labels = inputs_of(as_array(x, "x"), "x"), flat(as_array(t, "t", text=True))
    weight = None if sample_weight is None else as_numbers(sample_weight, "sample_weight")
    columns, target = _column_names(x, inputs), _target_name(t)
    counted = [name for k, name in enumerate(columns or ()) if only_counts(name, inputs[:, k])]
    if counted:
        warn(f"x: column {counted[0]!r} only counts the rows; leave it out (index_col=0 of pandas' read_csv does)")
    if regression is not None:
        regression = truth("regression", regression)
    if regression is None and classes is None and labels.dtype.kind == "f" and labels.ndim == 1:
        regression = are_values([labels], "t", named=inputs.ndim == 4)
    if classes is None and not regression and labels.ndim == 1 and _are_class_numbers(labels):
        return Dataset(inputs, labels.astype(np.int64), weight, columns=columns, target=target)
    classes = given_names("classes", classes)
    (targets,), names = targets_of([labels], regression, classes, "t")
    return Dataset(inputs, targets, weight, names, columns=columns, target=target)


def _are_class_numbers(labels: np.ndarray) -> bool:
    """Whether they are whole numbers from 0, in a type of whole numbers."""
    return labels.dtype.kind in "iu" and bool((labels >= 0).all())


def _column_names(x: Any, inputs: np.ndarray) -> tuple[str, ...] | None:
    """The names of the features that pandas' tables and columns have; None if they are no text."""
    names = [*getattr(x, "columns", [])] or [getattr(x, "name", None)]
    if inputs.ndim != 2 or len(names) != inputs.shape[1] or not all(isinstance(name, str) for name in names):
        return None
    return tuple(names)


def _target_name(t: Any) -> str | None:
    """The name of pandas' column, or of its table of one column."""
    names = [*getattr(t, "columns", [])] or [getattr(t, "name", None)]
    return names[0] if len(names) == 1 and isinstance(names[0], str) and names[0] else None


def inputs_of(x: np.ndarray, name: str) -> np.ndarray:
    """x (n,) as (n, 1) and (n, i, j) as (n, 1, i, j); DataError if it holds no numbers or has other axes."""
    if x.dtype.kind not in "biuf":
        raise DataError(f"{name} holds {x.dtype}; expected numbers")
    if x.ndim not in (1, 2, 3, 4):
        raise DataError(f"{name} has shape {x.shape}; expected (n, features), or images (n, c, i, j) or (n, i, j)")
    return x[:, np.newaxis] if x.ndim in (1, 3) else x


def targets_of(
    parts: Sequence[np.ndarray], regression: bool | None, classes: Sequence[str] | None, source: str
) -> tuple[list[np.ndarray], Classes | None]:
    """The true values of all parts of some data, and the classes' names if they have some.

    Text, truth values and whole numbers (n,) name classes, unless `regression`; reals (n,) do if that is False, or
    the `classes` are known. More than one number a sample are values: (n, k). Errors name the `source`.
    """
    parts = [flat(part) for part in parts]
    kinds = {part.dtype.kind for part in parts}
    if not kinds <= set("biufUS"):
        found = ", ".join(sorted(str(part.dtype) for part in parts))
        raise DataError(f"{source}: holds {found}; expected numbers or text")
    text = kinds & set("US")
    if text and (regression or kinds - text):
        raise DataError(f"{source}: holds text; expected numbers")
    if regression is None:
        regression = "f" in kinds and classes is None
    if not regression and all(part.ndim == 1 for part in parts):
        return number_labels(parts, classes, source)
    if text:
        raise DataError(f"{source}: holds text of shape {parts[0].shape}; expected one name a sample")
    return [part.astype(np.float64) for part in parts], None


def flat(t: np.ndarray) -> np.ndarray:
    """t (n, 1) as (n,)."""
    return t.reshape(-1) if t.ndim == 2 and t.shape[1] == 1 else t
