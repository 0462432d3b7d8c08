"""Linear: y[i] = sum over j of w[i,j] x[j] + b[i], and the two products of back propagation."""

import numpy as np

from chainrule.explanation.at import At, Index, Said, all_places, at_once, of_all_samples, text
from chainrule.explanation.rules.rule import Box, Reach, Rule, explains
from chainrule.explanation.terms import Products
from chainrule.layers import Linear


@explains(Linear)
class OfLinear(Rule):
    def value(self, at: At, index: Index) -> Said:
        (i,), n = index, at.w["w"].shape[1]
        w = at.parameter("w", np.column_stack([np.full(n, i), np.arange(n)]))
        blocks = [Products((w, at.x(all_places(at.x_shape))))]
        formula, rule = f"y[{i}] = sum over j of w[{i},j] x[j]", "All inputs, each times its weight"
        if "b" not in at.w:
            return Said(formula, f"{rule}.", blocks)
        return Said(
            f"{formula} + b[{i}]", f"{rule}, and a bias.", [*blocks, Products((at.parameter("b", at_once(index)),))]
        )

    def by_input(self, at: At, index: Index, read: int) -> Said:
        j, n = int(np.ravel_multi_index(index, at.x_shape)), at.y_shape[0]
        w = at.parameter("w", np.column_stack([np.arange(n), np.full(n, j)]))
        formula = f"dL/dx[{text(*index)}] = sum over i of dL/dy[i] w[i,{j}]"
        rule = "What each output sends back, times the weight by which it read this input."
        return Said(formula, rule, [Products((at.gy(all_places(at.y_shape)), w))])

    def by_parameter(self, at: At, name: str, index: Index) -> Said:
        samples, y = of_all_samples(at.samples, at_once(index[:1]))
        gy, notes = at.gy(y, samples=samples), at.sample_notes(samples)
        if name == "b":
            formula = f"dL/db[{index[0]}] = sum over s of dL/dy[s,{index[0]}]"
            return Said(formula, "What the output sends back, of each sample.", [Products((gy,), notes)])
        i, j = index
        place = np.unravel_index(j, at.x_shape)
        x = at.x(np.tile(at_once(tuple(map(int, place))), (at.samples, 1)), samples=samples)
        formula = f"dL/dw[{i},{j}] = sum over s of dL/dy[s,{i}] x[s,{j}]"
        rule = "What the output sends back, times the input that this weight multiplied, of each sample."
        return Said(formula, rule, [Products((gy, x), notes)])

    def parameter_affects(self, reach: Reach, name: str, index: Index) -> Box:
        return ((index[0], index[0]),)
