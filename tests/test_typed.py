"""Values from outside, as the types of a dataclass: what is taken, as what, and what is said of the rest."""

from dataclasses import dataclass, field
from math import inf, nan
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from chainrule.base.errors import DataError
from chainrule.base.typed import COUNT, Typed, Within
from messages import exactly


@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0.5


@dataclass(frozen=True)
class Circle:
    centre: Point
    radius: Annotated[float, Within(0, open=True)] = 1.0
    tags: dict[str, int] = field(default_factory=dict)


NUMBER = Annotated[float, Within(infinite=True)]
SHARE = Annotated[float, Within(0, 1)]
POSITIVE_SHARE = Annotated[float, Within(0, 1, open=True)]
COUNTED = Annotated[int, COUNT]
WORD = Annotated[str, Within(1, 3)]
WORDS = Annotated[tuple[WORD, ...], Within(1, 2)]
SIGNS = dict[str, Annotated[int, Within(-1, 1)]]


def read(hint: Any, value: Any) -> Any:
    return Typed("it", DataError).read(hint, value)


@pytest.mark.parametrize(
    ("hint", "value", "right"),
    [
        (int, 3, 3),
        (float, 3, 3.0),
        (float, -0.5, -0.5),
        (str, "", ""),
        (bool, False, False),
        (Any, [{}], [{}]),
        (Path, "a/b", Path("a/b")),
        (int | None, None, None),
        (int | str, "3", "3"),
        (Literal["up", "down", 2], 2, 2),
        (tuple[int, ...], [], ()),
        (tuple[int, ...], [1, 2, 3], (1, 2, 3)),
        (tuple[float, ...], [1, 2.5], (1.0, 2.5)),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[int, str], (1, "a"), (1, "a")),
        (dict[str, float], {"a": 1}, {"a": 1.0}),
        (SIGNS, {"a": -1, "b": 1}, {"a": -1, "b": 1}),
        (SHARE, 0, 0.0),
        (SHARE, 1, 1.0),
        (POSITIVE_SHARE, 1, 1.0),
        (NUMBER, -inf, -inf),
        (NUMBER, 2**2000, inf),
        (Annotated[int, Within(1, 2**63 - 1)], 2**62, 2**62),
        (WORD, "abc", "abc"),
        (WORDS, ["a"], ("a",)),
        (WORDS, ["a", "bc"], ("a", "bc")),
        (Point, {"x": 1}, Point(1.0)),
        (Point | None, None, None),
        (Circle, {"centre": {"x": 1, "y": 2}, "tags": {"a": 1}}, Circle(Point(1.0, 2.0), 1.0, {"a": 1})),
        (Point | Circle, {"x": 1}, Point(1.0)),
        (Point | Circle, {"centre": {"x": 1}}, Circle(Point(1.0))),
    ],
)
def test_what_fits_is_taken_as_its_type(hint, value, right):
    found = read(hint, value)
    assert found == right
    assert type(found) is type(right)


def test_numbers_within_a_table_are_of_its_types():
    found = read(Circle, {"centre": {"x": 1}, "radius": 2})
    assert [type(found.centre.x), type(found.radius)] == [float, float]


@pytest.mark.parametrize(
    ("hint", "value", "message"),
    [
        (int, 3.0, "it is 3.0; expected a whole number"),
        (int, True, "it is True; expected a whole number"),
        (float, "3", "it is '3'; expected a finite number"),
        (float, nan, "it is nan; expected a finite number"),
        (float, inf, "it is inf; expected a finite number"),
        (str, 1, "it is 1; expected text"),
        (bool, 1, "it is 1; expected true or false"),
        (complex, 1j, "it is 1j; expected nothing"),
        (int | None, "a", "it is 'a'; expected a whole number or null"),
        (Path | None, 3, "it is 3; expected a path or null"),
        (COUNTED | None, "a", "it is 'a'; expected a whole number or null"),
        (tuple[int, ...] | dict[str, int], "a", "it is 'a'; expected a list or a table"),
    ],
)
def test_what_is_of_another_type_is_refused(hint, value, message):
    with pytest.raises(DataError, match=exactly(message)):
        read(hint, value)


