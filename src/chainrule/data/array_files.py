"""Arrays in an .npz file, or a folder of .npy files: inputs and true values, told by their names.

They are mapped into memory, not read, where the file allows it, so that they may be larger than memory: .npy files do,
and an .npz that is not compressed.
"""

import os
import re
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import numpy as np

from chainrule.base.errors import DataError
from chainrule.base.files import reason
from chainrule.data.arrays import flat, inputs_of, targets_of
from chainrule.data.dataset import Dataset
from chainrule.data.file_kinds import kind_of_file
from chainrule.data.places import entries
from chainrule.data.split import LARGE, NAMES, check_split, part_of
from chainrule.data.targets import are_values

INPUTS = ("x", "images", "image", "imgs", "inputs", "data", "features")
"""Usual names of inputs, in small letters; the first that is there counts."""
TARGETS = ("t", "y", "labels", "label", "targets", "target")
"""Usual names of true values."""
CHANNELS = (1, 3, 4)
"""The lengths of an axis of channels: grey, colour, colour with transparency."""

HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
"""The readers of an array's header, by its version; version 3 is only for arrays of records."""

Arrays = dict[str, Callable[[], np.ndarray]]
"""Arrays by name, each read or mapped when it is called."""


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
    arrays = _members(Path(path)) if not os.path.isdir(path) else _files(Path(path))
    train = _pair(arrays, "train") or _pair(arrays, "")
    if train is None:
        found = ", ".join(sorted(arrays)) or "nothing"
        hint = "" if os.path.isdir(path) else "; of files with one array each, give the folder" * (len(arrays) == 1)
        raise DataError(f"{path}: holds {found}; expected x and t, or x_train, t_train, x_test and t_test{hint}")
    test = _pair(arrays, "test")
    pairs = [train, test] if test else [train]
    try:
        inputs = [inputs_of(_channels_first(arrays[x]()), x) for x, _ in pairs]
        labels = [flat(arrays[t]()) for _, t in pairs]
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
    found: Arrays = {path.stem: lambda path=path: _load(path) for path in _named(folder, ".npy")}
    for path in _named(folder, ".npz"):
        arrays = [*_members(path).values()]
        if len(arrays) == 1:
            found.setdefault(path.stem, arrays[0])
    return found


def _named(folder: Path, ending: str) -> list[Path]:
    """A folder's files with that ending; without hidden ones, which systems put there."""
    return [path for path in entries(folder) if path.suffix.lower() == ending]


def _load(path: Path) -> np.ndarray:
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except Exception as error:
        raise _unreadable(path.name, "an array", error) from None


def _members(path: Path) -> Arrays:
    """The arrays of an .npz file, by name."""
    try:
        with zipfile.ZipFile(path) as file:
            members = [info for info in file.infolist() if _is_array(info.filename)]
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except Exception as error:
        _refuse_other_kinds(path)
        raise _unreadable(str(path), "an .npz file", error) from None
    if not members:
        _refuse_other_kinds(path)
    return {info.filename.removesuffix(".npy"): lambda info=info: _member(path, info) for info in members}


def _is_array(name: str) -> bool:
    """Whether a member of an .npz is one of the user's arrays, and not what a system put beside them."""
    return name.endswith(".npy") and not name.startswith(("__MACOSX/", "."))


def _member(path: Path, info: zipfile.ZipInfo) -> np.ndarray:
    """An array of an .npz file: mapped, or read if it is compressed."""
    try:
        with zipfile.ZipFile(path) as file, file.open(info) as member:
            if info.compress_type == zipfile.ZIP_STORED:
                return _mapped(path, info, member)
            return np.lib.format.read_array(member, allow_pickle=False)
    except Exception as error:
        raise _unreadable(info.filename, "an array", error) from None


def _refuse_other_kinds(path: Path) -> None:
    """DataError that says what a file is, if it is known to be no .npz."""
    kind = kind_of_file(path, ".npz")
    if kind:
        raise DataError(f"{path}: is {kind}")


def _unreadable(name: str, kind: str, error: Exception) -> DataError:
    """The error for a damaged file, which zipfile and NumPy meet with errors of every kind, some of many lines."""
    return DataError(f"{name}: cannot be read as {kind}: {reason(error).splitlines()[0]}")


def _mapped(path: Path, info: zipfile.ZipInfo, member: IO[bytes]) -> np.ndarray:
    """An array that lies in the file as it is, behind the member's own header and the array's."""
    read_header = HEADERS[np.lib.format.read_magic(member)]
    shape, in_columns, dtype = read_header(member)
    if dtype.hasobject:
        raise ValueError("it holds Python objects; expected numbers or text")
    with path.open("rb") as file:
        file.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))  # their lengths; the array begins behind them
    start = info.header_offset + 30 + name + extra + member.tell()
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.asarray(np.memmap(path, dtype, "r", start, shape, "F" if in_columns else "C"))
