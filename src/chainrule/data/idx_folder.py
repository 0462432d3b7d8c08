"""A folder of IDX files, as MNIST and its relatives come: images and labels, for training and for test."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from chainrule.base.arguments import as_path
from chainrule.base.errors import DataError, UsageError
from chainrule.base.files import read_bytes
from chainrule.base.guessing import expected_one_of
from chainrule.data.dataset import Dataset
from chainrule.data.emnist import upright
from chainrule.data.idx import read_idx
from chainrule.data.names import number_labels, shortened
from chainrule.data.places import entries, file_at
from chainrule.data.split import check_split, part_of, pick

Split = Literal["train", "test"]


class Kind(NamedTuple):
    """A kind of IDX files: the word in their names, and the numbers of axes that their arrays may have."""

    word: str
    axes: tuple[int, ...]


IMAGES = Kind("images", (3, 4))
LABELS = Kind("labels", (1,))
PREFIXES: dict[Split, tuple[str, ...]] = {"train": ("train",), "test": ("t10k", "test")}
"""The beginning of the files' names, of either split; before it may stand that of the data set."""
IDX_NAME = re.compile(r"(?:(.+)-)?(train|t10k|test)-(images|labels)[-.]idx(\d)-ubyte(\.gz)?", re.IGNORECASE)
"""The files' names: the data set's, the split, the kind, the number of axes, and whether they are packed."""


class Files(NamedTuple):
    """The IDX files of one data set: their folder, and what they are called before `train` or `test`."""

    folder: Path
    name: str

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> "Files":
        """Those in a folder, or beside and with one of them. DataError if it is no folder, or holds several sets."""
        path = as_path(path)
        one = IDX_NAME.fullmatch(path.name)
        if one and os.path.isfile(path):
            return cls(path.parent, one[1] or "")
        if not os.path.isdir(path):
            raise DataError(f"{path}: no such folder")
        found = [match for each in entries(path) if (match := IDX_NAME.fullmatch(each.name))]
        names = {match[1] or "": match.string for match in found}
        if len(names) > 1:
            given = f"holds {len(names)} data sets"
            raise DataError(f"{path}: {given}; expected one of the files of one: {shortened([*names.values()])}")
        return cls(path, next(iter(names), ""))

    def find(self, split: Split, kind: Kind) -> Path:
        """The first file of that split and kind; DataError if there is none."""
        paths = self.paths(split, kind)
        if not paths:
            expected = " or ".join(self._stems(split, kind))
            given = f"no {split} {kind.word}"
            raise DataError(f"{self.folder}: {given}; expected {expected} (also with .idx, also with .gz)")
        return paths[0]

    def paths(self, split: Split, kind: Kind) -> list[Path]:
        """The files that have one of the accepted names, raw ones first; folders without such a file last."""
        names = [name for stem in self._stems(split, kind) for name in (stem, stem.replace("-idx", ".idx"))]
        paths = [path for name in names for path in (self.folder / name, self.folder / f"{name}.gz")]
        return sorted((file_at(path) for path in paths if os.path.exists(path)), key=os.path.isdir)

    def _stems(self, split: Split, kind: Kind) -> list[str]:
        before = f"{self.name}-" if self.name else ""
        return [f"{before}{prefix}-{kind.word}-idx{n}-ubyte" for prefix in PREFIXES[split] for n in kind.axes]

    def class_names(self) -> dict[int, str]:
        """The name of each label, where `...-mapping.txt` tells the character that each is, as EMNIST's does."""
        path = self.folder / f"{self.name}-mapping.txt"
        if not os.path.isfile(path):
            return {}
        try:
            rows = [[int(cell) for cell in line.split()] for line in read_bytes(path).decode().splitlines() if line]
            return {label: chr(code) for label, code, *_ in rows}
        except (ValueError, OverflowError):
            raise DataError(f"{path}: damaged; expected a label and the codes of its characters in each line") from None


def read_idx_folder(folder: str | os.PathLike[str], split: Split, classes: int | None = None) -> Dataset:
    """The images and labels of one split: x (n, c, i, j) uint8, t (n,) int64.

    The files are named like `train-images-idx3-ubyte` or `t10k-labels.idx1-ubyte.gz`: `-` or `.` before `idx`,
    `.gz` or not, `t10k` or `test`, idx3 for images of one channel and idx4 for (n, c, i, j). The name of a data set
    may come before, as in `emnist-letters-train-images-idx3-ubyte`; EMNIST's images are turned upright.
    `folder` may also be one of the files, where there are several data sets in a folder.
    classes: the labels must be below it; None lets any label pass that is not negative.
    DataError if a file is missing or damaged, empty, or does not fit the other one.
    """
    if split not in PREFIXES:
        raise UsageError(f"split is {split!r}; {expected_one_of(PREFIXES, split)}")
    files = Files.at(folder)
    images_path, labels_path = files.find(split, IMAGES), files.find(split, LABELS)
    images = _read_images(images_path)
    labels = _read_labels(labels_path, classes)
    if len(images) != len(labels):
        given = f"{len(images)} images but {len(labels)} labels in {labels_path.name}"
        raise DataError(f"{images_path}: {given}; expected as many")
    return Dataset(upright(images, images_path), labels)


def read_idx_part(
    folder: str | os.PathLike[str], split: str = "train", *, classes: Sequence[str] | None = None
) -> Dataset:
    """One part of the folder's images, x (n, c, i, j) uint8, with labels made class numbers, t (n,) int64.

    The part that `split` says, "train" or "test"; without files for a test, that is held out. `classes` are the names
    of all classes, if they are known; without, those that a file such as `emnist-letters-mapping.txt` tells.
    """
    check_split(split)
    source, files = str(folder), Files.at(folder)
    found: list[Split] = [each for each in PREFIXES if files.paths(each, IMAGES)]
    chosen: Split = pick(("train", "test"), split, source) if "test" in found else "train"
    images = read_idx_folder(folder, chosen).x
    called = files.class_names()
    labels = [_read_labels(files.find(each, LABELS), None) for each in found]
    if called:
        labels = [np.array([called.get(label, str(label)) for label in each.tolist()]) for each in labels]
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
