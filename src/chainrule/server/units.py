"""Single numbers of a pass: what made one, what it reads and affects, and whether its derivative is right.

POST /api/unit         the products whose sum it is
POST /api/affects      its receptive field, both ways
POST /api/check        its derivative by a central difference of the loss
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from chainrule.base.typed import Within
from chainrule.server.passes import Pass

MOST = 1000
"""Terms that are sent at once."""


@dataclass(frozen=True, kw_only=True)
class UnitAsked(Pass):
    """Which one."""

    unit: str


@dataclass(frozen=True, kw_only=True)
class TermsAsked(UnitAsked):
    """And which of its terms, in which order."""

    order: Literal["formula", "size"] = "size"
    first: Annotated[int, Within(0, 2**53)] = 0
    count: Annotated[int, Within(0, MOST)] = 200
