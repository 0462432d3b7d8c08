"""What the loss is the sum of, and its derivative by the network's output: a rule for each type of loss.

    L = sum over (t, weight) and s of weight_s err(y_s, t_s),    dL/dy_s = sum over (t, weight) of weight_s d err / dy_s

A loss without a rule, such as a user's own, has the numbers that it gives itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainrule.base.showing import brief
from chainrule.explanation.at import Index, Said, text
from chainrule.explanation.terms import Column, Products, all_alike, one
from chainrule.losses.loss import Loss
from chainrule.network.tracing import Trace


@dataclass(frozen=True)
class Met:
    """An output y of one sample, meeting one of its true values t."""

    loss: Any  # of the type that the rule is of
    name: str  # of y's value
    y: np.ndarray  # (1, ...)
    t: np.ndarray  # (1, ...)

    __repr__ = brief

    @property
    def own_y(self) -> np.ndarray:
        """(...) float64."""
        return self.y[0].astype(np.float64)

    @property
    def learned(self) -> np.ndarray:
        """(...) what y is to become, as the loss compares them."""
        z = self.loss.learned(self.t, self.y.shape[1:])
        return z.reshape(self.y.shape).astype(self.y.dtype)[0].astype(np.float64)

    def of_y(self, symbol: str, values: np.ndarray) -> Column:
        """A function of each y (...)."""
        shape = self.y.shape[1:]
        places = np.indices(shape).reshape(len(shape), -1).T
        return Column(symbol, np.asarray(values, np.float64).ravel(), self.name, places)

    def of_one(self, symbol: str, value: float, index: Index) -> Column:
        """A function of y[index]."""
        return one(symbol, value, self.name, index)


class LossSaid(NamedTuple):
    """What a rule says of a sample."""

    formula: str
    rule: str
    blocks: list[Products]


class LossRule:
    """The rule of one type of loss; this one of any."""

    def error(self, met: Met) -> LossSaid:
        """The terms of err(y, t)."""
        err = float(met.loss.error(met.y.astype(np.float64), met.t)[0])
        return LossSaid("err(y, t)", "What the loss itself says.", [Products((one("err(y, t)", err),))])

    def derivative(self, met: Met, index: Index) -> LossSaid:
        """The terms of d err / dy[index]."""
        slope = float(met.loss.gradient(met.y.astype(np.float64), met.t)[(0, *index)])
        term = Products((met.of_one("d err/dy", slope, index),))
        return LossSaid(f"d err(y, t) / dy[{text(*index)}]", "What the loss itself says.", [term])


LOSS_RULES: dict[type[Loss], LossRule] = {}
"""Of every type of loss that has one."""


def explains_loss(*kinds: type[Loss]) -> Callable[[type[LossRule]], type[LossRule]]:
    """A decorator of a class: from now on it is the rule of these types of losses."""

    def enter(rule: type[LossRule]) -> type[LossRule]:
        for kind in kinds:
            LOSS_RULES[kind] = rule()
        return rule

    return enter


def loss_said(trace: Trace) -> Said:
    """The terms of the summed loss: those of each sample."""
    n, y = len(trace.x[0]), trace.x[-1].astype(np.float64)  # in which the loss is computed
    found = [_of_sample(trace, y, s, lambda rule, met: rule.error(met)) for s in range(n)]
    if not found:
        return Said("L = 0", "There are no samples.", [])
    blocks = [block.noted(f"sample {s}") if n > 1 else block for s, said in enumerate(found) for block in said.blocks]
    return Said(f"L = {'sum over s of ' if n > 1 else ''}{found[0].formula}", found[0].rule, blocks)


def output_said(trace: Trace, sample: int, index: Index) -> LossSaid:
    """The terms of dL/dy[index] of the network's output, of a sample."""
    return _of_sample(trace, trace.x[-1], sample, lambda rule, met: rule.derivative(met, index))


def _of_sample(trace: Trace, y: np.ndarray, sample: int, ask: Callable[[LossRule, Met], LossSaid]) -> LossSaid:
    """What is asked, of all true values of a sample together."""
    loss, one_y, found = trace.network.loss, y[sample : sample + 1], []
    rule = LOSS_RULES.get(type(loss), LossRule())
    for t, weight in trace.batch.terms:
        said = ask(rule, Met(loss, trace.names[-1], one_y, t[sample : sample + 1]))
        found.append(said if weight is None else _weighted(said, float(weight[sample])))
    formulas = dict.fromkeys(said.formula for said in found)
    return LossSaid(" + ".join(formulas), found[0].rule, [block for said in found for block in said.blocks])


def _weighted(said: LossSaid, weight: float) -> LossSaid:
    """As much of it as the sample counts."""
    blocks = [block.times(all_alike("weight", weight, len(block.products))) for block in said.blocks]
    return LossSaid(f"weight ({said.formula})", said.rule, blocks)
