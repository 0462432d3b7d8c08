"""Whole numbers read all at once are those that Python reads one by one; all other text is left to others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.data.whole_numbers import whole_numbers


@given(st.lists(st.lists(st.integers(0, 10**15 - 1), min_size=3, max_size=3), min_size=1, max_size=9))
def test_whole_numbers(rows: list[list[int]]) -> None:
    text = "".join(";".join(map(str, row)) + "\n" for row in rows)
    found = whole_numbers(text.encode(), ";", 3)
    assert found is not None
    assert found.astype(np.int64).tolist() == rows


def test_zeros_before_a_number() -> None:
    found = whole_numbers(b"007,0\n10,00\n", ",", 2)
    assert found is not None
    assert found.tolist() == [[7, 0], [10, 0]]


@pytest.mark.parametrize(
    "text",
    ["", "1,2", "1,\n", ",1\n", "1,2,3\n", "1\n2\n", "-1,2\n", "1.5,2\n", "1;2\n", "1, 2\n", "1,1000000000000000\n"],
)
def test_other_text(text: str) -> None:
    assert whole_numbers(text.encode(), ",", 2) is None
