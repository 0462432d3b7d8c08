"""A unit's derivative, checked by what a derivative is: the loss on both sides of the unit, in float64.

    B = (8 [L(u + h) - L(u - h)] - [L(u + 2h) - L(u - 2h)]) / 12h

u is the unit: a number of x, of a value in between, or a parameter. All that is computed from it is computed again,
with the same draws of dropout; what is not, stays. Where a ReLU or a max-pool changes its mind between u - 2h and
u + 2h, the loss has a kink there and B is no derivative: a smaller h is tried, as in `checks/gradients.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.arrays import read_only
from chainrule.base.errors import UsageError
from chainrule.base.showing import short
from chainrule.checks.gradients import STEPS, five_points
from chainrule.explanation.explain import checked_sample, value_of
from chainrule.explanation.unit import Unit, unit_of
from chainrule.layers.layer import within
from chainrule.network.tracing import Trace, copied


@dataclass(frozen=True)
class UnitCheck:
    """A derivative by back propagation, and by the loss."""

    unit: str
    analytic: float  # as the trace has it, in the network's float type
    numeric: float  # B
    h: float
    same_piece: bool  # whether no kink lies between u - 2h and u + 2h; with one, B says little

    @property
    def difference(self) -> float:
        """B less what back propagation says."""
        return self.numeric - self.analytic

    def __repr__(self) -> str:
        kink = "" if self.same_piece else ", with a kink between"
        return (
            f"<UnitCheck of {self.unit}: {self.analytic:.7g} by back propagation, {self.numeric:.7g} by the loss{kink}>"
        )


def check_unit(trace: Trace, unit: str, sample: int = 0) -> UnitCheck:
    """The check of one derivative, as `check_unit(trace, "dL/conv1:3,5,7")`; UsageError for what is none."""
    trace = of_kind("the trace", trace, Trace, "one, as chainrule.trace gives")
    found, sample = unit_of(trace.network, unit), checked_sample(trace, sample)
    if not found.gradient:
        raise UsageError(f"the unit to check is {short(unit)}; expected a derivative, as dL/conv1:3,5,7")
    near = Nearby(trace, found, sample)
    steps = [max(1.0, abs(near.at)) * step for step in STEPS]
    smooth = next((h for h in steps if near.same_piece(2 * h)), None)
    h = steps[-1] if smooth is None else smooth
    numeric = five_points(near.loss, h)
    return UnitCheck(str(found), value_of(trace, found, sample), numeric, h, smooth is not None)


class Nearby:
    """The loss of a trace's batch as a function of one unit, float64."""

    def __init__(self, trace: Trace, unit: Unit, sample: int) -> None:
        self.trace, self.unit, self.sample = trace, unit, sample
        self.w = {name: w.astype(np.float64) for name, w in trace.w.items()}
        self.values = self._forward([trace.x[0].astype(np.float64)], self.w)
        if unit.kind == "parameter":
            self.at = float(self.w[unit.name][unit.index])
        else:
            self.at = float(self.values[unit.number][(sample, *unit.index)])
        self.kinks = self._kinks(self.values)

    def loss(self, by: float) -> float:
        """L where the unit is moved by so much."""
        y, total = self._moved(by)[-1], 0.0
        for t, weight in self.trace.batch.terms:
            error = self.trace.network.loss.error(y, t)
            total += float(error.sum() if weight is None else error @ weight)
        return total

    def same_piece(self, by: float) -> bool:
        """Whether L is on the same smooth pieces where the unit is moved that far, either way."""
        ends = (self._kinks(self._moved(each)) for each in (-by, by))
        return all(np.array_equal(a, b) for end in ends for a, b in zip(self.kinks, end, strict=True))

    def _moved(self, by: float) -> list[np.ndarray]:
        """Every value, where the unit is moved."""
        unit = self.unit
        if unit.kind == "parameter":
            w = {**self.w, unit.name: self.w[unit.name].copy()}
            w[unit.name][unit.index] += by
            return self._forward(self.values[:1], w)
        known = [*self.values[: unit.number], self.values[unit.number].copy()]
        known[-1][(self.sample, *unit.index)] += by
        return self._forward(known, self.w)

    def _forward(self, known: list[np.ndarray], w: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Every value, from those that are known on."""
        values, context = list(known), copied(self.trace.context, np.float64)
        for node in self.trace.network.graph.nodes[len(known) - 1 :]:
            own = {name: read_only(each) for name, each in within(w, node.name).items()}
            values.append(node.layer.forward(node.read(values), own, node.context(context))[0])
        return values

    def _kinks(self, values: list[np.ndarray]) -> list[np.ndarray]:
        network = self.trace.network
        found = [node.layer.kinks(node.read(values)) for node in network.graph.nodes]
        found += [network.loss.kinks(values[-1], t) for t, _ in self.trace.batch.terms]
        return [each for each in found if each is not None]
