"""Tables in every usual form: how characters, cells and numbers are written."""

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from chainrule.base.errors import DataError, DataWarning
from chainrule.data import parse_csv, read_csv, read_data

ROWS = [[1, 2.5], [-3, 400]]


@pytest.mark.parametrize(
    "text",
    [
        "a;b\n1,0;2,5\n-3;4e2\n",
        "a\tb\n1\t2,5\n-3\t400\n",
        "a|b\n1|2.5\n-3|400\n",
        "a b\n1 2.5\n-3 400\n",
        "  a      b\n  1.0    2.5\n -3   400.0\n",
        "a \t b\n1 \t2.5\n-3\t 400\n",
        'a,b\n"1","2.5"\n"-3","400"\n',
        "a,b\r1,2.5\r-3,400\r",
        "1 2.5\n-3 400",
        "sep=;\na;b\n1;2,5\n-3;400\n",
        "1,2.5,\n-3,400,\n",
        "1;2,5\n-3;400",
    ],
)
def test_every_usual_form(text: str) -> None:
    assert parse_csv(text.encode(), "t").values.tolist() == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_usual_encoding(encoding: str) -> None:
    data = "größe,länge\n1,2.5\n-3,400\n".encode(encoding)
    for content in (data, gzip.compress(data)):
        table = parse_csv(content, "t")
        assert table.columns == ("größe", "länge")
        assert table.values.tolist() == ROWS


def test_utf_16_with_its_mark() -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert parse_csv(mark + "größe,b\n1,2\n".encode(encoding), "t").columns == ("größe", "b")


def test_latin_1_is_read_and_said() -> None:
    with pytest.warns(DataWarning, match=r"^t: byte 2 is 0xf6, which is no UTF-8: read as Latin-1; save it as UTF-8"):
        assert parse_csv("größe,b\n1,2\n".encode("latin-1"), "t").columns == ("größe", "b")


def test_what_is_no_text() -> None:
    with pytest.raises(DataError, match=r"^t: is no text: byte 4 is no utf-8$"):
        parse_csv(b"\1\0\2\3\xff\xfe\0\4\5\0", "t")
    with pytest.raises(DataError, match=r"^t: truncated: the gzip data ends too early$"):
        parse_csv(gzip.compress(b"a,b\n1,2\n")[:-3], "t")


def test_a_comma_that_may_be_either_is_said() -> None:
    with pytest.warns(DataWarning, match=r"numbers such as 1,234 are read with a decimal comma, as 1\.234"):
        assert parse_csv(b"a;b\n1,234;2\n5,678;3\n", "t").values.tolist() == [[1.234, 2], [5.678, 3]]


@pytest.mark.heavy
def test_one_mark_for_decimals() -> None:
    text = "a;b\n1,5;2\n" + "2,5;3\n" * 30000 + "1.234,5;3\n"
    with pytest.raises(DataError, match=re.escape("t:30003: column 1 (a): found '1.234,5'; expected a plain number")):
        parse_csv(text.encode(), "t").column("a")
    with pytest.raises(DataError, match=re.escape("t:30003: column 1 (a): found '2.5'; expected a decimal comma")):
        parse_csv(text.replace("1.234,5", "2.5").encode(), "t").column("a")


def test_a_cell_in_quotes_may_hold_anything() -> None:
    table = parse_csv(b'note,a\n"one,\ntwo ""2""\n",1\n\n"3",2\nx,y\n', "t")
    with pytest.raises(DataError, match=r"^t:7: column 2 \(a\): found 'y'"):
        table.column("a")
    table = parse_csv(b'note,a\n"one,\ntwo ""2""\n",1\n"3",2\n5" pipe,3\n', "t")
    assert table.column("a").tolist() == [1, 2, 3]


def test_true_and_false_are_1_and_0_as_inputs_and_names_as_classes(tmp_path: Path) -> None:
    """As pandas.get_dummies has them."""
    path = tmp_path / "t.csv"
    path.write_text("a,b,t\n1,True,FALSE\n2,False,TRUE\n")
    data = read_data(path, "all")
    assert data.x.tolist() == [[1, 1], [2, 0]]
    assert (data.t.tolist(), data.classes) == ([0, 1], ("FALSE", "TRUE"))
    path.write_text("a,t\n1,2.5\n2,True\n4,5\n")
    with pytest.raises(DataError, match="found 'True'; expected a finite number"):
        read_data(path, "all")


def test_comments_and_blank_lines_keep_the_numbers_of_lines() -> None:
    text = "# made by a lab\n\na,b\n1,2\n  # more\n3,4,5\n"
    with pytest.raises(DataError, match=r"^t:6: 3 cells; expected 2$"):
        parse_csv(text.encode(), "t")


def test_fast_and_slow_reading_agree() -> None:
    rng = np.random.default_rng(0)
    rows = [
        [str(number) for number in row] for row in rng.normal(size=(500, 7)) * 10.0 ** rng.integers(-9, 9, (500, 7))
    ]
    text = "\n".join(map(",".join, rows))
    fast = parse_csv(text.encode(), "t").values
    assert fast.tolist() == [[float(cell) for cell in row] for row in rows]
    slow = parse_csv((text + ",\n" + "1_0," * 6 + "1").encode(), "t")
    with pytest.raises(DataError, match="found '1_0'"):
        slow.column(3)
    assert slow.column(6)[:500].tolist() == fast[:, 6].tolist()


@pytest.mark.parametrize(
    "name", ["iris.data", "iris.dat", "iris.tsv", "iris.csv.gz", "iris.txt", "iris.data.gz", "I.CSV"]
)
def test_every_usual_ending(name: str, tmp_path: Path) -> None:
    content = "".join(f"{k / 2},{k % 5},Iris-{'ab'[k % 2]}\n" for k in range(12)).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    data = read_data(path, "all")
    assert (data.x.shape, data.classes) == ((12, 2), ("Iris-a", "Iris-b"))


def test_a_table_in_a_folder_of_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "t.csv"
    folder.mkdir()
    with pytest.raises(DataError, match=r"t\.csv: is a folder; expected a file"):
        read_csv(folder)
    (folder / "t.csv").write_text("a,b\n1,2\n")
    assert read_csv(folder).values.tolist() == [[1, 2]]
