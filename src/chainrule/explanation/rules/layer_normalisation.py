"""LayerNormalisation: y[j] = gamma[j] (x[j] - m) / r + beta[j], m and r of the sample: three terms come back."""

from math import sqrt

import numpy as np

from chainrule.explanation.at import At, Index, Said, at_once, of_all_samples, text
from chainrule.explanation.rules.elementwise import constant
from chainrule.explanation.rules.rule import Box, Reach, Rule, explains
from chainrule.explanation.terms import Column, Products, product
from chainrule.layers import LayerNormalisation


@explains(LayerNormalisation)
class OfLayerNormalisation(Rule):
    def value(self, at: At, index: Index) -> Said:
        j, (m, r) = text(*index), _moments(at, at.own_x)
        gamma, over = at.parameter("gamma", at_once(index)), constant("1/r", 1 / r)
        blocks = [
            product(gamma, at.x(at_once(index)), over),
            product(gamma, constant("-m", -m), over, note=f"m = {m:.6g}"),
            product(at.parameter("beta", at_once(index))),
        ]
        formula = f"y[{j}] = gamma[{j}] (x[{j}] - m) / r + beta[{j}]"
        rule = f"The number less the mean of the sample's {at.own_x.size:,} numbers, over their deviation, scaled."
        return Said(formula, rule, blocks)

    def by_input(self, at: At, index: Index, read: int) -> Said:
        j, (m, r) = text(*index), _moments(at, at.own_x)
        z, h = (at.own_x - m) / r, at.own_gy * at.w["gamma"]
        over = constant("1/r", 1 / r)
        normalised = at.function_of_x("z", float(z[index]), index)
        blocks = [
            product(at.gy(at_once(index)), at.parameter("gamma", at_once(index)), over, note="through x"),
            product(constant("-mean of h", -float(h.mean())), over, note="through the mean m"),
            product(normalised, constant("-mean of h z", -float((h * z).mean())), over, note="through the deviation r"),
        ]
        inner = f"h[{j}] - mean of h - z[{j}] mean of h z"
        formula = f"dL/dx[{j}] = ({inner}) / r, h = dL/dy gamma, z = (x - m) / r"
        return Said(formula, "x moves y itself, and by the mean and the deviation all of the sample.", blocks)

    def by_parameter(self, at: At, name: str, index: Index) -> Said:
        j = text(*index)
        samples, places = of_all_samples(at.samples, at_once(index))
        gy, notes = at.gy(places, samples=samples), at.sample_notes(samples)
        if name == "beta":
            formula = f"dL/dbeta[{j}] = sum over s of dL/dy[s,{j}]"
            return Said(formula, "What comes back, of each sample.", [Products((gy,), notes)])
        moments = [_moments(at, x.astype(np.float64)) for x in at.all_x]
        x = at.x(places, samples=samples)
        z = [(value - m) / r for value, (m, r) in zip(x.values.tolist(), moments, strict=True)]
        formula = f"dL/dgamma[{j}] = sum over s of dL/dy[s,{j}] z[s,{j}], z = (x - m) / r"
        rule = "What comes back, times the normalised number that the factor multiplied, of each sample."
        return Said(formula, rule, [Products((gy, Column("z", np.array(z), x.name, places)), notes)])

    def parameter_affects(self, reach: Reach, name: str, index: Index) -> Box:
        return tuple((k, k) for k in index)


def _moments(at: At, x: np.ndarray) -> tuple[float, float]:
    """m and r of a sample."""
    m = float(x.mean())
    return m, sqrt(float(((x - m) ** 2).mean()) + at.layer.eps)
