"""What listeners remember, as they declare it: a checkpoint is compared with that when it is read.

@remembers(Best)                        a dataclass: numbers, text, and None where a vector or nothing stands
class EarlyStopping: ...
"""

from collections.abc import Callable
from typing import TypeVar

Kind = TypeVar("Kind", bound=type)
MEMORIES: dict[str, type] = {}
"""By the listener's name."""


def remembers(form: type) -> Callable[[Kind], Kind]:
    """A decorator: what a listener of this type remembers has that form."""

    def enter(kind: Kind) -> Kind:
        MEMORIES[kind.__name__] = form
        return kind

    return enter
