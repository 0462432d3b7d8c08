"""Values from outside as declared types."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from chainrule.base.errors import DataError
from chainrule.base.typed import COUNT, Typed, Within
from messages import exactly


@dataclass(frozen=True)
class Inner:
    size: Annotated[int, COUNT]
    more: tuple[float, ...] = ()


@dataclass(frozen=True)
class Other:
    names: Annotated[tuple[Annotated[str, Within(1, 5)], ...], Within(1, 2)]


@dataclass(frozen=True)
class Outer:
    kind: Literal["a", "b"]
    part: Inner | Other | None = None
    rate: Annotated[float, Within(0, 1, open=True)] = 0.5
    best: Annotated[float, Within(infinite=True)] = 0.0
    pair: tuple[int, str] = (0, "")
    table: dict[str, Annotated[int, Within(-1, 1)]] = field(default_factory=dict)
    path: Path | None = None
    anything: Any = None


def read(value: Any) -> Outer:
    return Typed("it", DataError).read(Outer, value)


def test_values_become_what_is_declared():
    found = read(
        {
            "kind": "b", "part": {"size": 3, "more": [1, 2.5]}, "rate": 1, "best": float("-inf"), "pair": [1, "x"],
            "table": {"k": -1}, "path": "a/b", "anything": [None],
        }
    )  # fmt: skip
    assert found == Outer("b", Inner(3, (1.0, 2.5)), 1.0, float("-inf"), (1, "x"), {"k": -1}, Path("a/b"), [None])
    assert type(found.rate) is float
    assert read({"kind": "a", "part": {"names": ["x"]}}).part == Other(("x",))
    assert read({"kind": "a", "part": None}) == Outer("a")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "c"}, "it.kind is 'c'; expected 'a' or 'b'"),
        ({"kind": ["a"]}, "it.kind is ['a']; expected 'a' or 'b'"),
        ({"more": 1}, "it has 'more'; expected only kind, part, rate, best, pair, table, path, anything"),
        ({"part": {"more": []}}, "it.part has no size; expected size, more"),
        ({"part": {"size": -1}}, "it.part.size is -1; expected a whole number of at least 0"),
        ({"part": {"size": 2**63}}, f"it.part.size is {2**63}; expected a whole number from 0 to {2**63 - 1:,}"),
        ({"part": {"size": 1.0}}, "it.part.size is 1.0; expected a whole number of at least 0"),
        ({"part": {"size": True}}, "it.part.size is True; expected a whole number of at least 0"),
        ({"part": {"size": 1, "more": 3}}, "it.part.more is 3; expected a list"),
        ({"part": {"size": 1, "more": [1, "2"]}}, "it.part.more[1] is '2'; expected a finite number"),
        ({"part": {"size": 1, "more": [10**400]}}, None),
        ({"part": {"names": []}}, "it.part.names is []; expected a list from 1 to 2, in values"),
        ({"part": {"names": ["", "a"]}}, "it.part.names[0] is ''; expected text from 1 to 5, in characters"),
        ({"part": {"names": ["a", 5]}}, "it.part.names[1] is 5; expected text from 1 to 5, in characters"),
        ({"part": 3}, "it.part is 3; expected a table of size, more or a table of names or null"),
        ({"rate": 0}, "it.rate is 0; expected a number above 0, at most 1"),
        ({"rate": -0.0}, "it.rate is -0.0; expected a number above 0, at most 1"),
        ({"rate": float("nan")}, "it.rate is nan; expected a number above 0, at most 1"),
        ({"rate": False}, "it.rate is False; expected a number above 0, at most 1"),
        ({"best": float("nan")}, "it.best is nan; expected a number"),
        ({"pair": [1]}, "it.pair is [1]; expected 2 values"),
        ({"pair": ["1", "x"]}, "it.pair[0] is '1'; expected a whole number"),
        ({"table": {"k": 2}}, "it.table.k is 2; expected a whole number from -1 to 1"),
        ({"table": []}, "it.table is []; expected a table"),
        ({"path": 3}, "it.path is 3; expected a path or null"),
    ],
)
def test_what_is_not_is_named_by_its_place(changes, message):
    with pytest.raises(
        DataError, match=exactly(message) if message else "part.more.0. is .*; expected a finite number"
    ):
        read({"kind": "a"} | changes)


@pytest.mark.parametrize("value", [None, 3, [], "kind", [{"kind": "a"}]])
def test_a_table_is_a_table(value):
    with pytest.raises(DataError, match="expected a table"):
        read(value)


def test_a_long_value_is_shown_in_short():
    with pytest.raises(DataError) as refused:
        read({"kind": "x" * 1_000_000})
    assert len(str(refused.value)) < 120
