import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.base.errors import DataError, DataWarning
from chainrule.data import Table, parse_csv, read_csv, stopping_distance


def test_stopping_distance() -> None:
    table = stopping_distance()
    assert table.columns == ("speed_mph", "distance_ft")
    assert len(table) == 50
    speed, distance = table.column("speed_mph"), table.column("distance_ft")
    np.testing.assert_allclose(np.polyfit(speed, distance, 2), [0.09996, 0.91329, 2.47014], atol=1e-5)


def test_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    table = read_csv(path)
    assert table.columns == ("a", "b")
    assert table.values.tolist() == [[1, 2]]
    with pytest.raises(DataError, match="no such file"):
        read_csv(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2.5\n-3,4e2\n",
        "a;b\r\n1;2.5\r\n-3;4e2",
        "a\tb\n1\t2.5\n-3\t4e2\n",
        "\ufeffa,b\n1,2.5\n-3,4e2\n",
        '# from a lab\n\n"a", "b"\n 1 , 2.5\n   \n  # more\n-3,"4e2"\n',
    ],
)
def test_every_usual_form(text: str) -> None:
    table = parse_csv(text.replace(', "b"', ',"b"').encode(), "file")
    assert table.columns == ("a", "b")
    assert table.values.tolist() == [[1, 2.5], [-3, 400]]


def test_without_a_header_columns_are_numbered() -> None:
    table = parse_csv(b"1,2\n3,4\n", "file")
    assert table.columns == ("column 1", "column 2")
    assert table.values.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "file: empty; expected rows of numbers"),
        (b"\n# nothing\n", "file: empty; expected rows of numbers"),
        (b"a,b\n", "file: no rows after the header; expected rows of numbers"),
        (b"a,b\n\n1,2\n3,x\n", "file:4: column 2 (b): found 'x'; expected a finite number"),
        (b"a,b\n1,\n", "file:2: column 2 (b): found ''; expected a finite number"),
        (b"a,b\nnan,1\n", "file:2: column 1 (a): found 'nan'; expected a finite number"),
        (b"1,-inf\n", "file:1: column 2 (column 2): found '-inf'; expected a finite number"),
        (b"1,1e999\n", "file:1: column 2 (column 2): found '1e999'; expected a finite number"),
        (b"1,1_000\n", "file:1: column 2 (column 2): found '1_000'; expected a finite number"),
        (b"a,b\n1,?\n", "file:2: column 2 (b): found '?'; expected a finite number"),
        (
            b"a;b\n1,5;2\n2;1.5\n",
            "file:2: column 1 (a): found '1,5'; expected a plain number, as in 1234.5",
        ),
        (b"a,b\n1,2\n1,2,3\n", "file:3: 3 cells; expected 2"),
        (b"a,b\n1\n", "file:2: 1 cells; expected 2"),
        (b"a,a\n1,2\n", "file:1: the column name 'a' occurs twice; expected different names"),
        (b'a,b\n1,"2\n', "file:2: unexpected end of data: a quote does not close"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        np.asarray(parse_csv(data, "file").values)


@settings(deadline=None)
@given(st.binary(max_size=30) | st.text(alphabet='a1.-,;\t"#\n\r\0 ', max_size=30).map(str.encode))
def test_any_bytes_are_a_table_or_one_line(data: bytes) -> None:
    message = "file"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        try:
            table = parse_csv(data, "file")
            assert table.values.shape == (len(table), len(table.columns))
            assert np.isfinite(table.values).all()
        except DataError as error:
            message = str(error)
    assert message.startswith("file")
    assert "\n" not in message


def test_columns_by_name_and_number() -> None:
    table = Table(("a", "b", "c"), np.arange(6.0).reshape(2, 3))
    assert table.column("b").tolist() == [1, 4]
    assert table.column(-1).tolist() == [2, 5]
    for wrong in ("d", 3, -4):
        with pytest.raises(DataError, match=f"no column {wrong!r}; expected a number or one of a, b, c"):
            table.column(wrong)


def test_a_column_becomes_the_target() -> None:
    table = Table(("a", "b", "c"), np.arange(6.0).reshape(2, 3))
    data = table.dataset("b")
    assert data.x.tolist() == [[0, 2], [3, 5]]
    assert data.t.tolist() == [1, 4]
    assert table.dataset().t.tolist() == [2, 5]
    with pytest.raises(DataError, match="the only column is 'a'; expected another one beside the target"):
        Table(("a",), np.zeros((2, 1))).dataset("a")
