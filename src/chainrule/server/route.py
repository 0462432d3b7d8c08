"""A route: a method and a path below /api, and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chainrule.server.asked import Asked
from chainrule.server.subject import Subject

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Route:
    """One of them.

        Route("POST", "/forward", forward, quick=True)

    answer : is given what the page is about and what is asked, in a thread of its own, and gives plain data, arrays by
        `plain.array`; or `Events`, which are then sent as they happen. An error of ours is answered by its line.
    most : bytes of a request's body
    quick : whether it answers in a moment: then it does not wait behind those that do not
    raw : whether the body is bytes, no JSON
    given : whether it is about what the page was opened for, whichever network is shown (`?network=`)
    """

    method: str
    path: str
    answer: Callable[[Subject, Asked], Any]
    most: int = 2 * MIB
    quick: bool = False
    raw: bool = False
    given: bool = False
