"""Where data lie: behind a folder of their name, below the folder given, or not at all."""

import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chainrule.base.errors import DataError, DataWarning
from chainrule.data import read_data, read_idx_folder, write_idx

X, T = np.arange(12 * 16, dtype=np.uint8).reshape(12, 4, 4), np.arange(12, dtype=np.uint8) % 2
ROWS = "a,b\n" + "".join(f"{k}.5,{'xy'[k % 2]}\n" for k in range(12))


def idx(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for prefix in ("train", "t10k"):
        write_idx(folder / f"{prefix}-images-idx3-ubyte", X)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", T)
    return folder


def pictures(folder: Path) -> Path:
    for k, t in enumerate(T):
        (folder / "xy"[t]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(X[k]).save(folder / "xy"[t] / f"{k}.png")
    return folder


def table(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ROWS)
    return path


def test_files_in_folders_of_their_names(tmp_path: Path) -> None:
    """As Kaggle unpacks MNIST."""
    for path in list(idx(tmp_path / "flat").iterdir()):
        folder = tmp_path / "deep" / path.name.removesuffix(".gz")
        folder.mkdir(parents=True)
        path.rename(folder / path.name)
    data = read_data(tmp_path / "deep", "test")
    assert np.array_equal(data.x[:, 0], X)
    assert np.array_equal(data.t, T)


def test_a_folder_of_the_wanted_name_beside_the_file(tmp_path: Path) -> None:
    idx(tmp_path)
    for name in ("train-images.idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte.gz"):
        (tmp_path / name).mkdir()
    assert np.array_equal(read_idx_folder(tmp_path, "train").x[:, 0], X)
    assert np.array_equal(read_idx_folder(tmp_path, "test").t, T)


@pytest.mark.parametrize("inside", ["train.csv/train.csv", "train.csv.gz"])
def test_a_table_behind_a_folder_of_its_name(inside: str, tmp_path: Path) -> None:
    (tmp_path / "train.csv").mkdir()
    content = ROWS.encode()
    (tmp_path / inside).write_bytes(gzip.compress(content) if inside.endswith("gz") else content)
    assert len(read_data(tmp_path / "train.csv", "all")) == 12
    assert len(read_data(tmp_path, "all")) == 12


@pytest.mark.parametrize("deep", ["MNIST/raw", "raw", "a/b/c"])
@pytest.mark.parametrize("kind", ["idx", "pictures", "table", "arrays", "alone"])
def test_data_below_the_folder_are_found_and_said(kind: str, deep: str, tmp_path: Path) -> None:
    below = tmp_path / deep
    if kind == "idx":
        place = idx(below)
    elif kind == "pictures":
        place = pictures(below)
    elif kind == "table":
        place = table(below / "train.csv")
    elif kind == "alone":
        place = table(below / "iris.csv")
    else:
        below.mkdir(parents=True)
        place = below / "digits.npz"
        np.savez(place, x=X, t=T)
    (tmp_path / "__MACOSX" / "MNIST").mkdir(parents=True)
    idx(tmp_path / ".hidden")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "README.txt").write_text("nothing")
    message = f"^{re.escape(f'{tmp_path}: is no data set; the data in it are read: {place}')}$"
    with pytest.warns(DataWarning, match=message):
        assert len(read_data(tmp_path, "train")) in (10, 12)


def test_several_below_are_named(tmp_path: Path) -> None:
    one, other = idx(tmp_path / "FashionMNIST" / "raw"), idx(tmp_path / "MNIST" / "raw")
    message = f"{tmp_path}: holds 2 data sets; expected one of them: {one}, {other}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_data(tmp_path)


def test_several_files_are_named(tmp_path: Path) -> None:
    red, white = table(tmp_path / "wine" / "red.csv"), table(tmp_path / "wine" / "white.csv")
    for folder in (tmp_path, tmp_path / "wine"):
        message = f"{folder}: holds 2 data sets; expected one of them: {red}, {white}"
        with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
            read_data(folder)


def test_what_lies_nearest_counts(tmp_path: Path) -> None:
    table(tmp_path / "backup" / "iris.csv")
    path = table(tmp_path / "iris.csv")
    with pytest.warns(DataWarning, match=re.escape(f"the data in it are read: {path}")):
        read_data(tmp_path)


@pytest.mark.parametrize("names", [("mnist_train.csv", "mnist_test.csv"), ("Train.csv", "validation.csv.gz")])
def test_parts_are_told_by_a_word_of_their_names(names: tuple[str, str], tmp_path: Path) -> None:
    table(tmp_path / names[0])
    path = table(tmp_path / names[1])
    path.write_text("a,b\n7,y\n")
    assert len(read_data(tmp_path)) == 12
    assert read_data(tmp_path, "test").x.tolist() == [[7]]


def test_what_systems_leave_is_no_data(tmp_path: Path) -> None:
    pictures(tmp_path)
    for name in ("__MACOSX", ".ipynb_checkpoints"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "._0.png").write_bytes(b"junk")
    (tmp_path / "x" / ".DS_Store").write_bytes(b"junk")
    assert read_data(tmp_path, "all").classes == ("x", "y")
    table(tmp_path / "csv" / "train.csv")
    (tmp_path / "csv" / "._train.csv").write_bytes(b"junk")
    assert len(read_data(tmp_path / "csv", "all")) == 12


def test_a_name_that_is_nearly_right_is_proposed(tmp_path: Path) -> None:
    table(tmp_path / "iris.csv")
    given = tmp_path / "irsi.csv"
    message = f"{given}: no such file or folder; did you mean {tmp_path / 'iris.csv'}?"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_data(given)


def test_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table(tmp_path / "train.csv")
    monkeypatch.chdir(tmp_path)
    for here in (".", "", f"../{tmp_path.name}"):
        assert len(read_data(here, "all")) == 12


def test_an_unknown_option_is_a_mistake_in_the_program(tmp_path: Path) -> None:
    wrong: Any = {"colour": 3}
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        read_data(table(tmp_path / "t.csv"), **wrong)
