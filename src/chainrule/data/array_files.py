"""Arrays in an .npz file, or a folder of .npy files: inputs and true values, told by their names.

They may be larger than memory in .npy files, and in an .npz that is not compressed: then they are mapped, not read.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from chainrule.base.errors import DataError
from chainrule.data.arrays import flat, inputs_of, targets_of
from chainrule.data.dataset import Dataset
from chainrule.data.npy import read_npy
from chainrule.data.npz import Arrays, read_npz
from chainrule.data.places import entries
from chainrule.data.split import LARGE, NAMES, check_split, part_of
from chainrule.data.targets import are_values

INPUTS = ("x", "images", "image", "imgs", "inputs", "data", "features")
"""Usual names of inputs, in small letters; the first that is there counts."""
TARGETS = ("t", "y", "labels", "label", "targets", "target")
"""Usual names of true values."""
CHANNELS = (1, 3, 4)
"""The lengths of an axis of channels: grey, colour, colour with transparency."""


def read_arrays(
    path: str | os.PathLike[str],
    split: str = "train",
    *,
    regression: bool | None = None,
    classes: tuple[str, ...] | None = None,
) -> Dataset:
    """One part of the arrays in an .npz file or in a folder of .npy files.

    They are called x and t, or x_train, t_train, x_test, t_test; also y, images, labels, ..., and train_images, ...
    Without a test part it is held out. x: (n, features), or images (n, c, i, j), (n, i, j, c) if c is clearly the
    last axis, or (n, i, j). t: truth values or text name classes, reals are values, and whole numbers are either, as
    `regression` says, or as `are_values` guesses. `classes` are all the names, if they are known.
    DataError if an array is missing or damaged, or does not fit the other one.
    """
    check_split(split)
    arrays = read_npz(Path(path)) if not os.path.isdir(path) else _files(Path(path))
    train = _pair(arrays, "train") or _pair(arrays, "")
    if train is None:
        found = ", ".join(sorted(arrays)) or "nothing"
        hint = "" if os.path.isdir(path) else "; of files with one array each, give the folder" * (len(arrays) == 1)
        raise DataError(f"{path}: holds {found}; expected x and t, or x_train, t_train, x_test and t_test{hint}")
    test = _pair(arrays, "test")
    pairs = [train, test] if test else [train]
    found = [(arrays[x](), arrays[t]()) for x, t in pairs]
    try:
        inputs = [inputs_of(_channels_first(x), name) for (x, _), (name, _) in zip(found, pairs, strict=True)]
        labels = [flat(t) for _, t in found]
        if regression is None and classes is None:
            named = inputs[0].ndim == 4 or "label" in train[1].lower()
            regression = are_values(labels, f"{path}: {train[1]}", named=named)
        targets, names = targets_of(labels, regression, classes, train[1])
        parts = [Dataset(x, t, classes=names) for x, t in zip(inputs, targets, strict=True)]
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    return part_of(parts, split, str(path))


def _pair(names: Iterable[str], split: str) -> tuple[str, str] | None:
    """The names of the inputs and the true values of that part; for "", of data in one piece."""
    for word in NAMES[split] if split else ("",):
        x = _find(names, INPUTS, word)
        t = _find(names, TARGETS, word)
        if x and t:
            return x, t
    return None


def _find(names: Iterable[str], kind: Iterable[str], word: str) -> str | None:
    """The array of that kind and part, as in x_train, train_x or kmnist-train-imgs, in small letters or not."""
    plain = {name.lower(): name for name in names}
    wanted = (form for stem in kind for form in ((f"{stem}_{word}", f"{word}_{stem}") if word else (stem,)))
    exactly = next((plain[form] for form in wanted if form in plain), None)
    if exactly or not word:
        return exactly
    words = {name: {*re.split(r"[^a-z0-9]+", name)} for name in plain}
    return next((plain[name] for stem in kind for name, found in words.items() if {stem, word} <= found), None)


def _channels_first(x: np.ndarray) -> np.ndarray:
    """Images (n, i, j, c) as (n, c, i, j), where only the last axis can be that of channels; large ones not copied."""
    if x.ndim != 4 or x.shape[3] not in CHANNELS or x.shape[1] in CHANNELS:
        return x
    moved = np.moveaxis(x, 3, 1)
    return moved if x.nbytes >= LARGE else np.ascontiguousarray(moved)


def _files(folder: Path) -> Arrays:
    """The .npy files of a folder, by their names without the ending; and its .npz files of one array each."""
    found: Arrays = {path.stem: lambda path=path: read_npy(path) for path in _named(folder, ".npy")}
    for path in _named(folder, ".npz"):
        arrays = [*read_npz(path).values()]
        if len(arrays) == 1:
            found.setdefault(path.stem, arrays[0])
    return found


def _named(folder: Path, ending: str) -> list[Path]:
    """A folder's files with that ending; without hidden ones, which systems put there."""
    return [path for path in entries(folder) if path.suffix.lower() == ending]
