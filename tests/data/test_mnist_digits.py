import hashlib
import lzma
import multiprocessing
import os
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import DataError, UsageError
from chainrule.data import mnist, mnist_digits

HISTOGRAMS = {
    "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}


@pytest.fixture(scope="module")
def container() -> bytes:
    return (resources.files("chainrule.data") / mnist_digits.CONTAINER).read_bytes()


@pytest.fixture(scope="module")
def filled_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder after the first use."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAINRULE_CACHE_DIR", str(folder))
        mnist("test")
    return folder


def never_decode(container: bytes) -> Any:
    pytest.fail("decoded the container although the cache is good")


def test_the_container_holds_the_original_files(container: bytes) -> None:
    assert hashlib.sha256(container).hexdigest() == mnist_digits.SHA256
    raw, md5, start = lzma.decompress(container), {}, 0
    for part in (*mnist_digits.PARTS["train"], *mnist_digits.PARTS["test"]):
        md5[part.name] = hashlib.md5(raw[start : start + part.raw_bytes]).hexdigest()
        start += part.raw_bytes
    assert start == len(raw) == 54_950_048
    assert md5 == {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_later_use_reads_the_cache(split: Any, filled_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(filled_cache))
    monkeypatch.setattr(mnist_digits, "decode", never_decode)
    data = mnist(split)
    assert data.x.shape == (sum(HISTOGRAMS[split]), 1, 28, 28)
    assert data.x.dtype == np.uint8
    assert data.t.dtype == np.int64
    assert np.bincount(data.t).tolist() == HISTOGRAMS[split]
    assert data.t[:5].tolist() == {"train": [5, 0, 4, 1, 9], "test": [7, 2, 1, 0, 4]}[split]
    assert not data.x.flags.writeable


@pytest.mark.parametrize("damage", ["flipped", "truncated", "empty", "text", "another shape", "missing"])
def test_a_damaged_cache_is_made_again(
    damage: str, filled_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(filled_cache))
    images, labels = mnist_digits.PARTS["test"]
    good = images.cache_path.read_bytes()
    good_labels = labels.cache_path.read_bytes()
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    labels.cache_path.write_bytes(good_labels)
    if damage == "another shape":
        np.save(images.cache_path, np.zeros((2, 2), np.uint8))
    elif damage != "missing":
        half = len(good) // 2
        bad = {
            "flipped": good[:half] + bytes([good[half] ^ 1]) + good[half + 1 :],
            "truncated": good[:half],
            "empty": b"",
            "text": b"not an array",
        }
        images.cache_path.write_bytes(bad[damage])
    kept = {part: np.load(filled_cache / part.cache_path.name) for part in (images, labels)}
    monkeypatch.setattr(mnist_digits, "decode", lambda container: kept)
    data = mnist("test")
    np.testing.assert_array_equal(data.x[:, 0], kept[images])
    assert images.cache_path.read_bytes() == good
    assert sorted(tmp_path.iterdir()) == sorted([images.cache_path, labels.cache_path])


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path / "file"))  # not a folder, for any user
    data = mnist("train")
    assert np.bincount(data.t).tolist() == HISTOGRAMS["train"]
    assert not data.x.flags.writeable
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.heavy
def test_two_processes_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=mnist, args=("train",)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(os.listdir(tmp_path)) == 4
    monkeypatch.setattr(mnist_digits, "decode", never_decode)
    mnist("train")
    mnist("test")


def test_a_damaged_container_is_said(container: bytes) -> None:
    with pytest.raises(
        DataError, match=r"^embedded/mnist.xz: damaged: SHA-256 is [0-9a-f]{12}\.\.\.; expected e554e6414af8"
    ):
        mnist_digits.decode(container[:1000])


def test_an_unknown_split() -> None:
    wrong: Any = "validation"
    with pytest.raises(UsageError, match="split is 'validation'; expected one of: train, test"):
        mnist(wrong)
