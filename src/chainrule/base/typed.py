"""Values from outside, such as a file's JSON, as the types that a dataclass declares; anything else is refused.

Numbers (finite), text, truth values, None, choices (`Literal`), tuples, unions and dataclasses of these.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from math import isfinite
from typing import Any, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from chainrule.base.errors import ChainruleError

PLAIN: dict[Any, str] = {str: "text", bool: "true or false", int: "a whole number", types.NoneType: "null"}
SHOWN = 60
"""Characters of a wrong value that a message shows."""


@dataclass(frozen=True)
class Typed:
    """Reads values as types; `error`, which calls a value by its place in the whole, for one of another type."""

    place: str
    error: type[ChainruleError]

    def read(self, hint: Any, value: Any) -> Any:
        """The value as that type."""
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            return self._one_of(get_args(hint), value)
        if origin is Literal:
            return value if value in get_args(hint) else self._refuse(value, f"one of {get_args(hint)}")
        if origin is tuple:
            return self._row(get_args(hint), value)
        if is_dataclass(hint) and isinstance(hint, type):
            return self._table(hint, value)
        if hint is float:
            number = type(value) in (int, float) and isfinite(value)
            return float(value) if number else self._refuse(value, "a finite number")
        return value if type(value) is hint and hint in PLAIN else self._refuse(value, PLAIN.get(hint, "nothing"))

    def _one_of(self, hints: tuple[Any, ...], value: Any) -> Any:
        """As the first of the types that may take it; of tables, one that has all its keys."""
        for hint in hints:
            if is_dataclass(hint) and isinstance(value, Mapping):
                if {each.name for each in fields(hint)} >= set(value):
                    return self.read(hint, value)
            elif (value is None) == (hint is types.NoneType):
                return self.read(hint, value)
        return self._refuse(value, "another table")

    def _row(self, hints: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            self._refuse(value, "a list")
        if hints[1:] == (Ellipsis,):
            hints = hints[:1] * len(value)
        if len(value) != len(hints):
            self._refuse(value, f"{len(hints)} values")
        return tuple(self._at(f"[{k}]").read(*pair) for k, pair in enumerate(zip(hints, value, strict=True)))

    def _table(self, kind: type, value: Any) -> Any:
        if not isinstance(value, Mapping):
            self._refuse(value, "a table")
        hints = get_type_hints(kind)
        for name in value:
            if name not in hints:
                self._refuse(name, f"one of {', '.join(hints)}")
        for each in fields(kind):
            if each.name not in value and each.default is MISSING:
                self._refuse(sorted(value), f"also {each.name}")
        return kind(**{name: self._at(f".{name}").read(hints[name], each) for name, each in value.items()})

    def _at(self, part: str) -> "Typed":
        return Typed(self.place + part, self.error)

    def _refuse(self, value: Any, expected: str) -> NoReturn:
        shown = repr(value)
        shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]} ..."
        raise self.error(f"{self.place} is {shown}; expected {expected}")
