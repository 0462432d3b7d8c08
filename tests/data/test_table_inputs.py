"""Tables for a model that is there: columns matched by name, or by place where there are no names."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import DataError, DataWarning
from chainrule.data.table_inputs import read_inputs

COLUMNS = ("length", "width")


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "test.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("text", "t"),
    [
        ("length,width\n1,2\n3,4\n", None),
        ("width,length\n2,1\n4,3\n", None),
        ("Id,name,width,kind,length\n7,Tom,2,lily,1\n8,Ann,4,rose,3\n", ["lily", "rose"]),
        ("kind;width;length\n;2;1\n;4;3\n", None),
        ("kind,length,width\n0,1,2\n1,3,4\n", [0, 1]),
    ],
)
def test_columns_are_matched_by_name(text: str, t: Any, written: Any) -> None:
    inputs = read_inputs(written(text), COLUMNS, "kind")
    assert inputs.x.tolist() == [[1, 2], [3, 4]]
    assert inputs.columns == COLUMNS
    assert (None if inputs.t is None else inputs.t.tolist()) == t


@pytest.mark.parametrize(
    ("text", "t"),
    [
        ("1,2\n3,4\n", None),
        ("1,2,x\n3,4,y\n", ["x", "y"]),
        ("label,a,b\n0,1,2\n1,3,4\n", [0, 1]),
        ("a,label,b\n1,0,2\n3,1,4\n", [0, 1]),
        (",a,b,label\n0,1,2,0\n1,3,4,1\n2,5,6,0\n", [0, 1, 0]),
    ],
)
def test_without_names_columns_are_taken_in_their_order(text: str, t: Any, written: Any) -> None:
    inputs = read_inputs(written(text), None, "label", shape=(2,))
    assert inputs.x[:2].tolist() == [[1, 2], [3, 4]]
    assert (None if inputs.t is None else inputs.t.tolist()) == t


def test_a_table_without_a_header_for_training_with_one_is_said(written: Any) -> None:
    with pytest.warns(
        DataWarning, match=r"test\.csv: has no header: its columns are taken in the order of the training"
    ):
        assert read_inputs(written("1,2,x\n3,4,y\n"), COLUMNS, "kind").x.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("header", [True, False])
def test_images(label: bool, header: bool, written: Any) -> None:
    x = np.random.default_rng(0).integers(0, 256, (20, 64))
    rows = [([k % 3, *row] if label else row.tolist()) for k, row in enumerate(x)]
    names = ["label"] * label + [f"pixel{k}" for k in range(64)]
    text = "\n".join([",".join(map(str, row)) for row in [names] * header + rows])
    if label and not header:
        with pytest.warns(DataWarning, match="'column 1' is taken as the target, not the last"):
            inputs = read_inputs(written(text), None, "label", shape=(1, 8, 8))
    else:
        inputs = read_inputs(written(text), None, "label", shape=(1, 8, 8))
    assert inputs.x.dtype == np.uint8
    assert np.array_equal(inputs.x, x.reshape(20, 1, 8, 8))
    assert (inputs.t is not None) == label


def test_missing_values_are_those_of_the_training(written: Any) -> None:
    path = written("width,length\n2,NA\n?,3\n")
    with pytest.raises(
        DataError, match=re.escape("test.csv:2: column 2 (length): found 'NA'; expected a finite number")
    ):
        read_inputs(path, COLUMNS, "kind")
    with pytest.warns(DataWarning, match="missing values are replaced by their columns' means: 2 in 2 of . columns"):
        assert read_inputs(path, COLUMNS, means=(10.0, 20.0)).x.tolist() == [[10, 2], [3, 20]]


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("length,widht\n1,2\n", COLUMNS, "has no column 'width'; expected all that the model was trained on; did you"),
        ("a,b\n1,2\n", COLUMNS, "has no column 'length', nor 1 more; expected all that the model was trained on"),
        ("a,b,c,d\n1,2,3,4\n", None, "4 columns; expected 2 as the model was trained on, or one more"),
        ("a\n1\n", None, "1 columns; expected 2 as the model was trained on, or one more"),
        ("length,width\n1,x\n", COLUMNS, "column 2 (width): found 'x'; expected a finite number"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, columns: Any, message: str, written: Any) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_inputs(written(text), columns, "kind", shape=(2,))
