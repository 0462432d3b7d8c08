"""A factor and a summand for each channel: Scale, y = w[c] x + b[c], and Standardise, y = (x - mean[c]) / std[c]."""

import numpy as np

from chainrule.explanation.at import At, Index, Said, all_places, at_once, of_all_samples, text
from chainrule.explanation.rules.elementwise import OneToOne, constant
from chainrule.explanation.rules.rule import Box, Reach, explains
from chainrule.explanation.terms import Products, product
from chainrule.layers import Scale, Standardise


class OfChannels(OneToOne):
    """What has its parameters channel by channel."""

    def parameter_affects(self, reach: Reach, name: str, index: Index) -> Box:
        return ((index[0], index[0]), *reach.all_y[1:])


@explains(Scale)
class OfScale(OfChannels):
    def value(self, at: At, index: Index) -> Said:
        c, x = at_once(index[:1]), at.x(at_once(index))
        formula = f"y[{text(*index)}] = w[{index[0]}] x[{text(*index)}] + b[{index[0]}]"
        blocks = [product(at.parameter("w", c), x), product(at.parameter("b", c))]
        return Said(formula, "The number times its channel's factor, and its channel's summand.", blocks)

    def by_input(self, at: At, index: Index, read: int) -> Said:
        formula = f"dL/dx[{text(*index)}] = dL/dy[{text(*index)}] w[{index[0]}]"
        terms = product(at.gy(at_once(index)), at.parameter("w", at_once(index[:1])))
        return Said(formula, "What comes back, times the channel's factor.", [terms])

    def by_parameter(self, at: At, name: str, index: Index) -> Said:
        samples, places = of_channel(at, index[0])
        gy, notes = at.gy(places, samples=samples), at.sample_notes(samples)
        c, letters = index[0], text("s", index[0], *letters_of(at))
        over = text("s", *letters_of(at))
        if name == "b":
            formula = f"dL/db[{c}] = sum over {over} of dL/dy[{letters}]"
            return Said(formula, "All that comes back to the channel.", [Products((gy,), notes)])
        formula = f"dL/dw[{c}] = sum over {over} of dL/dy[{letters}] x[{letters}]"
        rule = "All that comes back to the channel, each times the number that the factor multiplied."
        return Said(formula, rule, [Products((gy, at.x(places, samples=samples)), notes)])


@explains(Standardise)
class OfStandardise(OfChannels):
    def value(self, at: At, index: Index) -> Said:
        c, j = index[0], text(*index)
        mean, std = (np.asarray(each[c], at.all_x.dtype).astype(float) for each in (at.layer.mean, at.layer.std))
        over = constant("1/std", 1 / float(std))
        blocks = [product(at.x(at_once(index)), over), product(constant("-mean", -float(mean)), over)]
        return Said(
            f"y[{j}] = (x[{j}] - mean[{c}]) / std[{c}]", "The number less its mean, over its deviation.", blocks
        )

    def by_input(self, at: At, index: Index, read: int) -> Said:
        c, j = index[0], text(*index)
        terms = product(at.gy(at_once(index)), constant("1/std", 1 / at.layer.std[c]))
        return Said(f"dL/dx[{j}] = dL/dy[{j}] / std[{c}]", "What comes back, over the deviation.", [terms])


def of_channel(at: At, c: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) and (n, axes): the samples and places of all numbers of a channel of x."""
    pixels = all_places(at.x_shape[1:]) if len(at.x_shape) > 1 else np.empty((1, 0), np.int64)
    return of_all_samples(at.samples, np.column_stack([np.full(len(pixels), c), pixels]))


def letters_of(at: At) -> str:
    """The letters of the axes of pixels."""
    return "ij"[len("ij") - (len(at.x_shape) - 1) :]
