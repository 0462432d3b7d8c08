"""Missing values: refused by line and column, replaced by a mean, or left out."""

import re
from pathlib import Path

import numpy as np
import pytest

from chainrule.base.errors import DataError, DataWarning, UsageError
from chainrule.data import read_data


def table(folder: Path, mark: str, rows: int = 60) -> Path:
    """u counts; v is 10 but for a missing value in every tenth row."""
    lines = [f"{k},{mark if k % 10 == 3 else 10},{'xy'[k % 2]}" for k in range(rows)]
    path = folder / "t.csv"
    path.write_text("\n".join(["u,v,kind", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("mark", ["", "NA", "?", "nan", "NaN", "null", "N/A", "None", "-"])
def test_each_usual_mark(mark: str, tmp_path: Path) -> None:
    path = table(tmp_path, mark)
    message = (
        f"{path}:5: column 2 (v): found {mark!r}; expected a finite number; --missing mean or drop does without it"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_data(path)
    with pytest.warns(DataWarning, match=r"6 of 60 rows have missing values and are left out"):
        dropped = read_data(path, "all", missing="drop")
    assert dropped.x[:, 0].tolist() == [k for k in range(60) if k % 10 != 3]
    with pytest.warns(DataWarning, match="missing values are replaced by their columns' means: 6 in 1 of . columns"):
        filled = read_data(path, "all", missing="mean")
    assert filled.x[:, 1].tolist() == [10] * 60


def test_the_mean_is_that_of_the_training_part(tmp_path: Path) -> None:
    rows = {"train": ["1,a", "3,b", "?,a", "2,b"], "test": ["100,a", "?,b"]}
    for name, lines in rows.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["u,kind", *lines]), encoding="utf-8")
    with pytest.warns(DataWarning):
        train, test = (read_data(tmp_path, split, missing="mean") for split in ("train", "test"))
    assert train.x[:, 0].tolist() == [1, 3, 2, 2]
    assert test.x[:, 0].tolist() == [100, 2]


def test_a_part_held_out_has_the_others_mean(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("u,v,t\n" + "".join(f"{k if k % 5 else '?'},1,{k / 7}\n" for k in range(60)), encoding="utf-8")
    with pytest.warns(DataWarning):
        train, test = (read_data(path, split, missing="mean") for split in ("train", "test"))
    there = np.array([k for k in range(60) if k % 5])
    held_out = np.rint(test.t * 7).astype(int)
    mean = np.mean([k for k in there if k not in held_out])
    gaps = held_out % 5 == 0
    assert gaps.any()
    np.testing.assert_allclose(test.x[gaps, 0], mean)
    np.testing.assert_allclose(train.x[np.rint(train.t * 7) % 5 == 0, 0], mean)


def test_a_row_without_a_target_teaches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("u,kind\n1,a\n2,\n3,b\n4,b\n", encoding="utf-8")
    with pytest.raises(
        DataError, match=re.escape("t.csv:3: column 2 (kind): found ''; expected a class's name; --missing")
    ):
        read_data(path, "all")
    with pytest.warns(DataWarning, match="1 of 4 rows have no target and are left out"):
        assert read_data(path, "all", missing="mean").x.tolist() == [[1], [3], [4]]


def test_a_column_that_is_never_there(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("u,v,kind\n?,1,a\n?,2,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="input 1 has no values; expected some to take the mean of"):
        read_data(path, "all", missing="mean")


def test_what_is_to_be_done_must_be_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing is 'median'; expected one of mean, drop"):
        read_data(table(tmp_path, "?"), missing="median")


def test_a_target_of_numbers_with_marks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,t\n1,10%\n2,20%\n3,10%\n", encoding="utf-8")
    with pytest.raises(
        DataError, match=re.escape("column 2 (t): found '10%'; expected a plain number, as in 1234.5 (--cl")
    ):
        read_data(path, "all")
    assert read_data(path, "all", regression=False).classes == ("10%", "20%")


@pytest.mark.parametrize("cell", ['"1,234.5"', "$5", "12%", "1 000", "€ 3"])
def test_numbers_with_marks_are_refused(cell: str, tmp_path: Path) -> None:
    path = table(tmp_path, cell)
    message = f"{path}:5: column 2 (v): found {cell.strip(chr(34))!r}; expected a plain number, as in 1234.5"
    for missing in (None, "drop", "mean"):
        with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
            read_data(path, missing=missing)
