from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import DataError
from chainrule.data.names import as_number, number_labels, shortened
from messages import exactly


def numbered(*parts: Any, known: Any = None) -> tuple[list[list[int]], Any]:
    numbers, classes = number_labels([np.array(part) for part in parts], known, "here")
    assert {part.dtype for part in numbers} == {np.dtype(np.int64)}
    return [part.tolist() for part in numbers], classes


def test_text_is_numbered_in_its_order() -> None:
    assert numbered(["cat", "ant", "cat"]) == ([[1, 0, 1]], ("ant", "cat"))


def test_numbers_go_in_the_order_of_numbers_and_before_text() -> None:
    assert numbered(["10", "b", "9", "-1", "nan"]) == ([[2, 3, 1, 0, 4]], ("-1", "9", "10", "b", "nan"))
    assert numbered([20, 3, 100]) == ([[1, 0, 2]], ("3", "20", "100"))


def test_truth_values_and_whole_reals_are_named_as_one_writes_them() -> None:
    assert numbered([True, False]) == ([[1, 0]], ("False", "True"))
    assert numbered([2.0, 0.5]) == ([[1, 0]], ("0.5", "2"))
    assert numbered([b"b", b"a"]) == ([[1, 0]], ("a", "b"))


@pytest.mark.parametrize("labels", [[0, 2, 1], ["0", "2", "1"], [0.0, 2.0, 1.0]])
def test_labels_that_are_class_numbers_need_no_names(labels: list[Any]) -> None:
    assert numbered(labels) == ([[0, 2, 1]], None)


@pytest.mark.parametrize("labels", [["00", "01"], ["0", "1.0"], [1, 2], [0, 2]])
def test_labels_that_only_look_like_class_numbers_keep_their_names(labels: list[Any]) -> None:
    assert numbered(labels) == ([[0, 1]], tuple(map(str, labels)))


def test_both_parts_are_numbered_alike() -> None:
    assert numbered([5, 7], [7, 6]) == ([[0, 2], [2, 1]], ("5", "6", "7"))


def test_names_stay_where_a_part_lacks_a_class() -> None:
    assert numbered([0, 1, 2], [0, 2]) == ([[0, 1, 2], [0, 2]], ("0", "1", "2"))


def test_known_names_decide() -> None:
    assert numbered(["b"], known=["c", "b", "a"]) == ([[1]], ("c", "b", "a"))
    assert numbered([2, 0], known=["0", "1", "2"]) == ([[2, 0]], None)
    with pytest.raises(DataError, match=exactly("here: found label 'd'; expected one of 2: a, b")):
        numbered(["a", "d"], known=["a", "b"])


def test_no_labels() -> None:
    assert numbered(np.array([], "U1")) == ([[]], None)


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "1e999", "1_000"])
def test_what_is_no_number(text: str) -> None:
    assert as_number(text) is None


def test_what_is_a_number() -> None:
    assert [as_number(text) for text in ("1", " -2.5 ", "1e3")] == [1, -2.5, 1000]


def test_a_long_list_is_shortened() -> None:
    assert shortened("abc", 3) == "a, b, c"
    assert shortened("abcd", 3) == "a, b, c, ..."
