"""Data of any kind, read as the file or folder at its path asks for."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from chainrule.base.errors import DataError, UsageError
from chainrule.base.files import reason
from chainrule.data.array_files import read_arrays
from chainrule.data.dataset import Dataset
from chainrule.data.file_kinds import kind_of_file
from chainrule.data.idx_folder import read_idx_part
from chainrule.data.image_folder import has_classes, read_image_folder
from chainrule.data.names import shortened
from chainrule.data.split import check_split, named_part
from chainrule.data.table_files import read_table

TABLES = (".csv", ".tsv", ".txt")
"""The endings of CSV files' names."""


class Source(NamedTuple):
    """A kind of files or folders, the function that reads it, and the options which that takes."""

    kind: str
    read: Callable[..., Dataset]
    options: tuple[str, ...] = ()


IDX = Source("a folder of IDX files", read_idx_part)
IMAGES = Source("a folder of images", read_image_folder, ("image_size", "channels"))
ARRAYS = Source("a file or folder of arrays", read_arrays, ("regression",))
TABLE = Source("a CSV file", read_table, ("target", "regression"))


def read_data(
    path: str | os.PathLike[str],
    split: str = "train",
    *,
    target: str | int | None = None,
    regression: bool | None = None,
    image_size: tuple[int, int] | None = None,
    channels: int | None = None,
    classes: Sequence[str] | None = None,
) -> Dataset:
    """One part, "train" or "test", of the data at a path, which may be

    * a folder of IDX files, as MNIST's (`read_idx_part`);
    * a folder of images, one sub-folder for each class, or of two such folders, train/ and test/ (`read_image_folder`,
      which takes `image_size` and `channels`);
    * a CSV file, or a folder with train.csv and test.csv (`read_table`, which takes `target` and `regression`);
    * an .npz file, or a folder of .npy files, with arrays x and t, or x_train, ... (`read_arrays`: `regression`).

    Where there is no test part, a sixth of the samples is held out as one: always the same, and of each class in
    proportion. Labels become 0 ... n-1, and `Dataset.classes` their names, unless they were 0 ... n-1 already.
    `classes` are all the names, in order, for data on which to try a network that was trained on others.
    DataError for anything else at the path, or if what is there is damaged; UsageError for an option of others.
    """
    check_split(split)
    source, places = _look(Path(path))
    given = {"target": target, "regression": regression, "image_size": image_size, "channels": channels}
    options = {name: value for name, value in given.items() if value is not None}
    for name in options:
        if name not in source.options:
            takes = ", ".join(source.options) or "no options"
            raise UsageError(f"{path}: is {source.kind}, which has no {name}; expected {takes}")
    return source.read(places[0], split, *places[1:], **options, classes=None if classes is None else tuple(classes))


def is_table(path: Path) -> bool:
    """Whether it is one file with a table."""
    return path.is_file() and _look(path)[0] is TABLE


def _look(path: Path) -> tuple[Source, list[Path]]:
    """The source that a path is, and its folder or files."""
    if os.path.isdir(path):
        return _look_into(path)
    if not os.path.exists(path):
        raise DataError(f"{path}: no such file or folder")
    ending = path.suffix.lower()
    if ending == ".npz":
        return ARRAYS, [path]
    if ending in TABLES:
        return TABLE, [path]
    kind = kind_of_file(path)
    if kind:
        raise DataError(f"{path}: is {kind}")
    files = ", ".join((".npz", *TABLES))
    raise DataError(f"{path}: is a file of another kind; expected {files}, or a folder of IDX files, images or arrays")


def _look_into(folder: Path) -> tuple[Source, list[Path]]:
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {reason(error)}") from None
    if any("idx" in name and "ubyte" in name for name in names):
        return IDX, [folder]
    if any(name.endswith(".npy") for name in names):
        return ARRAYS, [folder]
    tables = {Path(name).stem.lower(): folder / name for name in names if Path(name).suffix.lower() in TABLES}
    train = named_part(tables, "train")
    if train is not None:
        test = named_part(tables, "test")
        return TABLE, [train, test] if test else [train]
    if has_classes(folder):
        return IMAGES, [folder]
    found = f"holds {shortened(names, 3)}" if names else "is empty"
    expected = "expected IDX files, a sub-folder of images for each class, train.csv, or x.npy and t.npy"
    raise DataError(f"{folder}: {found}; {expected}")
