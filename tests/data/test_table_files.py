import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import DataError, DataWarning
from chainrule.data.missing import HINT
from chainrule.data.table_files import read_table

FLOWERS = "length,width,kind\n1.5,2,lily\n3,4.5,iris\n5,6,rose\n7,8,iris\n"


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_text_in_the_last_column_names_classes(tmp_path: Path) -> None:
    data = read_table(written(tmp_path, FLOWERS), "all")
    assert data.x.tolist() == [[1.5, 2], [3, 4.5], [5, 6], [7, 8]]
    assert data.t.dtype == np.int64
    assert data.t.tolist() == [1, 0, 2, 0]
    assert data.classes == ("iris", "lily", "rose")


@pytest.mark.parametrize("target", ["kind", "0", 0, -3])
def test_any_column_may_be_the_target(target: Any, tmp_path: Path) -> None:
    data = read_table(written(tmp_path, "kind,a,b\nx_1,1,2\ny,3,4\n"), "all", target=target)
    assert data.x.tolist() == [[1, 2], [3, 4]]
    assert data.classes == ("x_1", "y")
    middle = read_table(written(tmp_path, "1;x;2\n3;y;4\n"), "all", target=1)
    assert middle.x.tolist() == [[1, 2], [3, 4]]


def column(numbers: Any, tmp_path: Path, **options: Any) -> np.ndarray:
    rows = "".join(f"{k},{number}\n" for k, number in enumerate(numbers))
    return read_table(written(tmp_path, rows), "all", **options).t


def test_numbers_that_are_not_whole_are_values(tmp_path: Path) -> None:
    t = column(["1", "2.5", "1", "1"], tmp_path)
    assert t.dtype == np.float64
    assert t.tolist() == [1, 2.5, 1, 1]


def test_whole_numbers_that_come_again_and_again_are_classes(tmp_path: Path) -> None:
    assert column([0, 1, 1, 0], tmp_path).dtype == np.int64
    for numbers in ([1, 2, 3] * 3, ["1.0", "2.0", "3.0"] * 3):
        with pytest.warns(
            DataWarning, match=r"3 different whole numbers, is taken as classes \(as values: --regression"
        ):
            assert column(numbers, tmp_path).tolist() == [0, 1, 2] * 3


def test_whole_numbers_that_hardly_come_again_are_values(tmp_path: Path) -> None:
    with pytest.warns(
        DataWarning, match=r"3 different whole numbers, is taken as values \(as classes: --classification"
    ):
        assert column([1, 2, 3, 1, 2, 3, 1, 2], tmp_path).dtype == np.float64
    assert column(range(50), tmp_path).dtype == np.float64
    assert column([1000 * (k % 7) for k in range(50)], tmp_path).dtype == np.float64


def test_a_count_is_a_value(tmp_path: Path) -> None:
    """A count's large numbers are rare, so that it is no class though most of its numbers come again and again."""
    rng = np.random.default_rng(0)
    for mean in (2, 50):
        with pytest.warns(DataWarning, match="is taken as values"):
            assert column(rng.poisson(mean, 300), tmp_path).dtype == np.float64


def test_a_name_may_say_that_numbers_are_classes(tmp_path: Path) -> None:
    rows = "".join(f"{k}.5,{k % 30}\n" for k in range(60))
    assert read_table(written(tmp_path, "a,Label\n" + rows), "all").class_count == 30


def test_the_user_may_decide(tmp_path: Path) -> None:
    assert column([0, 1, 1, 0], tmp_path, regression=True).tolist() == [0.0, 1.0, 1.0, 0.0]
    assert column([0, 1, 1, 0], tmp_path, regression=True).dtype == np.float64
    assert column([10, 30, 20], tmp_path, regression=False).tolist() == [0, 2, 1]
    assert column([10, 30, 20], tmp_path, classes=("10", "20", "30", "40")).tolist() == [0, 2, 1]


def test_a_file_of_its_own_for_the_test(tmp_path: Path) -> None:
    path, test = written(tmp_path, FLOWERS), written(tmp_path, "length,width,kind\n0,0,tulip\n", "test.csv")
    train = read_table(path, "train", test)
    assert len(train) == 4
    assert train.classes == ("iris", "lily", "rose", "tulip")
    assert read_table(path, "test", test).t.tolist() == [3]
    with pytest.raises(DataError, match=r"test\.csv: the columns differ from those of .*table\.csv; expected the same"):
        read_table(path, "train", written(tmp_path, "length,kind\n0,rose\n", "test.csv"))


def test_a_sixth_is_held_out(tmp_path: Path) -> None:
    path = written(tmp_path, "".join(f"{k},{'ab'[k % 2]}\n" for k in range(60)))
    train, test = read_table(path), read_table(path, "test")
    assert np.bincount(train.t).tolist() == [25, 25]
    assert np.bincount(test.t).tolist() == [5, 5]
    assert sorted([*train.x[:, 0], *test.x[:, 0]]) == list(range(60))


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a\nx\n", {}, ": one column; expected another one beside the target"),
        (FLOWERS, {"target": "colour"}, ": no column 'colour'; expected a number or one of length, width, kind"),
        (
            FLOWERS,
            {"target": "Kind"},
            ": no column 'Kind'; expected a number or one of length, width, kind; did you mean kind?",
        ),
        (FLOWERS, {"target": 3}, ": no column 3; expected a number or one of length, width, kind"),
        (FLOWERS, {"target": 0}, ":2: column 3 (kind): found 'lily'; expected a finite number"),
        (FLOWERS, {"regression": True}, ": column 'kind': holds text; expected numbers"),
        (FLOWERS, {"regression": True, "target": "kind"}, ": column 'kind': holds text; expected numbers"),
        (FLOWERS, {"classes": ("iris", "rose")}, ": column 'kind': found label 'lily'; expected one of 2: iris, rose"),
        ("a,b\n1,2\n1,x\n", {}, ":3: column 2 (b): found 'x'; expected a finite number"),
        ("a,b\n1,x\n1,y\n1,3\n", {}, ":4: column 2 (b): found '3'; expected a class's name, as in other rows"),
        ("a,b\n1,2\n1,nan\n", {}, f":3: column 2 (b): found 'nan'; expected a finite number{HINT}"),
        ("a,b\n?,x\n1,y\n", {}, f":2: column 1 (a): found '?'; expected a finite number{HINT}"),
        ("a,b\n1,x\n1,\n", {}, f":3: column 2 (b): found ''; expected a class's name{HINT}"),
        ("a,b\n1,x\n2\n", {}, ":3: 1 cells; expected 2"),
    ],
)
def test_what_is_wrong_is_said(text: str, options: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DataError, match=f"^{re.escape(str(path) + message)}$"):
        read_table(path, **options)


def test_numbers_far_from_0_are_no_classes(tmp_path: Path) -> None:
    with pytest.warns(DataWarning, match="10 different whole numbers, is taken as values"):
        assert column([1990 + k % 10 for k in range(90)], tmp_path).dtype == np.float64
    with pytest.warns(DataWarning, match="6 different whole numbers, is taken as classes"):
        assert column([3 + k % 6 for k in range(90)], tmp_path).dtype == np.int64
