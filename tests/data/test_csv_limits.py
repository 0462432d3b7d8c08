"""A table's lines and cells have limits, and the time is linear in them."""

import sys
import warnings
from pathlib import Path

import pytest

from chainrule.base.errors import DataError
from chainrule.data import csv_text, read_csv, read_data, text
from chainrule.data.table_files import read_table


def test_lines_and_cells_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LONGEST", 20)
    monkeypatch.setattr(csv_text, "LONGEST", 20)
    monkeypatch.setattr(csv_text, "COLUMNS", 8)
    for content, problem in (
        ("1," * 11, r":1: over 20 characters; expected a table with a line for each row"),
        ("a,b\n" + "1" * 21 + ",2\n", r":2: over 20 characters; expected a table with a line for each row"),
        ('a,b\n"' + "\n1" * 30 + '",2\n', r":2: a quote does not close"),
        ("1,2,3,4,5,6,7,8,9,\n", r": over 8 cells in a line; expected no more"),
        ('a,b\n1,"2\n', r":2: unexpected end of data: a quote does not close"),
    ):
        (tmp_path / "t.csv").write_text(content)
        with pytest.raises(DataError, match=rf"t\.csv{problem}$"):
            read_csv(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_text('a,b\r"1\n",2\r\n3,4\r')
    assert read_csv(tmp_path / "t.csv").column("b").tolist() == [2, 4]


@pytest.mark.parametrize("name", ["c{}", "{}", "id {} id", "unnamed: {}", "pixel{}", ""])
def test_the_time_is_linear_in_the_columns(name: str, tmp_path: Path) -> None:
    """As counted by how often Python calls anything."""

    def calls(columns: int) -> int:
        path, count = tmp_path / "t.csv", 0
        rows = [",".join(str(k + row) for k in range(columns)) for row in range(5)]
        path.write_text("\n".join([",".join(name.format(k) for k in range(columns)), *rows]))

        def counted(frame: object, event: str, argument: object) -> None:
            nonlocal count
            count += 1

        before = sys.getprofile()
        sys.setprofile(counted)
        try:
            read_data(path, "all")
        finally:
            sys.setprofile(before)
        return count

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calls(200)
        assert calls(4000) < 12 * calls(500)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b'\xef\xbb6,"5\n~y"\n1,15\x7f;*s"\n2,', r"column 2 \(5\\n~y\): found ''; expected a class's name"),
        (b'"\n"\n"\n"', "one column; expected another one beside the target"),
        (b'1 1\x0c ""\n', r"column 3 \(column 3\): found ''; expected a finite number"),
    ],
)
@pytest.mark.filterwarnings("ignore::chainrule.base.errors.DataWarning")
def test_what_fuzzing_has_found(table: bytes, message: str, tmp_path: Path) -> None:
    """Each in a line, whatever the names hold."""
    path = tmp_path / "table.csv"
    path.write_bytes(table)
    with pytest.raises(DataError, match=message) as failed:
        read_table(path, "all")
    assert "\n" not in str(failed.value)
