"""Data of any kind, read as the file or folder at its path asks for."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Unpack

from chainrule.base.arguments import as_path
from chainrule.base.errors import DataError, UsageError, warn
from chainrule.data.array_files import read_arrays
from chainrule.data.cifar import ARCHIVE, is_cifar, read_cifar
from chainrule.data.dataset import Dataset
from chainrule.data.file_kinds import kind_of_file
from chainrule.data.idx_folder import IDX_NAME, read_idx_part
from chainrule.data.image_folder import has_classes, read_image_folder
from chainrule.data.names import given_names, shortened
from chainrule.data.places import below, entries, file_at, has_pictures, missing
from chainrule.data.roles import proposals
from chainrule.data.split import check_split, named_part
from chainrule.data.table_files import TableOptions, read_table

TABLES = (".csv", ".tsv", ".txt", ".data", ".dat", ".tab", ".tra", ".tes")
"""The endings of tables' names, the usual ones first; .gz may follow."""
TEXTS = (".txt", ".dat")
"""Those that other texts have, too."""


class Source(NamedTuple):
    """A kind of files or folders, the function that reads it, and the options which that takes."""

    kind: str
    read: Callable[..., Dataset]
    options: tuple[str, ...] = ()


class Options(TableOptions, total=False):
    """How data are read; what is not said, or None, follows from them."""

    image_size: tuple[int, int] | None
    """Of a folder of images: they are resized to this (height, width)."""

    channels: int | None
    """Of a folder of images: 1, grey, or 3, colour."""

    skip_bad: bool | None
    """Of a folder of images: files that cannot be read or are blank are left out, with a warning."""


class Found(NamedTuple):
    """What lies at a path: its kind, and the folder or the files that are read."""

    source: Source
    places: list[Path]


IDX = Source("a folder of IDX files", read_idx_part)
CIFAR = Source("CIFAR's records", read_cifar)
IMAGES = Source("a folder of images", read_image_folder, ("image_size", "channels", "skip_bad"))
ARRAYS = Source("a file or folder of arrays", read_arrays, ("regression",))
TABLE = Source("a CSV file", read_table, tuple(TableOptions.__annotations__))


def read_data(
    path: str | os.PathLike[str],
    split: str = "train",
    *,
    classes: Sequence[str] | None = None,
    **options: Unpack[Options],
) -> Dataset:
    """One part, "train" or "test", of the data at a path, which may be

    * a folder of IDX files, as MNIST's (`read_idx_part`), or one of them;
    * a folder of CIFAR's binary version, its .tar.gz as it is, or one .bin of it (`read_cifar`);
    * a folder of images, one sub-folder for each class, or of two such folders, train/ and test/ (`read_image_folder`);
    * a CSV file, or a folder with train.csv and test.csv (`read_table`);
    * an .npz file, or a folder of .npy files, with arrays x and t, or x_train, ... (`read_arrays`);
    * a folder in which there is one of these, up to three levels below.

    `options` are those of the kind (`Options`): of tables `target`, `regression`, `header`, `image` and `missing`, of
    arrays `regression`, of images `image_size`, `channels` and `skip_bad`.

    Where there is no test part, a sixth of the samples is held out as one: always the same, and of each class in
    proportion. Labels become 0 ... n-1, and `Dataset.classes` their names, unless they were 0 ... n-1 already.
    `classes` are all the names, in order, for data on which to try a network that was trained on others.
    DataError for anything else at the path, or if what is there is damaged, or nothing can be learned of it, as the
    target is always the same; UsageError for an option of others.
    """
    check_split(split)
    unknown = options.keys() - Options.__annotations__.keys()
    if unknown:
        raise TypeError(f"read_data() got an unexpected keyword argument {min(unknown)!r}")
    source, places = found_at(as_path(path))
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in source.options:
            takes = ", ".join(source.options) or "no options"
            raise UsageError(f"{path}: is {source.kind}, which has no {name}; expected {takes}")
    data = source.read(places[0], split, *places[1:], **given, classes=given_names("classes", classes))
    if classes is None and split != "test":
        _check_several(data, split, str(path))
    return data


def table_at(path: Path) -> Path | None:
    """The file at a path, if all that lies there is one table."""
    found = found_at(path)
    return found.places[0] if found.source is TABLE and len(found.places) == 1 else None


