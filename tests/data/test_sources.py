import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chainrule.base.errors import DataError, UsageError
from chainrule.data import read_data, write_idx

ROWS = "a,b\n" + "".join(f"{k},{'xy'[k % 2]}\n" for k in range(12))
ONES = np.ones((12, 4, 4), np.uint8)
BITS = np.arange(12) % 2


def fill_idx(folder: Path) -> None:
    write_idx(folder / "train-images-idx3-ubyte.gz", ONES)
    write_idx(folder / "train-labels-idx1-ubyte.gz", BITS.astype(np.uint8))


def fill_images(folder: Path) -> None:
    for k in BITS:
        (folder / "xy"[k]).mkdir(exist_ok=True)
    for k, t in enumerate(BITS):
        Image.new("L", (4, 4), k).save(folder / "xy"[t] / f"{k}.png")


def fill_arrays(folder: Path) -> None:
    np.save(folder / "x.npy", ONES)
    np.save(folder / "t.npy", BITS)


def fill_tables(folder: Path) -> None:
    (folder / "train.csv").write_text(ROWS, encoding="utf-8")


@pytest.mark.parametrize("fill", [fill_idx, fill_images, fill_arrays, fill_tables])
def test_every_kind_of_folder(fill: Any, tmp_path: Path) -> None:
    fill(tmp_path)
    train, test = read_data(tmp_path), read_data(str(tmp_path), "test")
    assert np.bincount(train.t).tolist() == [5, 5]
    assert np.bincount(test.t).tolist() == [1, 1]
    assert len(read_data(tmp_path, "all")) == 12
    named = ("x", "y") if fill in (fill_images, fill_tables) else None
    assert train.classes == test.classes == named
    turned = read_data(tmp_path, classes=("y", "x") if named else ("1", "0"))
    assert turned.t.tolist() == (1 - train.t).tolist()


def test_every_kind_of_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=ONES, t=BITS)
    assert read_data(tmp_path / "a.npz", "all").x.shape == (12, 1, 4, 4)
    for name in ("a.csv", "a.TSV", "a.txt"):
        (tmp_path / name).write_text(ROWS, encoding="utf-8")
        assert read_data(tmp_path / name, "all").x.shape == (12, 1)


def test_tables_for_both_parts(tmp_path: Path) -> None:
    fill_tables(tmp_path)
    (tmp_path / "valid.csv").write_text("a,b\n7,y\n", encoding="utf-8")
    assert len(read_data(tmp_path)) == 12
    assert read_data(tmp_path, "test").t.tolist() == [1]


def test_options_reach_whom_they_are_for(tmp_path: Path) -> None:
    fill_tables(tmp_path)
    assert read_data(tmp_path / "train.csv", "all", target="b", regression=False).classes == ("x", "y")
    (tmp_path / "images").mkdir()
    fill_images(tmp_path / "images")
    assert read_data(tmp_path / "images", "all", image_size=(2, 3), channels=3).x.shape == (12, 3, 2, 3)
    np.savez(tmp_path / "a.npz", x=ONES, t=BITS)
    assert read_data(tmp_path / "a.npz", "all", regression=True).t.dtype == np.float64


def test_an_option_of_others_is_refused(tmp_path: Path) -> None:
    fill_idx(tmp_path)
    message = f"{tmp_path}: is a folder of IDX files, which has no target; expected no options"
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
        read_data(tmp_path, target="a")
    np.savez(tmp_path / "a.npz", x=ONES, t=BITS)
    with pytest.raises(UsageError, match="is a file or folder of arrays, which has no channels; expected regression"):
        read_data(tmp_path / "a.npz", channels=1)
    with pytest.raises(UsageError, match="split is 'validation'; expected one of: train, test, all"):
        read_data(tmp_path, "validation")


def test_what_is_no_data_is_said(tmp_path: Path) -> None:
    def refused(path: Path) -> str:
        with pytest.raises(DataError) as raised:
            read_data(path)
        return str(raised.value)

    expected = "expected IDX files, a sub-folder of images for each class, train.csv, or x.npy and t.npy"
    assert refused(tmp_path) == f"{tmp_path}: is empty; {expected}"
    for name in ("b.raw", "a.txt", ".hidden.npy"):
        (tmp_path / name).touch()
    assert refused(tmp_path) == f"{tmp_path}: holds a.txt, b.raw; {expected}"
    assert refused(tmp_path / "c") == f"{tmp_path / 'c'}: no such file or folder"
    kinds = "expected .npz, .csv, .tsv, .txt, or a folder of IDX files, images or arrays"
    assert refused(tmp_path / "b.raw") == f"{tmp_path / 'b.raw'}: is a file of another kind; {kinds}"
