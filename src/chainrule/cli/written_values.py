"""Values that are typed for an option, as in OneCycle:rise=0.2,low_momentum=0.85 or Warmup:length=50+Cosine."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chainrule.base.errors import UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.exchange.training_description import build_value
from chainrule.layers.layer import plain

NAMED = {"true": True, "false": False, "none": None}


def value_of(text: str, kinds: Mapping[str, type], flag: str) -> Any:
    """One of these kinds: its name in any case, and its settings; after a + what follows it, as its `then`.

    UsageError, which calls it by its flag, for anything else.
    """
    first, *after = text.split("+", 1)
    name, _, settings = first.strip().partition(":")
    if plain(name) not in map(plain, kinds):
        raise UsageError(f"{flag} is {name!r}; {expected_one_of(kinds, name)}")
    description = dict(setting(part, flag) for part in settings.split(",")) if settings else {}
    found = build_value(kinds, description | {"type": name}, flag)
    if not after:
        return found
    if not hasattr(found, "then"):
        raise UsageError(f"{flag} has something after {type(found).__name__}; expected it after Warmup alone")
    return replace(found, then=value_of(after[0], kinds, flag))


def setting(part: str, flag: str) -> tuple[str, Any]:
    """The name and the value of last=0.1; of every=30/60 the values."""
    name, equals, value = (each.strip() for each in part.partition("="))
    if not (name and equals and value):
        raise UsageError(f"{flag} has {part!r}; expected settings by name, as in last=0.1")
    values = [literal(each) for each in value.split("/")]
    return name, values if len(values) > 1 else values[0]


def literal(text: str) -> Any:
    """A number, true, false or none; any other text is itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return NAMED.get(text.lower(), text)
