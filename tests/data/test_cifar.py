"""CIFAR's binary version: as a folder, in its archive, as one file; and what is none of these."""

import gzip
import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from chainrule.base.errors import DataError, UsageError
from chainrule.data import read_data

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
PICKLE = b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x15training batch 1 of 5q\x03"


def records(n: int, labels: int, classes: int, seed: int) -> np.ndarray:
    """(n, labels + 3072): fine labels in turn, coarse ones that are a fifth of them."""
    rows = np.random.default_rng(seed).integers(0, 256, (n, labels + 3072), np.uint8)
    rows[:, labels - 1] = np.arange(seed, seed + n) % classes
    rows[:, : labels - 1] = rows[:, [labels - 1]] // 5
    return rows


TEN = {f"data_batch_{k}.bin": records(20, 1, 10, k) for k in range(1, 6)} | {"test_batch.bin": records(30, 1, 10, 9)}
HUNDRED = {"train.bin": records(300, 2, 100, 0), "test.bin": records(100, 2, 100, 3)}


def archive(path: Path, contents: dict[str, bytes], mode: str = "w:gz", folder: str = "cifar/") -> Path:
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload]
        for name, content in contents.items():
            member = tarfile.TarInfo(folder + name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return path


def contents(rows: dict[str, np.ndarray], **texts: str) -> dict[str, bytes]:
    files = {name: each.tobytes() for name, each in rows.items()}
    return files | {f"{name}.txt": text.encode() for name, text in texts.items()}


def ten(**more: bytes) -> dict[str, bytes]:
    """In an order in which no archive need be."""
    files = contents(TEN) | {"batches.meta.txt": "\n".join([*NAMES, ""]).encode(), "readme.html": b"<html>"} | more
    return dict(sorted(files.items(), reverse=True))


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(params=["folder", "tar.gz", "tgz", "tar"])
def cifar10(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "folder":
        return put(tmp_path / "cifar-10-batches-bin", ten())
    return archive(tmp_path / f"cifar-10-binary.{request.param}", ten(), "w" if request.param == "tar" else "w:gz")


def test_cifar10_as_it_comes(cifar10: Path) -> None:
    train, test = (read_data(cifar10, split) for split in ("train", "test"))
    rows = np.concatenate([TEN[f"data_batch_{k}.bin"] for k in range(1, 6)])
    np.testing.assert_array_equal(train.x, rows[:, 1:].reshape(-1, 3, 32, 32))
    np.testing.assert_array_equal(train.t, rows[:, 0])
    np.testing.assert_array_equal(test.x, TEN["test_batch.bin"][:, 1:].reshape(-1, 3, 32, 32))
    assert train.x.dtype == test.x.dtype == np.uint8
    assert train.classes == test.classes == tuple(NAMES)
    with pytest.raises(UsageError, match="has a training and a test part"):
        read_data(cifar10, "all")


def test_cifar100_learns_the_fine_labels(tmp_path: Path) -> None:
    fine = [f"fine {k}" for k in range(100)]
    files = contents(HUNDRED, fine_label_names="\n".join(fine), coarse_label_names="\n".join(fine[:20]))
    for place in (put(tmp_path / "cifar-100-binary", files), archive(tmp_path / "c.tar.gz", files)):
        data = read_data(place, "test")
        np.testing.assert_array_equal(data.t, HUNDRED["test.bin"][:, 1])
        np.testing.assert_array_equal(data.x, HUNDRED["test.bin"][:, 2:].reshape(-1, 3, 32, 32))
        assert data.classes == tuple(fine)


def test_one_file_of_records_is_divided(tmp_path: Path) -> None:
    path = tmp_path / "digits10.bin"
    path.write_bytes(records(60, 1, 10, 0).tobytes())
    train, test, both = (read_data(path, split) for split in ("train", "test", "all"))
    assert (len(train), len(test), len(both)) == (50, 10, 60)
    assert both.classes is None
    np.testing.assert_array_equal(both.t, np.arange(60) % 10)
    path.write_bytes(HUNDRED["test.bin"].tobytes())
    np.testing.assert_array_equal(read_data(path, "all").t, HUNDRED["test.bin"][:, 1])


def test_classes_that_a_network_knows(cifar10: Path, tmp_path: Path) -> None:
    """By name; without names beside the records, by number."""
    other = NAMES[::-1]
    np.testing.assert_array_equal(read_data(cifar10, "test", classes=other).t, 9 - TEN["test_batch.bin"][:, 0])
    path = tmp_path / "few.bin"
    path.write_bytes(TEN["test_batch.bin"][:3].tobytes())
    data = read_data(path, "all", classes=other)
    np.testing.assert_array_equal(data.t, TEN["test_batch.bin"][:3, 0])
    assert data.classes == tuple(other)
    with pytest.raises(DataError, match=r"found label 'airplane'; expected one of 2: a, b"):
        read_data(cifar10, "test", classes=["a", "b"])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"data_batch_1.bin": b""}, r"data_batch_1\.bin: has 0 bytes; expected records of 3,073 each"),
        ({"data_batch_1.bin": bytes(3074)}, r"data_batch_1\.bin: has 3,074 bytes; expected records of 3,073 each"),
        (
            {"data_batch_1.bin": bytes(3073) + b"\x0a" + bytes(3072)},
            r"data_batch_1\.bin: the label of record 1 is 10; expected 0 to 9, as in CIFAR-10",
        ),
        (
            {"data_batch_1.bin": bytes(3073), "batches.meta.txt": b"cat\ndog\ncat\n"},
            r"batches\.meta\.txt: holds 2 names; expected 10 different ones, a line each",
        ),
        (
            {"data_batch_1": PICKLE, "test_batch": PICKLE, "batches.meta": PICKLE},
            r"is CIFAR's version for Python, whose pickles are never loaded; expected the binary version",
        ),
        (
            {"train": PICKLE, "test": PICKLE, "meta": PICKLE},
            r"is CIFAR's version for Python, whose pickles are never loaded; expected the binary version",
        ),
    ],
)
def test_what_is_wrong_is_said(files: dict[str, bytes], message: str, tmp_path: Path) -> None:
    for place in (put(tmp_path / "folder", files), archive(tmp_path / "cifar.tar.gz", files)):
        with pytest.raises(DataError, match=message) as failed:
            read_data(place)
        assert "\n" not in str(failed.value)


