"""BatchNormalisation: y = gamma[c] (x - m[c]) / r[c] + beta[c]; m and r of the batch in training, kept ones otherwise.

In training m and r depend on x, too, so that three terms come back: through x itself, through m and through r.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from chainrule.explanation.at import At, Index, Said, at_once, text
from chainrule.explanation.rules.channels import OfChannels, letters_of, of_channel
from chainrule.explanation.rules.elementwise import constant
from chainrule.explanation.rules.rule import Box, Reach, explains
from chainrule.explanation.terms import Column, Products, product
from chainrule.layers import BatchNormalisation
from chainrule.layers.batch_normalisation import batch_moments

ALONE = "There is a single number in the batch, which has no variance: it is left as it is."


class Moments(NamedTuple):
    """By what a channel is normalised, float64."""

    m: float
    r: float
    n: int  # the batch's numbers of the channel; 0: m and r are constants


@explains(BatchNormalisation)
class OfBatchNormalisation(OfChannels):
    def value(self, at: At, index: Index) -> Said:
        c, j, found = index[0], text(*index), _moments(at, index[0])
        if found is None:
            return Said(f"y[{j}] = x[{j}]", ALONE, [product(at.x(at_once(index)))])
        gamma, over = at.parameter("gamma", at_once((c,))), constant("1/r", 1 / found.r)
        mean = "m" if found.n else "mean"
        blocks = [
            product(gamma, at.x(at_once(index)), over),
            product(gamma, constant(f"-{mean}", -found.m), over, note=f"{mean}[{c}] = {found.m:.6g}"),
            product(at.parameter("beta", at_once((c,)))),
        ]
        formula = f"y[{j}] = gamma[{c}] (x[{j}] - {mean}[{c}]) / r[{c}] + beta[{c}]"
        return Said(formula, f"The number less {_by(found)}, then times a factor, and a summand.", blocks)

    def by_input(self, at: At, index: Index, read: int) -> Said:
        c, j, found = index[0], text(*index), _moments(at, index[0])
        gy = at.gy(at_once(index))
        if found is None:
            return Said(f"dL/dx[{j}] = dL/dy[{j}]", ALONE, [product(gy)])
        gamma, over = at.parameter("gamma", at_once((c,))), constant("1/r", 1 / found.r)
        direct = product(gy, gamma, over, note="through x" if found.n else "")
        if not found.n:
            rule = "What comes back, times the channel's factor, over its kept deviation."
            return Said(f"dL/dx[{j}] = dL/dy[{j}] gamma[{c}] / r[{c}]", rule, [direct])
        share, z = constant("-1/n", -1 / found.n), (float(at.own_x[index]) - found.m) / found.r
        blocks = [
            direct,
            product(at.parameter_gradient("beta", at_once((c,))), gamma, over, share, note="through the mean m"),
            product(
                at.parameter_gradient("gamma", at_once((c,))),
                at.function_of_x("z", z, index),
                *(gamma, over, share),
                note="through the deviation r",
            ),
        ]
        inner = f"dL/dy[{j}] - dL/dbeta[{c}] / n - z[{j}] dL/dgamma[{c}] / n"
        formula = f"dL/dx[{j}] = gamma[{c}] / r[{c}] ({inner})"
        rule = "x moves y itself, and by the mean and the deviation all numbers of its channel in the batch."
        return Said(formula, rule, blocks)

    def by_parameter(self, at: At, name: str, index: Index) -> Said:
        c, found = index[0], _moments(at, index[0])
        if found is None:
            return Said(f"dL/d{name}[{c}] = 0", ALONE, [])
        samples, places = of_channel(at, c)
        gy, notes = at.gy(places, samples=samples), at.sample_notes(samples)
        over, numbers = text("s", *letters_of(at)), text("s", c, *letters_of(at))
        if name == "beta":
            formula = f"dL/dbeta[{c}] = sum over {over} of dL/dy[{numbers}]"
            return Said(formula, "All that comes back to the channel.", [Products((gy,), notes)])
        x = at.x(places, samples=samples)
        z = Column("z", (x.values - found.m) / found.r, x.name, places)
        formula = f"dL/dgamma[{c}] = sum over {over} of dL/dy[{numbers}] z[{numbers}], z = (x - m[{c}]) / r[{c}]"
        rule = "All that comes back to the channel, each times the normalised number that the factor multiplied."
        return Said(formula, rule, [Products((gy, z), notes)])

    def reads(self, reach: Reach, y: Box) -> Box:
        return (y[0], *reach.all_x[1:]) if self._mixes(reach) else y

    def affects(self, reach: Reach, x: Box) -> Box:
        return (x[0], *reach.all_y[1:]) if self._mixes(reach) else x

    def _mixes(self, reach: Reach) -> bool:
        return reach.by_batch or not reach.layer.running


def _moments(at: At, c: int) -> Moments | None:
    """Of a channel; None where the layer leaves a single number as it is."""
    layer, context = at.layer, at.context
    n = at.all_x.size // at.x_shape[0]
    if n > 1 and (context.training or not layer.running):
        mean, variance = batch_moments(at.all_x[:, c : c + 1].astype(np.float64))
        return Moments(float(mean[0]), sqrt(float(variance[0]) + layer.eps), n)
    if not layer.running:
        return None
    mean, variance = (float(context.statistics[name][c]) for name in ("mean", "variance"))
    return Moments(mean, sqrt(variance + layer.eps), 0)


def _by(found: Moments) -> str:
    if found.n:
        return f"its channel's mean over the batch's {found.n:,} numbers, over their deviation"
    return "its channel's kept mean, over its kept deviation"
