import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import DataError, DataWarning, UsageError
from chainrule.data import read_data, read_idx_folder, write_idx
from chainrule.data.idx_folder import read_idx_part

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
LABELS = np.array([3, 1], np.uint8)


def fill(folder: Path, images: np.ndarray = IMAGES, labels: np.ndarray = LABELS) -> None:
    write_idx(folder / "train-images-idx3-ubyte", images)
    write_idx(folder / "train-labels-idx1-ubyte", labels)


@pytest.mark.parametrize(
    ("split", "images_name", "labels_name"),
    [
        ("train", "train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        ("train", "train-images.idx3-ubyte", "train-labels-idx1-ubyte.gz"),
        ("test", "t10k-images-idx3-ubyte.gz", "t10k-labels.idx1-ubyte"),
        ("test", "test-images.idx3-ubyte.gz", "test-labels-idx1-ubyte"),
    ],
)
def test_every_usual_name_is_found(split: Any, images_name: str, labels_name: str, tmp_path: Path) -> None:
    write_idx(tmp_path / images_name, IMAGES)
    write_idx(tmp_path / labels_name, LABELS)
    data = read_idx_folder(tmp_path, split, classes=4)
    assert data.x.shape == (2, 1, 3, 4)
    assert data.x.dtype == np.uint8
    assert data.t.dtype == np.int64
    assert data.t.tolist() == [3, 1]
    np.testing.assert_array_equal(data.x[:, 0], IMAGES)


def test_images_of_several_channels(tmp_path: Path) -> None:
    images = np.arange(2 * 3 * 2 * 2, dtype=np.uint8).reshape(2, 3, 2, 2)
    write_idx(tmp_path / "train-images-idx4-ubyte", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", LABELS)
    np.testing.assert_array_equal(read_idx_folder(tmp_path, "train").x, images)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    message = (
        f"{tmp_path}: no test images; expected t10k-images-idx3-ubyte or t10k-images-idx4-ubyte or "
        "test-images-idx3-ubyte or test-images-idx4-ubyte (also with .idx, also with .gz)"
    )
    with pytest.raises(DataError, match=re.escape(message)):
        read_idx_folder(tmp_path, "test")
    write_idx(tmp_path / "train-images-idx3-ubyte", IMAGES)
    with pytest.raises(DataError, match="no train labels; expected train-labels-idx1-ubyte"):
        read_idx_folder(tmp_path, "train")


def test_a_folder_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read_idx_folder(tmp_path / "nowhere", "train")
    (tmp_path / "train-images-idx3-ubyte").mkdir()
    write_idx(tmp_path / "train-labels-idx1-ubyte", LABELS)
    with pytest.raises(DataError, match="is a folder; expected a file"):
        read_idx_folder(tmp_path, "train")


def test_counts_must_agree(tmp_path: Path) -> None:
    fill(tmp_path, labels=LABELS[:1])
    with pytest.raises(
        DataError, match="train-images-idx3-ubyte: 2 images but 1 labels in train-labels-idx1-ubyte; expected as many"
    ):
        read_idx_folder(tmp_path, "train")


@pytest.mark.parametrize(
    ("images", "labels", "classes", "message"),
    [
        (IMAGES, LABELS, 3, "label 0 is 3; expected 0 to 2"),
        (IMAGES, np.array([0, -1], np.int8), None, "label 1 is -1; expected 0 or more"),
        (IMAGES, np.array([0, 1], np.float32), None, "float32 of shape (2,); expected integer labels of 1 axis"),
        (IMAGES, LABELS.reshape(2, 1), None, "uint8 of shape (2, 1); expected integer labels of 1 axis"),
        (IMAGES[:0], LABELS[:0], None, "images of shape (0, 3, 4); expected some pixels"),
        (IMAGES[0], LABELS, None, "uint8 of shape (3, 4); expected uint8 images of 3 or 4 axes"),
        (IMAGES.astype(np.int16), LABELS, None, "int16 of shape (2, 3, 4); expected uint8 images of 3 or 4 axes"),
    ],
)
def test_what_is_wrong_is_said(
    images: np.ndarray, labels: np.ndarray, classes: int | None, message: str, tmp_path: Path
) -> None:
    fill(tmp_path, images, labels)
    with pytest.raises(DataError, match=f"-ubyte: {re.escape(message)}$"):
        read_idx_folder(tmp_path, "train", classes)


def test_an_unknown_split(tmp_path: Path) -> None:
    wrong: Any = "validation"
    with pytest.raises(UsageError, match="split is 'validation'; expected one of: train, test"):
        read_idx_folder(tmp_path, wrong)


def test_both_parts_have_the_same_classes(tmp_path: Path) -> None:
    fill(tmp_path)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", IMAGES[:1])
    write_idx(tmp_path / "t10k-labels-idx1-ubyte.gz", np.array([7], np.uint8))
    train, test = read_idx_part(tmp_path), read_idx_part(tmp_path, "test")
    np.testing.assert_array_equal(train.x, IMAGES[:, np.newaxis])
    np.testing.assert_array_equal(test.x, IMAGES[:1, np.newaxis])
    assert (train.t.tolist(), test.t.tolist()) == ([1, 0], [2])
    assert train.classes == test.classes == ("1", "3", "7")
    known = read_idx_part(tmp_path, "test", classes=("7", "3", "1"))
    assert (known.t.tolist(), known.classes) == ([0], ("7", "3", "1"))
    with pytest.raises(UsageError, match="has a training and a test part; expected one of them, not 'all'"):
        read_idx_part(tmp_path, "all")


def test_without_a_test_part_one_is_held_out(tmp_path: Path) -> None:
    fill(tmp_path, np.arange(12 * 4, dtype=np.uint8).reshape(12, 2, 2), np.arange(12, dtype=np.uint8) % 2)
    train, test = read_idx_part(tmp_path), read_idx_part(tmp_path, "test")
    assert (len(train), test.t.tolist(), train.classes) == (10, [0, 1], None)
    assert sorted([*train.x[:, 0, 0, 0], *test.x[:, 0, 0, 0]]) == list(range(0, 48, 4))
    assert len(read_idx_part(tmp_path, "all")) == 12


def test_a_test_part_alone_is_enough_for_a_test(tmp_path: Path) -> None:
    write_idx(tmp_path / "t10k-images-idx3-ubyte", IMAGES)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", LABELS - 1)
    assert read_idx_part(tmp_path, "test").t.tolist() == [1, 0]
    with pytest.raises(DataError, match="no train images; expected train-images-idx3-ubyte"):
        read_idx_part(tmp_path)


def emnist(folder: Path, name: str = "emnist-letters") -> None:
    for prefix in ("train", "test"):
        write_idx(folder / f"{name}-{prefix}-images-idx3-ubyte.gz", IMAGES)
        write_idx(folder / f"{name}-{prefix}-labels-idx1-ubyte.gz", LABELS)
    (folder / f"{name}-mapping.txt").write_text("1 65 97\n2 66 98\n3 67 99\n")


def test_emnist_is_turned_upright_and_its_letters_have_names(tmp_path: Path) -> None:
    emnist(tmp_path)
    for path in (tmp_path, tmp_path / "emnist-letters-train-images-idx3-ubyte.gz"):
        with pytest.warns(
            DataWarning, match="rows and columns are exchanged in EMNIST's images, which are turned upright"
        ):
            data = read_idx_part(path, "test")
        np.testing.assert_array_equal(data.x[:, 0], IMAGES.swapaxes(1, 2))
        assert (data.t.tolist(), data.classes) == ([1, 0], ("A", "C"))
    with pytest.warns(DataWarning):
        known = read_idx_part(tmp_path, "test", classes=("A", "B", "C"))
    assert known.t.tolist() == [2, 0]


def test_several_data_sets_in_a_folder_are_named(tmp_path: Path) -> None:
    emnist(tmp_path)
    emnist(tmp_path, "emnist-digits")
    with pytest.raises(DataError, match="holds 2 data sets; expected one of the files of one: emnist-digits-"):
        read_idx_part(tmp_path)
    with pytest.warns(DataWarning):
        assert len(read_data(tmp_path / "emnist-digits-test-labels-idx1-ubyte.gz", "test")) == 2
    (tmp_path / "emnist-digits-mapping.txt").write_text("x y\n")
    with (
        pytest.warns(DataWarning),
        pytest.raises(DataError, match=r"mapping\.txt: damaged; expected a label and the codes"),
    ):
        read_data(tmp_path / "emnist-digits-test-labels-idx1-ubyte.gz", "test")


def test_one_of_the_files_is_as_good_as_the_folder(tmp_path: Path) -> None:
    fill(tmp_path)
    assert len(read_data(tmp_path / "train-images-idx3-ubyte", "all")) == 2
