"""CIFAR-10 and CIFAR-100 in their binary version: small colour photographs, also within the .tar.gz that they come in.

    label (CIFAR-100: coarse label, fine label) | 1,024 red, 1,024 green, 1,024 blue, row by row

is a record, a byte for each number; a file is nothing but records. CIFAR-100's classes are the fine labels.

Source: A. Krizhevsky, *Learning Multiple Layers of Features from Tiny Images* (2009).
"""

import os
import re
import tarfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from chainrule.base.errors import DataError
from chainrule.base.files import read_bytes
from chainrule.base.memory import check_room
from chainrule.base.reading import opened, sized
from chainrule.data.dataset import Dataset
from chainrule.data.file_kinds import kind_of
from chainrule.data.names import number_labels
from chainrule.data.packed import GZIP, PIECE, unpacked
from chainrule.data.places import entries
from chainrule.data.split import check_split, part_of, pick

SHAPE = 3, 32, 32
PIXELS = 3 * 32 * 32
ARCHIVE = re.compile(r".+\.(tar|tgz|tar\.gz)", re.IGNORECASE)
"""The names of archives."""
MOST = 1000
"""Files in an archive."""
PICKLES = {"data_batch_1", "test_batch"}, {"train", "test", "meta"}
"""Files of the version for Python."""


class Kind(NamedTuple):
    """One of the two: how many labels a record begins with, how many classes there are, what its files are called."""

    name: str
    labels: int
    classes: int
    train: re.Pattern[str]
    test: str
    names: str

    @property
    def record(self) -> int:
        """Bytes of a sample."""
        return self.labels + PIXELS


CIFAR10 = Kind("CIFAR-10", 1, 10, re.compile(r"data_batch_\d+\.bin"), "test_batch.bin", "batches.meta.txt")
CIFAR100 = Kind("CIFAR-100", 2, 100, re.compile(r"train\.bin"), "test.bin", "fine_label_names.txt")
KINDS = CIFAR10, CIFAR100

Files = dict[str, Callable[[], bytes]]
"""Files by their names, and how to read each."""


def is_cifar(names: Sequence[str]) -> bool:
    """Whether there are such files among these, of either version."""
    return _is_pickled(names) or any(kind.train.fullmatch(name) for kind in KINDS for name in names)


def read_cifar(path: Path, split: str = "train", *, classes: Sequence[str] | None = None) -> Dataset:
    """One part of the images, x (n, 3, 32, 32) uint8, t (n,) int64, of a folder, a .tar.gz, or one file of records.

    The part that `split` says, "train" or "test"; where there is none for the test, a sixth is held out. The classes'
    names are those in the text beside the records, or their numbers. `classes`: the names, in order, of the data that a
    network was trained on.
    DataError for files that are damaged, of another kind, or of the version for Python, whose pickles are never loaded.
    """
    check_split(split)
    if not os.path.isdir(path) and not _is_archive(path):
        content = read_bytes(path)
        kind = _kind_by_length(content, path)
        return part_of([_dataset([_records(content, kind, str(path))], kind, None, classes)], split, str(path))
    files = _in_folder(path) if os.path.isdir(path) else _archived(path)
    kind = next((kind for kind in KINDS if any(map(kind.train.fullmatch, files))), None)
    if kind is None:
        raise _no_records(path, [*files])
    train = sorted(filter(kind.train.fullmatch, files), key=lambda name: (len(name), name))
    test = [name for name in files if name == kind.test]
    chosen = pick((train, test), split, str(path)) if test else train
    records = [_records(files[name](), kind, f"{path}: {name}") for name in chosen]
    names = _class_names(files[kind.names](), kind, f"{path}: {kind.names}") if kind.names in files else None
    data = _dataset(records, kind, names, classes)
    return data if test else part_of([data], split, str(path))


def _kind_by_length(content: bytes, path: Path) -> Kind:
    """Of a file of these bytes."""
    for kind in KINDS:
        if content and len(content) % kind.record == 0:
            return kind
    known = kind_of(content)
    if known:
        raise DataError(f"{path}: is {known}")
    records = " or ".join(f"{each.record:,} ({each.name})" for each in KINDS)
    raise DataError(f"{path}: has {len(content):,} bytes; expected records of {records} each")


