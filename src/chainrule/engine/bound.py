"""Programs that an engine has bound to its buffers and to what it was given, so that they can run again."""

from collections.abc import Callable
from typing import Any

REMEMBERED = 16  # programs that are kept


class Bound:
    """What was bound, by keys that name what it was bound to."""

    def __init__(self) -> None:
        self._found: dict[tuple[Any, ...], Any] = {}

    def once(self, key: tuple[Any, ...], make: Callable[[], Any], *alive: Any) -> Any:
        """What `make` binds for that key, bound once; `alive`: the objects whose ids are in the key."""
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            found = self._found[key] = make(), alive
        return found[0]

    def clear(self) -> None:
        """Their buffers are no more."""
        self._found.clear()
