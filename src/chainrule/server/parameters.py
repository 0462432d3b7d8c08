"""The network's parameters, as one pass sees them.

POST /api/weights      one of them, or its gradient
POST /api/update       what one step w <- w - eta dL/dw of this sample does to its loss
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from chainrule.base.guessing import expected_one_of
from chainrule.base.showing import short
from chainrule.base.typed import Within
from chainrule.network.moment import still
from chainrule.network.reference import Reference
from chainrule.server.asked import Asked
from chainrule.server.passes import Pass, said, targets, traced
from chainrule.server.plain import array
from chainrule.server.refusal import Refusal
from chainrule.server.subject import Subject
from chainrule.training.objective import Batch


@dataclass(frozen=True, kw_only=True)
class WeightsAsked(Pass):
    """Of which parameter, and whether its values or its gradient."""

    parameter: str
    what: Literal["value", "gradient"] = "value"


def weights(subject: Subject, asked: Asked) -> dict[str, Any]:
    """All numbers of one parameter."""
    each = asked.read(WeightsAsked)
    named = subject.network.named()
    if each.parameter not in named:
        given = f"there is no parameter {short(each.parameter)}"
        raise Refusal(f"{given}; {expected_one_of(named, each.parameter)}", 404)
    return array(named[each.parameter] if each.what == "value" else traced(subject, each).gw[each.parameter])


@dataclass(frozen=True, kw_only=True)
class UpdateAsked(Pass):
    """By how much."""

    eta: Annotated[float, Within(0, 1e6)]


def update(subject: Subject, asked: Asked) -> dict[str, Any]:
    """The loss of the sample before and after the step, and what the network says of it then; it stays as it is."""
    each = asked.read(UpdateAsked)
    found, moved = traced(subject, each), still(subject.network)
    for name, w in moved.named().items():
        w -= np.asarray(each.eta * found.gw[name].astype(np.float64), w.dtype)
    batch = Batch(each.x(moved), targets(moved, each))
    engine = Reference(moved, each.seed)
    y = engine.forward(moved.w, batch)[0] if each.training else engine.outputs(moved.w, batch.x)
    after = said(subject, moved(batch.x))
    norm = np.sqrt(sum(float(np.square(gw, dtype=np.float64).sum()) for gw in found.gw.values()))
    return {
        "before": found.loss,
        "after": engine.loss_of(y, batch),
        "probabilities_after": after["probabilities"],
        "answers_after": after["answers"],
        "norm": norm,
    }