def _is_archive(path: Path) -> bool:
    """Whether a file is a tar archive, or packed by gzip, by its content."""
    with opened(path) as file:
        head = file.read(512)
    return head.startswith(GZIP) or head[257:262] == b"ustar"


def _in_folder(folder: Path) -> Files:
    return {path.name: partial(read_bytes, path) for path in entries(folder)}


def _archived(path: Path) -> Files:
    """Those in an archive, in whatever folder of it; of those that are of no use, the names alone."""
    files: Files = {}
    with sized(path, DataError) as (file, _):
        stream = unpacked(file, str(path))
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
                for k, member in enumerate(archive):
                    if k == MOST:
                        raise DataError(f"{path}: holds more than {MOST} files; expected the few of CIFAR's")
                    name = os.path.basename(member.name)
                    if not member.isfile() or member.issparse():  # sparse ones become any number of zeros
                        continue
                    if name in files and _is_ours(name):
                        raise DataError(f"{path}: holds {name} twice; expected one data set")
                    files[name] = partial(bytes, _member(archive, member, path) if _is_ours(name) else b"")
        except tarfile.TarError as error:
            raise DataError(f"{path}: damaged: {error}; expected a tar archive") from None
        while stream.read(PIECE):  # up to gzip's checksum
            pass
    return files


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> bytes:
    check_room(member.size, f"{path}: {member.name}")
    file = archive.extractfile(member)
    content = file.read() if file else b""
    if len(content) != member.size:
        raise DataError(f"{path}: {member.name}: {len(content):,} bytes; expected {member.size:,}")
    return content


def _is_ours(name: str) -> bool:
    return any(kind.train.fullmatch(name) or name in (kind.test, kind.names) for kind in KINDS)


def _is_pickled(names: Sequence[str]) -> bool:
    return any(pickles <= {*names} for pickles in PICKLES)


def _no_records(path: Path, names: Sequence[str]) -> DataError:
    """The error for an archive, or a folder, without files to train on."""
    if _is_pickled(names):
        given = "is CIFAR's version for Python, whose pickles are never loaded"
        return DataError(f"{path}: {given}; expected the binary version, as cifar-10-binary.tar.gz")
    return DataError(f"{path}: is a tar archive; unpack it and give what is in it")


def _records(content: bytes, kind: Kind, name: str) -> np.ndarray:
    """(n, record) uint8; DataError unless the bytes are records of that kind."""
    if not content or len(content) % kind.record:
        given = f"has {len(content):,} bytes"
        raise DataError(f"{name}: {given}; expected records of {kind.record:,} each, as {kind.name}'s")
    rows = np.frombuffer(content, np.uint8).reshape(-1, kind.record)
    labels = rows[:, kind.labels - 1]
    if labels.max() >= kind.classes:
        first = int((labels >= kind.classes).argmax())
        given = f"the label of record {first} is {labels[first]}"
        raise DataError(f"{name}: {given}; expected 0 to {kind.classes - 1}, as in {kind.name}")
    return rows


def _class_names(content: bytes, kind: Kind, name: str) -> list[str]:
    """One in each line."""
    names = [line.strip() for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
    if len(names) != kind.classes or len({*names}) != len(names):
        raise DataError(f"{name}: holds {len({*names})} names; expected {kind.classes} different ones, a line each")
    return names


def _dataset(
    records: Sequence[np.ndarray], kind: Kind, names: Sequence[str] | None, classes: Sequence[str] | None
) -> Dataset:
    """`names`: what the labels are called; without, as those that a network knows, if it knows so many."""
    x = np.concatenate([rows[:, kind.labels :] for rows in records]).reshape(-1, *SHAPE)
    labels = np.concatenate([rows[:, kind.labels - 1] for rows in records])
    if names is None:
        known = classes is not None and len(classes) == kind.classes
        names = classes if known and classes else [str(k) for k in range(kind.classes)]
    (t,), called = number_labels([np.array(names)[labels]], classes or names, kind.name)
    return Dataset(x, t, classes=called)
