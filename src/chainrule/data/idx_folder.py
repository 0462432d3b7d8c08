"""A folder of IDX files, as MNIST and its relatives come: images and labels, for training and for test."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from chainrule.base.errors import DataError, UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.data.dataset import Dataset
from chainrule.data.idx import read_idx
from chainrule.data.names import number_labels
from chainrule.data.split import check_split, part_of, pick

Split = Literal["train", "test"]


class Kind(NamedTuple):
    """A kind of IDX files: the word in their names, and the numbers of axes that their arrays may have."""

    word: str
    axes: tuple[int, ...]


IMAGES = Kind("images", (3, 4))
LABELS = Kind("labels", (1,))
PREFIXES: dict[Split, tuple[str, ...]] = {"train": ("train",), "test": ("t10k", "test")}
"""The beginning of the files' names, of either split."""


def read_idx_folder(folder: str | os.PathLike[str], split: Split, classes: int | None = None) -> Dataset:
    """The images and labels of one split: x (n, c, i, j) uint8, t (n,) int64.

    The files are named like `train-images-idx3-ubyte` or `t10k-labels.idx1-ubyte.gz`: `-` or `.` before `idx`,
    `.gz` or not, `t10k` or `test`, idx3 for images of one channel and idx4 for (n, c, i, j).
    classes: the labels must be below it; None lets any label pass that is not negative.
    DataError if a file is missing or damaged, empty, or does not fit the other one.
    """
    if split not in PREFIXES:
        raise UsageError(f"split is {split!r}; {expected_one_of(PREFIXES, split)}")
    images_path = _find(Path(folder), split, IMAGES)
    labels_path = _find(Path(folder), split, LABELS)
    images = _read_images(images_path)
    labels = _read_labels(labels_path, classes)
    if len(images) != len(labels):
        given = f"{len(images)} images but {len(labels)} labels in {labels_path.name}"
        raise DataError(f"{images_path}: {given}; expected as many")
    return Dataset(images, labels)


def read_idx_part(
    folder: str | os.PathLike[str], split: str = "train", *, classes: Sequence[str] | None = None
) -> Dataset:
    """One part of the folder's images, x (n, c, i, j) uint8, with labels made class numbers, t (n,) int64.

    The part that `split` says, "train" or "test"; without files for a test, that is held out. `classes` are the names
    of all classes, if they are known.
    """
    check_split(split)
    source = str(folder)
    found: list[Split] = [each for each in PREFIXES if _paths(Path(folder), each, IMAGES)]
    chosen: Split = pick(("train", "test"), split, source) if "test" in found else "train"
    images = read_idx_folder(folder, chosen).x
    labels = [_read_labels(_find(Path(folder), each, LABELS), None) for each in found]
    numbered, names = number_labels(labels, classes, source)
    data = Dataset(images, numbered[found.index(chosen)], classes=names)
    return data if "test" in found else part_of([data], split, source)


def _read_images(path: Path) -> np.ndarray:
    """(n, c, i, j) uint8"""
    images = read_idx(path)
    if images.ndim not in (3, 4) or images.dtype != np.uint8:
        raise DataError(f"{path}: {images.dtype} of shape {images.shape}; expected uint8 images of 3 or 4 axes")
    if images.size == 0:
        raise DataError(f"{path}: images of shape {images.shape}; expected some pixels")
    return images[:, np.newaxis] if images.ndim == 3 else images


def _read_labels(path: Path, classes: int | None) -> np.ndarray:
    """(n,) int64, each in 0 ... classes - 1"""
    labels = read_idx(path)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(f"{path}: {labels.dtype} of shape {labels.shape}; expected integer labels of 1 axis")
    wrong = (labels < 0) if classes is None else (labels < 0) | (labels >= classes)
    if wrong.any():
        first = int(wrong.argmax())
        expected = "0 or more" if classes is None else f"0 to {classes - 1}"
        raise DataError(f"{path}: label {first} is {labels[first]}; expected {expected}")
    return labels.astype(np.int64)


def _find(folder: Path, split: Split, kind: Kind) -> Path:
    """The first file that has one of the accepted names; a raw file goes before a compressed one."""
    if not os.path.isdir(folder):
        raise DataError(f"{folder}: no such folder")
    paths = _paths(folder, split, kind)
    if not paths:
        expected = " or ".join(_stems(split, kind))
        raise DataError(f"{folder}: no {split} {kind.word}; expected {expected} (also with .idx, also with .gz)")
    return paths[0]


def _paths(folder: Path, split: Split, kind: Kind) -> list[Path]:
    """The files that have one of the accepted names."""
    names = [name for stem in _stems(split, kind) for name in (stem, stem.replace("-idx", ".idx"))]
    paths = [path for name in names for path in (folder / name, folder / f"{name}.gz")]
    return [path for path in paths if os.path.exists(path)]


def _stems(split: Split, kind: Kind) -> list[str]:
    return [f"{prefix}-{kind.word}-idx{n}-ubyte" for prefix in PREFIXES[split] for n in kind.axes]