def test_archives_that_are_others_or_damaged(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.tar.gz", {"notes.txt": b"hello"})
    with pytest.raises(DataError, match=r"x\.tar\.gz: is a tar archive; unpack it"):
        read_data(path)
    whole = archive(path, ten()).read_bytes()
    for cut in (1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match=r"x\.tar\.gz: "):
            read_data(path)
    path.write_bytes(gzip.compress(gzip.decompress(whole)[:-20000]))
    with pytest.raises(DataError, match=r"x\.tar\.gz: damaged: unexpected end of data; expected a tar archive"):
        read_data(path)
    with tarfile.open(path, "w:gz") as file:
        for folder in ("a/", "b/"):
            member = tarfile.TarInfo(f"{folder}train.bin")
            member.size = 3074
            file.addfile(member, io.BytesIO(bytes(3074)))
    with pytest.raises(DataError, match=r"holds train\.bin twice; expected one data set"):
        read_data(path)
    with tarfile.open(path, "w:gz") as file:  # what is no file leads out of an archive
        link = tarfile.TarInfo("data_batch_1.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    with pytest.raises(DataError, match="is a tar archive; unpack it"):
        read_data(path)


def test_files_of_other_kinds_are_named(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(pickle.dumps(list(range(1000)), 4))
    with pytest.raises(DataError, match="is a pickle of Python objects"):
        read_data(path)
    path.write_bytes(b"\1" * 100)
    with pytest.raises(DataError, match=r"has 100 bytes; expected records of 3,073 \(CIFAR-10\) or 3,074 "):
        read_data(path)
    path = tmp_path / "data_batch_1"
    path.write_bytes(PICKLE)
    with pytest.raises(DataError, match="is CIFAR's version for Python, a pickle of Python objects; get the binary"):
        read_data(path)
