"""Values from outside, as the types of a dataclass: what is taken, as what, and what is said of the rest."""

from dataclasses import dataclass, field
from math import inf, nan
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from chainrule.base.errors import DataError
from chainrule.base.typed import Typed, Within


@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0.5


@dataclass(frozen=True)
class Circle:
    centre: Point
    radius: Annotated[float, Within(0, open=True)] = 1.0
    tags: dict[str, int] = field(default_factory=dict)


def read(hint: Any, value: Any) -> Any:
    return Typed("it", DataError).read(hint, value)


SHARE = Annotated[float, Within(0, 1)]
TAKEN = [
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
    (tuple[int, str], [1, "a"], (1, "a")),
    (tuple[int, str], (1, "a"), (1, "a")),
    (dict[str, float], {"a": 1}, {"a": 1.0}),
    (SHARE, 0, 0.0),
    (SHARE, 1, 1.0),
    (Annotated[float, Within(infinite=True)], -inf, -inf),
    (Annotated[float, Within(infinite=True)], 2**2000, inf),
    (Annotated[int, Within(1, 2**63 - 1)], 2**62, 2**62),
    (Annotated[str, Within(1, 3)], "abc", "abc"),
    (Annotated[tuple[int, ...], Within(1, 2)], [7, 8], (7, 8)),
    (Point, {"x": 1}, Point(1.0)),
    (Circle, {"centre": {"x": 1, "y": 2}, "tags": {"a": 1}}, Circle(Point(1.0, 2.0), 1.0, {"a": 1})),
    (Point | Circle, {"centre": {"x": 1}}, Circle(Point(1.0))),
]
REFUSED = [
    (int, 3.0, "it is 3.0; expected a whole number"),
    (int, True, "it is True; expected a whole number"),
    (float, "3", "it is '3'; expected a"),
    (float, nan, "it is nan; expected a"),
    (float, inf, "it is inf; expected a"),
    (float, 10**400, "; expected a"),
    (Annotated[float, Within(infinite=True)], nan, "it is nan; expected a number"),
    (str, 1, "it is 1; expected text"),
    (complex, 1j, "it is 1j; expected nothing"),
    (int | None, "a", "it is 'a'; expected a whole number or null"),
    (Literal["up", "down"], "left", "it is 'left'; expected 'up' or 'down'"),
    (Literal[1], True, "it is True; expected 1"),
    (tuple[int, ...], "12", "it is '12'; expected a list"),
    (tuple[int, ...], [1, "a"], r"it\[1\] is 'a'; expected a whole number"),
    (tuple[int, str], [1], "expected 2 values"),
    (Annotated[tuple[int, ...], Within(1, 2)], [], "expected a list from 1 to 2, in values"),
    (Annotated[tuple[int, ...], Within(1, 2)], [1, 2, 3], "expected a list from 1 to 2, in values"),
    (dict[str, float], [], "expected a table"),
    (dict[str, float], {"a": "b"}, "it.a is 'b'; expected"),
    (SHARE, 1.5, "it is 1.5; expected a number from 0 to 1"),
    (SHARE, -0.5, "it is -0.5; expected a number from 0 to 1"),
    (Annotated[float, Within(most=2)], 3, "expected a number of at most 2"),
    (Annotated[int, Within(1)], 0, "it is 0; expected a whole number of at least 1"),
    (Annotated[int, Within(0, 2**53)], -1, "expected a whole number of at least 0"),
    (Annotated[int, Within(0, 2**53 - 1)], -1, "expected a whole number of at least 0"),
    (Annotated[float, Within(0, open=True)], 0, "it is 0; expected a number above 0"),
    (Annotated[float, Within(0, 2, open=True)], 0, "expected a number above 0, at most 2"),
    (Annotated[str, Within(1, 3)], "abcd", "expected text from 1 to 3, in characters"),
    (Point, [], "expected a table"),
    (Point, {}, "it has no x; expected x, y"),
    (Point, {"x": 1, "z": 2}, "it has 'z'; expected only x, y"),
    (Circle, {"centre": {"x": "a"}}, "it.centre.x is 'a'; expected a"),
    (Circle, {"centre": {"x": 1}, "radius": 0}, "it.radius is 0; expected a number above 0"),
    (tuple[int, ...] | dict[str, int], "a", "expected a list or a table"),
    (Point | Circle, {"z": 1}, "expected a table of x, y or a table of centre, radius, tags"),
    (str, ["a" * 100], r"\.\.\..*; expected text"),
]


@pytest.mark.parametrize(("hint", "value", "right"), TAKEN)
def test_what_fits_is_taken_as_its_type(hint, value, right):
    found = read(hint, value)
    assert found == right
    assert type(found) is type(right)


@pytest.mark.parametrize(("hint", "value", "message"), REFUSED)
def test_what_does_not_fit_is_refused_by_its_place(hint, value, message):
    with pytest.raises(DataError, match=message) as raised:
        read(hint, value)
    assert len(str(raised.value)) < 200
