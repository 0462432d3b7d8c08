"""Which first lines are names: of text, of numbers, and what is neither."""

import warnings

import pytest

from chainrule.base.errors import DataError, DataWarning
from chainrule.data.csv_text import CsvText, csv_text

NUMBERS = "".join(f"{k % 7},{k % 5},{k % 2}\n" for k in range(60))


def read(text: str, header: bool | None = None) -> CsvText:
    return csv_text(text.encode(), "t.csv", header)


def warned(text: str) -> CsvText:
    with pytest.warns(DataWarning, match=r"t\.csv: the first line \(.*\) is taken as the columns' names \(--header no"):
        return read(text)


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        ("a,b,c", "1,2,x\n3,4,y\n"),
        ("a,b", "x,1\ny,2\n"),
        ("kind,colour", "rose,red\nlily,white\nrose,white\n"),
        (",a,b", "0,1,2\n1,3,4\n"),
    ],
)
def test_text_is_names_without_a_word(names: str, rows: str) -> None:
    text = read(f"{names}\n{rows}")
    assert text.named
    assert text.columns == tuple(name or "column 1" for name in names.split(","))
    assert len(text) == rows.count("\n")


@pytest.mark.parametrize(
    ("first", "rows"),
    [
        ("0,1,2", NUMBERS),
        ("0,1,2,3,4", "5.1,3.5,1.4,0.2,setosa\n4.9,3.0,1.4,0.2,virginica\n"),
        ("0,1,2,species", "5.1,3.5,1.4,setosa\n4.9,3.0,1.4,virginica\n"),
        (",0,1,2", "0,5.1,3.5,1\n1,4.9,3.0,2\n2,4.7,3.2,1\n"),
        ("2019,2020,2021", NUMBERS),
        ("name,2019,2020", "".join(f"n{k},{k % 7},{k % 5}\n" for k in range(9))),
        ("150,4,setosa,versicolor", "5.1,3.5,1.4,0\n4.9,3.0,1.4,1\n"),
        ("0,1", "".join(f"{k / 100 + 5},{k % 5 + 9}\n" for k in range(9))),
    ],
)
def test_numbers_that_are_names_are_said(first: str, rows: str) -> None:
    text = warned(f"{first}\n{rows}")
    assert text.named
    assert text.columns[-1] == first.split(",")[-1]
    assert len(text) == rows.count("\n")


@pytest.mark.parametrize(
    "rows",
    [
        "1,2\n3,4\n5,6\n",
        "0,1\n1,3\n2,5\n3,7\n4,9\n5,11\n",
        "1,1,1\n2,4,8\n3,9,27\n4,16,64\n5,25,125\n6,36,216\n",
        "5.1,3.5,setosa\n4.9,3.0,setosa\n",
        "0,0,0\n0,1,1\n1,0,1\n1,1,0\n",
        "1,2,3\n2,3,4\n",
        "rose,red\nlily,white\nrose,white\n",
        "1024,10\n512,9\n256,8\n128,7\n64,6\n32,5\n",
        "5,x,1\n6,y,2\n7,x,3\n",
    ],
)
def test_a_row_is_no_names(rows: str) -> None:
    text = read(rows)
    assert not text.named
    assert len(text) == rows.count("\n")


def test_the_user_decides() -> None:
    assert read("1,2\n3,4\n", header=True).columns == ("1", "2")
    assert len(read("0,1,2\n" + NUMBERS, header=False)) == 61
    with pytest.raises(DataError, match="no rows after the header"):
        read("1,2\n", header=True)


def test_a_delimiter_may_end_the_header_or_all_lines() -> None:
    for text in ("a,b,\n1,2\n3,4\n", "a,b,\n1,2,\n3,4,\n", "a,b\n1,2,\n3,4,\n"):
        found = read(text)
        assert (found.columns, found.numbers([0, 1]).tolist()) == (("a", "b"), [[1, 2], [3, 4]])
    assert read("1,2,\n3,4,\n").columns == ("column 1", "column 2")


def test_row_names_need_no_name() -> None:
    """As R writes tables: the header lacks the name of the first column."""
    text = read('"mpg" "cyl"\n"Mazda RX4" 21 6\n"Datsun 710" 22.8 4\n')
    assert text.columns == ("column 1", "mpg", "cyl")
    assert text.text(0) == ["Mazda RX4", "Datsun 710"]
    assert text.numbers([1, 2]).tolist() == [[21, 6], [22.8, 4]]


def test_a_header_of_many_columns_takes_linear_time() -> None:
    """With a comparison of all pairs of names this would take minutes."""
    names = [f"gene {k}" for k in range(50_000)]
    text = read(",".join(names) + "\n" + ",".join(["1"] * 50_000) + "\n")
    assert text.columns == tuple(names)
    with pytest.raises(DataError, match="the column name 'gene 7' occurs twice"):
        read(",".join([*names, "gene 7"]) + "\n" + ",".join(["1"] * 50_001) + "\n")


def test_names_that_come_twice_are_refused_only_in_a_header() -> None:
    with warnings.catch_warnings():
        assert not read("1,1\n2,2\n").named
