"""A request, as those who answer it see it: what it asks for, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chainrule.base.numbers import whole_of
from chainrule.base.showing import short
from chainrule.base.typed import Typed
from chainrule.server.refusal import Refusal

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """The query and the body of one."""

    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    """Of a route of JSON what it holds, else the bytes."""

    def read(self, kind: type[T], **names: str) -> T:
        """The body as that dataclass; Refusal for any other. `names`: what is called otherwise in it, as `from`."""
        body = self.body
        if isinstance(body, Mapping):
            body = {names.get(name, name): value for name, value in body.items()}
        return Typed("the body", Refusal).read(kind, body)

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number of the query, from 0; Refusal if it is none, or is missing and has no default."""
        text = self.query.get(name)
        found = default if text is None else whole_of(text)
        if found is None or found < 0:
            given = f"{name} is {short(text)}" if text is not None else f"there is no {name}"
            raise Refusal(f"{given}; expected a whole number from 0")
        return found

    def word(self, name: str, choices: tuple[str, ...]) -> str:
        """One of the choices, of which the first is the default."""
        found = self.query.get(name, choices[0])
        if found not in choices:
            raise Refusal(f"{name} is {short(found)}; expected {' or '.join(choices)}")
        return found