def options_for(path: Path) -> tuple[str, ...]:
    """The options of `read_data` that the data at a path take."""
    return found_at(path).source.options


def found_at(path: Path) -> Found:
    """What lies at a path; DataError if nothing does that can be read."""
    path = file_at(path)
    if os.path.isdir(path):
        return _source_of(path) or _source_below(path)
    if not os.path.exists(path):
        raise missing(path)
    if IDX_NAME.fullmatch(path.name):
        return Found(IDX, [path])
    if path.suffix.lower() == ".npz":
        return Found(ARRAYS, [path])
    if path.suffix.lower() == ".bin" or ARCHIVE.fullmatch(path.name):
        return Found(CIFAR, [path])
    if _is_named_so(path):
        return Found(TABLE, [path])
    kind = kind_of_file(path)
    if kind:
        raise DataError(f"{path}: is {kind}")
    files = ", ".join((".npz", *TABLES[:3]))
    raise DataError(f"{path}: is a file of another kind; expected {files}, or a folder of IDX files, images or arrays")


def _source_of(folder: Path) -> Found | None:
    """What a folder holds itself, if it is a data set."""
    inside = entries(folder)
    if any(IDX_NAME.fullmatch(path.name) for path in inside):
        return Found(IDX, [folder])
    if is_cifar([path.name for path in inside]):
        return Found(CIFAR, [folder])
    endings = [path.suffix.lower() for path in inside]
    if ".npy" in endings or endings.count(".npz") > 1:
        return Found(ARRAYS, [folder])
    tables = {_stem(path): file for path in inside if _is_named_so(path) and os.path.isfile(file := file_at(path))}
    train = named_part(tables, "train")
    if train is not None:
        test = named_part(tables, "test")
        return Found(TABLE, [train, test] if test else [train])
    return Found(IMAGES, [folder]) if has_pictures(folder) else None


def _source_below(folder: Path) -> Found:
    """The only file of data in a folder, or the only data set in those below it; DataError if there is not one."""
    found = _files_in(folder) or [each for several in below(folder, _sources_in) for each in several]
    if len(found) == 1:
        warn(f"{folder}: is no data set; the data in it are read: {found[0].places[0]}")
        return found[0]
    if found:
        several = shortened([str(each.places[0]) for each in found], 4)
        raise DataError(f"{folder}: holds {len(found)} data sets; expected one of them: {several}")
    if has_classes(folder):
        return Found(IMAGES, [folder])
    names = [path.name for path in entries(folder)]
    holds = f"holds {shortened(names, 3)}" if names else "is empty"
    expected = "expected IDX files, a sub-folder of images for each class, train.csv, or x.npy and t.npy"
    raise DataError(f"{folder}: {holds}; {expected}")


def _sources_in(folder: Path) -> list[Found]:
    """The data set that a folder is, or else its files of data."""
    found = _source_of(folder)
    return _files_in(folder) if found is None else [found]


def _files_in(folder: Path) -> list[Found]:
    """Each file of data in a folder, by its name."""
    files = [path for path in entries(folder) if os.path.isfile(path)]
    arrays = [Found(ARRAYS, [path]) for path in files if path.suffix.lower() == ".npz"]
    tables = [path for path in files if _is_named_so(path) and not path.name.lower().endswith(TEXTS)]
    return arrays + [Found(TABLE, [path]) for path in tables]


def _is_named_so(path: Path) -> bool:
    """Whether its name is that of a table."""
    return path.name.lower().removesuffix(".gz").endswith(TABLES)


def _stem(path: Path) -> str:
    """A file's name without its endings, in small letters."""
    return Path(path.name.lower().removesuffix(".gz")).stem


def _check_several(data: Dataset, split: str, path: str) -> None:
    """DataError if the target has one value only, so that there is nothing to learn; for reals, in a training part."""
    t = data.t
    if len(t) < 2 or t.ndim > 1 or (t.dtype.kind == "f" and split == "all") or (t != t[0]).any():
        return
    value = data.classes[int(t[0])] if data.classes else f"{t[0]:g}"
    named = f"column {data.target!r}, the target," if data.target else "the target"
    better = [name for name in proposals(data.columns or ()) if name != data.target]
    hint = f" (--target {better[0]}?)" if better else ""
    raise DataError(f"{path}: {named} is {value} in all rows; expected different ones{hint}")
