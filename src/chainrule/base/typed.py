"""Values from outside, such as a file's JSON, as the types that a dataclass declares; anything else is refused.

Numbers (finite), text, truth values, None, choices (`Literal`), tuples, dictionaries, paths, unions and dataclasses of
these. What `Annotated` adds is held, too:

    epoch: Annotated[int, Within(0)]                        a whole number from 0
    std: Annotated[tuple[Annotated[float, Within(0, open=True)], ...], Within(1, 9)]       1 to 9 numbers, all above 0
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import lru_cache
from math import inf, isnan
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from chainrule.base.arguments import as_real
from chainrule.base.errors import ChainruleError
from chainrule.base.showing import one_line, short

PLAIN: dict[Any, str] = {
    str: "text", bool: "true or false", int: "a whole number", float: "a finite number", types.NoneType: "null",
    Path: "a path",
}  # fmt: skip
SHOWN = 60
"""Characters of a wrong value that a message shows."""


@dataclass(frozen=True)
class Within:
    """Between what a number lies; or how many characters a text has, or items a list."""

    least: float = -inf
    most: float = inf
    open: bool = False  # whether `least` itself is too little
    infinite: bool = False  # whether a number may be infinite

    def holds(self, number: float) -> bool:
        return self.least <= number <= self.most and not (self.open and number == self.least)

    def beside(self, value: Any) -> str:
        """As it is said of a value that is not in it: an end that is far away concerns only what is above it."""
        is_above = isinstance(value, int | float) and value > self.most
        return str(self if is_above or self.most < FAR else replace(self, most=inf))

    def __str__(self) -> str:
        least, most = (f"{n:,}" for n in (self.least, self.most))
        if self.least == -inf:
            return "" if self.most == inf else f"of at most {most}"
        if self.most == inf:
            return f"above {least}" if self.open else f"of at least {least}"
        return f"above {least}, at most {most}" if self.open else f"from {least} to {most}"


FAR = 2**31 - 1
"""An end from here on is only there so that a machine can hold the number: nobody asks for it."""
ANY = Within()
COUNT, ONE_OR_MORE = Within(0, 2**63 - 1), Within(1, 2**63 - 1)
"""Of what is counted: epochs, samples, updates."""


@dataclass(frozen=True)
class Typed:
    """Reads values as types; `error`, which calls a value by its place in the whole, for one of another type."""

    place: str
    error: type[ChainruleError]

    def read(self, hint: Any, value: Any) -> Any:
        """The value as that type."""
        hint, bounds = (hint.__origin__, hint.__metadata__[0]) if get_origin(hint) is Annotated else (hint, ANY)
        origin = get_origin(hint)
        if hint is Any:
            return value
        if origin in (Union, types.UnionType):
            return self._one_of(get_args(hint), value)
        if origin is Literal:
            choices = get_args(hint)
            self._check(takes(hint, value) and value in choices, value, " or ".join(map(repr, choices)))
            return value
        if origin is tuple:
            return self._row(get_args(hint), bounds, value)
        if origin is dict:
            self._check(isinstance(value, Mapping), value, "a table")
            return {key: self._at(f".{key}").read(get_args(hint)[1], each) for key, each in value.items()}
        if is_dataclass(hint) and isinstance(hint, type):
            return self._table(hint, value)
        return self._plain(hint, bounds, value)

    def _plain(self, hint: Any, bounds: Within, value: Any) -> Any:
        """One value: of a number in its range, of a text as long as it may be."""
        expected = PLAIN.get(hint, "nothing")
        if bounds != ANY:
            unit = {str: "text {}, in characters", int: "a whole number {}", float: "a number {}"}[hint]
            expected = unit.format(bounds.beside(value)).strip()
        self._check(hint in PLAIN and takes(hint, value), value, expected)
        made: Any = value
        if hint is float:
            made = as_real(value)
            self._check(not isnan(made) and (bounds.infinite or abs(made) < inf), value, expected)
        if hint in (int, float, str):
            self._check(bounds.holds(len(made) if hint is str else made), value, expected)
        return Path(made) if hint is Path else made

    def _one_of(self, hints: tuple[Any, ...], value: Any) -> Any:
        """As the first of the types that takes such a value; of tables, one that has all its keys."""
        for hint in hints:
            if takes(hint, value):
                return self.read(hint, value)
        return self._refuse(value, " or ".join(map(called, hints)))

    def _row(self, hints: tuple[Any, ...], bounds: Within, value: Any) -> tuple[Any, ...]:
        self._check(isinstance(value, list | tuple), value, "a list")
        if hints[1:] == (Ellipsis,):
            hints = hints[:1] * len(value)
        self._check(len(value) == len(hints), value, f"{len(hints)} values")
        self._check(bounds.holds(len(value)), value, f"a list {bounds}, in values")
        return tuple(self._at(f"[{k}]").read(*pair) for k, pair in enumerate(zip(hints, value, strict=True)))

    def _table(self, kind: type, value: Any) -> Any:
        self._check(isinstance(value, Mapping), value, "a table")
        hints = hints_of(kind)
        for name in value:
            if name not in hints:
                raise self.error(f"{self.place} has {short(name)}; expected only {', '.join(hints)}")
        for each in fields(kind):
            needed = each.default is MISSING and each.default_factory is MISSING
            if needed and each.name not in value:
                raise self.error(f"{self.place} has no {each.name}; expected {', '.join(hints)}")
        return kind(**{name: self._at(f".{name}").read(hints[name], each) for name, each in value.items()})

    def _at(self, part: str) -> "Typed":
        return Typed(self.place + part, self.error)

    def _check(self, holds: bool, value: Any, expected: str) -> None:
        if not holds:
            self._refuse(value, expected)

    def _refuse(self, value: Any, expected: str) -> NoReturn:
        shown = one_line(short(value) if isinstance(value, Mapping | list | tuple) else repr(value), SHOWN)
        raise self.error(f"{self.place} is {shown}; expected {expected}")


def takes(hint: Any, value: Any) -> bool:
    """Whether a value is of the kind that a type is for, whatever is in it."""
    if get_origin(hint) is Annotated:
        return takes(hint.__origin__, value)
    if get_origin(hint) is Literal:
        return type(value) in map(type, get_args(hint))
    kind = get_origin(hint) or hint
    if is_dataclass(kind) and isinstance(kind, type):
        return isinstance(value, Mapping) and {each.name for each in fields(kind)} >= set(value)
    kinds = {float: (int, float), tuple: (list, tuple), dict: (dict,), Path: (str,)}
    return type(value) in kinds.get(kind, (kind,))


def called(hint: Any) -> str:
    """What messages call a type."""
    if get_origin(hint) is Annotated:
        return called(hint.__origin__)
    if is_dataclass(hint):
        return f"a table of {', '.join(each.name for each in fields(hint))}"
    others: dict[Any, str] = {tuple: "a list", dict: "a table", Literal: " or ".join(map(repr, get_args(hint)))}
    return PLAIN.get(hint) or others.get(get_origin(hint), "something else")


@lru_cache
def hints_of(kind: type) -> dict[str, Any]:
    """The types of its fields, by name."""
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: hints[each.name] for each in fields(kind)}
