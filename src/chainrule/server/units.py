"""Single numbers of a pass: what made one, what it reads and affects, and whether its derivative is right.

POST /api/unit         the products whose sum it is
POST /api/affects      its receptive field, both ways
POST /api/check        its derivative by a central difference of the loss
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from chainrule.base.typed import Within
from chainrule.network.tracing import Trace
from chainrule.server.asked import Asked
from chainrule.server.passes import Pass, some_target, traced
from chainrule.server.subject import Subject

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


def unit(subject: Subject, asked: Asked) -> dict[str, Any]:
    """What made it."""
    each = asked.read(TermsAsked, **{"from": "first"})
    found = trace_for(subject, each).explain(each.unit)
    return found.values(each.order, each.first, each.count)


def trace_for(subject: Subject, each: UnitAsked) -> Trace:
    """The pass that it is of: of a value, which no true class changes, that of some class if none is given."""
    needs_t = each.unit.startswith("dL/") or each.unit == "loss"
    return traced(subject, each if needs_t or each.t is not None else replace(each, t=some_target(subject.network)))
