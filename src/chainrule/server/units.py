"""Single numbers of a pass: what made one, what it reads and affects, and whether its derivative is right.

POST /api/unit         the products whose sum it is
POST /api/affects      its receptive field, both ways
POST /api/check        its derivative by a central difference of the loss
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from chainrule.base.typed import Within
from chainrule.explanation.field import Part, field_of
from chainrule.explanation.numerical import check_unit
from chainrule.explanation.unit import GRADIENT, LOSS
from chainrule.server.asked import Asked
from chainrule.server.passes import Pass, Traced, passed, some_target
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
    of_pass = pass_for(subject, each)
    found = of_pass.trace.explain(each.unit).with_kernel(of_pass.kernels.of(each.unit))
    return {**found.values(each.order, each.first, each.count), "kernel_pending": of_pass.kernels.pending}


def affects(subject: Subject, asked: Asked) -> dict[str, Any]:
    """Which numbers of which layers it is made of, and which are made of it, as boxes; both ends are in a box."""
    each = asked.read(UnitAsked)
    found = field_of(pass_for(subject, each).trace, each.unit)
    return {"reads": boxes(found.reads), "affects": boxes(found.affects)}


def boxes(parts: tuple[Part, ...]) -> list[dict[str, Any]]:
    return [{"name": part.name, "from": part.first, "to": part.last} for part in parts]


def check(subject: Subject, asked: Asked) -> dict[str, Any]:
    """Its derivative, beside what the loss itself says of it."""
    each = asked.read(UnitAsked)
    found = check_unit(pass_for(subject, each).trace, each.unit)
    return {
        "numeric": found.numeric,
        "analytic": found.analytic,
        "difference": found.difference,
        "h": found.h,
        "same_piece": found.same_piece,
    }


def pass_for(subject: Subject, each: UnitAsked) -> Traced:
    """The pass that it is of: of a value, which no true class changes, that of some class if none is given."""
    needs_t = each.unit.startswith(GRADIENT) or each.unit == LOSS
    return passed(subject, each if needs_t or each.t is not None else replace(each, t=some_target(subject.network)))