@pytest.mark.parametrize(
    ("hint", "value", "message"),
    [
        (Literal["up", "down"], "left", "it is 'left'; expected 'up' or 'down'"),
        (Literal["up", "down"], ["up"], "it is ['up']; expected 'up' or 'down'"),
        (Literal[1], True, "it is True; expected 1"),
        (NUMBER, nan, "it is nan; expected a number"),
        (SHARE, 1.5, "it is 1.5; expected a number from 0 to 1"),
        (SHARE, -0.5, "it is -0.5; expected a number from 0 to 1"),
        (POSITIVE_SHARE, 0, "it is 0; expected a number above 0, at most 1"),
        (POSITIVE_SHARE, -0.0, "it is -0.0; expected a number above 0, at most 1"),
        (POSITIVE_SHARE, nan, "it is nan; expected a number above 0, at most 1"),
        (POSITIVE_SHARE, False, "it is False; expected a number above 0, at most 1"),
        (Annotated[float, Within(most=2)], 3, "it is 3; expected a number of at most 2"),
        (Annotated[float, Within(0, open=True)], 0, "it is 0; expected a number above 0"),
        (Annotated[int, Within(1)], 0, "it is 0; expected a whole number of at least 1"),
        (Annotated[int, Within(0, 2**53 - 1)], -1, "it is -1; expected a whole number of at least 0"),
        (Annotated[int, Within(0, 2**31 - 1)], -1, "it is -1; expected a whole number of at least 0"),
        (COUNTED, -1, "it is -1; expected a whole number of at least 0"),
        (COUNTED, 2**63, f"it is {2**63}; expected a whole number from 0 to {2**63 - 1:,}"),
        (COUNTED, 1.0, "it is 1.0; expected a whole number of at least 0"),
        (COUNTED, True, "it is True; expected a whole number of at least 0"),
        (WORD, "", "it is ''; expected text from 1 to 3, in characters"),
        (WORD, "abcd", "it is 'abcd'; expected text from 1 to 3, in characters"),
        (WORD, 5, "it is 5; expected text from 1 to 3, in characters"),
        (WORDS, [], "it is []; expected a list from 1 to 2, in values"),
        (WORDS, ["a", "b", "c"], "it is ['a', 'b', 'c']; expected a list from 1 to 2, in values"),
    ],
)
def test_what_is_outside_of_its_range_is_refused(hint, value, message):
    with pytest.raises(DataError, match=exactly(message)):
        read(hint, value)


@pytest.mark.parametrize(
    ("hint", "value", "message"),
    [
        (tuple[int, ...], "12", "it is '12'; expected a list"),
        (tuple[int, ...], 3, "it is 3; expected a list"),
        (tuple[int, ...], [1, "a"], "it[1] is 'a'; expected a whole number"),
        (tuple[int, str], [1], "it is [1]; expected 2 values"),
        (tuple[int, str], ["1", "x"], "it[0] is '1'; expected a whole number"),
        (WORDS, ["a", 5], "it[1] is 5; expected text from 1 to 3, in characters"),
        (dict[str, float], [], "it is []; expected a table"),
        (dict[str, float], {"a": "b"}, "it.a is 'b'; expected a finite number"),
        (SIGNS, {"a": 2}, "it.a is 2; expected a whole number from -1 to 1"),
        (Point, None, "it is None; expected a table"),
        (Point, 3, "it is 3; expected a table"),
        (Point, [], "it is []; expected a table"),
        (Point, "x", "it is 'x'; expected a table"),
        (Point, {}, "it has no x; expected x, y"),
        (Point, {"x": 1, "z": 2}, "it has 'z'; expected only x, y"),
        (Circle, {"centre": {"x": "a"}}, "it.centre.x is 'a'; expected a finite number"),
        (Circle, {"centre": {"y": 1}}, "it.centre has no x; expected x, y"),
        (Circle, {"centre": {"x": 1}, "radius": 0}, "it.radius is 0; expected a number above 0"),
        (Point | Circle, {"z": 1}, "it is {'z': 1}; expected a table of x, y or a table of centre, radius, tags"),
        (Point | None, 3, "it is 3; expected a table of x, y or null"),
    ],
)
def test_what_is_wrong_within_is_named_by_its_place(hint, value, message):
    with pytest.raises(DataError, match=exactly(message)):
        read(hint, value)


@pytest.mark.parametrize(
    ("hint", "value"),
    [(float, 10**400), (str, ["a" * 100]), (Literal["a"], "x" * 1_000_000), (Point, [{"x": 1}] * 1000)],
)
def test_a_long_value_is_shown_in_short(hint, value):
    with pytest.raises(DataError, match=r"\.\.\..*; expected ") as refused:
        read(hint, value)
    assert len(str(refused.value)) < 120
