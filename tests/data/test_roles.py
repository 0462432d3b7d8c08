"""What columns are for: the target, what only counts the rows, and the pixels of images."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import DataError, DataWarning, UsageError
from chainrule.data import read_data
from chainrule.data.csv_text import csv_text
from chainrule.data.roles import target_of
from chainrule.data.table_files import read_table

RNG = np.random.default_rng(0)


def target(columns: str) -> str:
    row = ",".join("1" * len(columns.split(",")))
    text = csv_text(f"{columns}\n{row}\n".encode(), "t.csv")
    return columns.split(",")[target_of(text, None)]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("a,b,price", "price"),
        ("a,label,species", "species"),
        ("y,a,label", "label"),
        ("x,y,z", "z"),
        ("label,class,a", "a"),
    ],
)
def test_the_target_is_the_last_column(columns: str, expected: str) -> None:
    assert target(columns) == expected


@pytest.mark.parametrize(
    "columns", ["label,pixel0,pixel1", "Class,a,b", "a,target,b", "species,a,b", "y,x1,x2", "id,Outcome,a,b"]
)
def test_or_the_one_that_is_called_so(columns: str) -> None:
    last = columns.rpartition(",")[2]
    given = f"is taken as the target, not the last column, '{last}' (--target {last}: that one)"
    with pytest.warns(DataWarning, match=re.escape(given)):
        assert target(columns).lower() in ("label", "class", "target", "species", "y", "outcome")


def write(path: Path, rows: Any, header: Any = None) -> Path:
    lines = [",".join(map(str, row)) for row in ([header] if header else []) + [list(row) for row in rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("", range(20)),
        ("Unnamed: 0", range(20)),
        ("Unnamed: 0", RNG.permutation(20)),
        ("index", range(1, 21)),
        ("Id", range(1461, 1481)),
        ("PassengerId", range(1, 21)),
        ("customer_id", RNG.integers(1, 10**9, 20)),
        ("ID", [f"ID_{k}" for k in range(20)]),
        ("", [f"row {k}" for k in range(20)]),
    ],
)
def test_what_only_counts_the_rows_is_left_out_and_said(name: str, index: Any, tmp_path: Path) -> None:
    rows = [(each, k % 5, k * 0.5, "ab"[k % 2]) for k, each in enumerate(index)]
    path = write(tmp_path / "t.csv", rows, (name, "u", "v", "kind"))
    with pytest.warns(DataWarning, match=re.escape(f"column '{name or 'column 1'}' only counts or names the rows")):
        data = read_table(path, "all")
    assert data.columns == ("u", "v")
    assert data.target == "kind"
    assert data.x.tolist() == [[k % 5, k * 0.5] for k in range(20)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("a", range(20)),
        ("id", [k % 10 for k in range(20)]),
        ("index", [10 * k for k in range(20)]),
        ("acid", range(20)),
    ],
)
def test_other_columns_are_features(name: str, values: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", [(value, k, "ab"[k % 2]) for k, value in enumerate(values)], (name, "u", "kind"))
    assert read_table(path, "all").columns == (name, "u")


def test_a_table_without_names_has_no_index(tmp_path: Path) -> None:
    data = read_table(write(tmp_path / "t.csv", [(k, 0.5 * k) for k in range(20)]), "all")
    assert (data.x.tolist(), data.columns, data.target) == ([[k] for k in range(20)], None, None)


def test_an_index_alone_stays(tmp_path: Path) -> None:
    assert read_table(write(tmp_path / "t.csv", [(k, 0.5 * k) for k in range(20)], ("id", "t")), "all").x.shape == (
        20,
        1,
    )


SIDE = 8
PIXELS = RNG.integers(0, 256, (60, SIDE, SIDE)) * (np.hypot(*np.mgrid[-3.5:4.5, -3.5:4.5]) < 4)
LABELS = np.arange(60) % 3
NAMES = {
    "pixel0": [f"pixel{k}" for k in range(64)],
    "pixel1": [f"pixel{k}" for k in range(1, 65)],
    "1x1": [f"{i}x{j}" for i in range(1, 9) for j in range(1, 9)],
    "none": None,
    "0": [str(k) for k in range(65)],
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("first", [True, False])
def test_pixels_are_images(names: Any, first: bool, tmp_path: Path) -> None:
    rows = [
        [*label, *x.ravel()] if first else [*x.ravel(), *label]
        for x, label in zip(PIXELS, LABELS[:, None], strict=True)
    ]
    header = names and (["label", *names] if first else [*names, "label"])
    header = names if names and len(names) == 65 else header
    with pytest.warns(DataWarning) as said:
        data = read_table(write(tmp_path / "t.csv", rows, header), "all")
    assert (data.x.dtype, data.x.shape) == (np.uint8, (60, 1, SIDE, SIDE))
    assert np.array_equal(data.x[:, 0], PIXELS)
    assert data.t.tolist() == LABELS.tolist()
    lines = [str(each.message) for each in said]
    assert any("are taken as images of 8x8 pixels (--image no: as numbers)" in line for line in lines)
    assert any("is taken as the target, not the last column" in line for line in lines) == first
    assert len(lines) == 1 + first + (header is not None and header == names)


def test_the_user_decides_what_is_an_image(tmp_path: Path) -> None:
    rows = [[*x.ravel(), label] for x, label in zip(PIXELS, "abc" * 20, strict=True)]
    path = write(tmp_path / "t.csv", rows, [*NAMES["pixel0"], "label"])
    assert read_table(path, "all", image="no").columns == tuple(NAMES["pixel0"])
    assert read_table(path, "all", image="4x16").x.shape == (60, 1, 4, 16)
    assert read_table(path, "all", image=(4, 4, 4)).x.shape == (60, 4, 4, 4)
    rows = [[*(x.ravel() / 255), label] for x, label in zip(PIXELS, "abc" * 20, strict=True)]
    scaled = write(tmp_path / "s.csv", rows, None)
    assert read_table(scaled, "all").x.shape == (60, 64)
    assert np.array_equal(read_table(scaled, "all", image="8x8").x[:, 0], PIXELS / 255)
    with pytest.raises(DataError, match="64 columns beside the target; expected 100, for 10x10 pixels"):
        read_table(path, image="10x10")
    for wrong in ("8", "8x", "axb", (8,), "yes"):
        with pytest.raises(UsageError, match="expected height x width, as in 28x28"):
            read_table(path, image=wrong)


def test_columns_called_pixels_are_images_of_any_scale(tmp_path: Path) -> None:
    rows = [[*(x.ravel() / 255), label] for x, label in zip(PIXELS, "abc" * 20, strict=True)]
    names = [*NAMES["pixel0"], "label"]
    path = write(tmp_path / "t.csv", rows, names)
    with pytest.warns(DataWarning, match="64 columns called pixels are taken as images of 8x8 pixels"):
        assert np.array_equal(read_table(path, "all").x[:, 0], PIXELS / 255)
    ink = PIXELS > 99
    path = write(tmp_path / "t.csv", [[*x.ravel().astype(int), "ab"[k % 2]] for k, x in enumerate(ink)], names)
    with pytest.warns(DataWarning, match="called pixels"):
        x = read_table(path, "all").x
    assert (x.dtype, x.max()) == (np.float64, 1), "white is 1, not 255"


def test_columns_with_names_of_their_own_are_no_pixels(tmp_path: Path) -> None:
    rows = [[*x.ravel(), label] for x, label in zip(PIXELS, "abc" * 20, strict=True)]
    assert read_table(write(tmp_path / "t.csv", rows, [*(f"gene{k}" for k in range(64)), "label"])).x.ndim == 2


@pytest.mark.parametrize("split", ["train", "all"])
def test_a_target_of_one_class_is_refused(split: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", [(k % 3, k % 7, 0) for k in range(30)], ("label", "a", "b"))
    message = f"{path}: column 'b', the target, is 0 in all rows; expected different ones (--target label?)"
    with pytest.raises(DataError, match=re.escape(message)):
        read_data(path, split, target="b")
    np.savez(tmp_path / "a.npz", x=PIXELS, t=np.zeros(60, int))
    with pytest.raises(DataError, match=r"the target is 0 in all rows; expected different ones$"):
        read_data(tmp_path / "a.npz", split)
    assert len(read_data(path, "all", target="b", classes=("0", "1"))) == 30


def test_a_test_part_without_the_target_is_no_test(tmp_path: Path) -> None:
    """As Kaggle has it: train.csv with the labels, and test.csv without, to be predicted."""
    write(tmp_path / "train.csv", [(k % 3, k) for k in range(60)], ("label", "a"))
    write(tmp_path / "test.csv", [(k,) for k in range(20)], ("a",))
    with pytest.warns(DataWarning) as said:
        train, test = read_data(tmp_path, target="label"), read_data(tmp_path, "test", target="label")
    assert (len(train), len(test)) == (50, 10)
    assert "test.csv: has no column 'label': a part of" in str(said[0].message)


def test_a_test_part_is_matched_by_name(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", [(k, -k, "ab"[k % 2]) for k in range(20)], ("u", "v", "kind"))
    write(tmp_path / "test.csv", [("a", 1, 2, 3)], ("kind", "other", "v", "u"))
    assert read_data(tmp_path, "test").x.tolist() == [[3, 2]]
