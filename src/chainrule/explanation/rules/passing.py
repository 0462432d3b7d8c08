"""What passes numbers on: Flatten, in another shape; the sum that ends a residual block; Dropout, which drops some."""

from math import prod

import numpy as np

from chainrule.explanation.at import At, Index, Said, at_once, text
from chainrule.explanation.rules.elementwise import OneToOne, constant
from chainrule.explanation.rules.rule import Box, Reach, Rule, explains
from chainrule.explanation.rules.sliding import boxed
from chainrule.explanation.terms import Column, product
from chainrule.layers import Dropout, Flatten
from chainrule.layers.passes import Shape
from chainrule.layers.residual import Addition


@explains(Flatten)
class OfFlatten(Rule):
    def value(self, at: At, index: Index) -> Said:
        place = _unravelled(index[0], at.x_shape)
        formula = f"y[{index[0]}] = x[{text(*place)}]"
        return Said(formula, "The number itself, in another place.", [product(at.x(at_once(place)))])

    def by_input(self, at: At, index: Index, read: int) -> Said:
        j = int(np.ravel_multi_index(index, at.x_shape))
        formula = f"dL/dx[{text(*index)}] = dL/dy[{j}]"
        return Said(formula, "What comes back, in another place.", [product(at.gy(at_once((j,))))])

    def reads(self, reach: Reach, y: Box) -> Box:
        """The smallest box with all of them."""
        ((first, last),) = y
        a, b = _unravelled(first, reach.x_shape), _unravelled(last, reach.x_shape)
        found, same = [], True
        for k, n in enumerate(reach.x_shape):
            found.append((a[k], b[k]) if same else (0, n - 1))
            same = same and a[k] == b[k]
        return tuple(found)

    def affects(self, reach: Reach, x: Box) -> Box | None:
        first, last = (int(np.ravel_multi_index(each, reach.x_shape)) for each in zip(*x, strict=True))
        return boxed([(first, last)])


@explains(Addition)
class OfAddition(OneToOne):
    def value(self, at: At, index: Index) -> Said:
        names = [at.trace.names[value] for value in at.node.inputs]
        formula = f"y[{text(*index)}] = {' + '.join(f'{name}[{text(*index)}]' for name in names)}"
        blocks = [product(at.x(at_once(index), read=k)) for k in range(len(names))]
        return Said(formula, "What the layers of the block made, and what its shortcut gives.", blocks)

    def by_input(self, at: At, index: Index, read: int) -> Said:
        formula = f"dL/dx[{text(*index)}] = dL/dy[{text(*index)}]"
        return Said(formula, "A sum passes back what comes, to each of its terms.", [product(at.gy(at_once(index)))])


@explains(Dropout)
class OfDropout(OneToOne):
    def value(self, at: At, index: Index) -> Said:
        j, x = text(*index), at.x(at_once(index))
        if not at.context.training:
            return Said(f"y[{j}] = x[{j}]", "In evaluation nothing is dropped.", [product(x)])
        formula = f"y[{j}] = x[{j}] k[{j}] / (1 - p), k = 0 with probability {at.layer.p:g}, else 1"
        note = "" if _kept(at, index) else "dropped"
        rule = "The number is dropped, or made larger by as much as is dropped elsewhere."
        return Said(formula, rule, [product(x, *_mask(at, index), note=note)])

    def by_input(self, at: At, index: Index, read: int) -> Said:
        j, gy = text(*index), at.gy(at_once(index))
        if not at.context.training:
            return Said(f"dL/dx[{j}] = dL/dy[{j}]", "In evaluation nothing is dropped.", [product(gy)])
        formula = f"dL/dx[{j}] = dL/dy[{j}] k[{j}] / (1 - p), the same k as in y"
        note = "" if _kept(at, index) else "dropped"
        rule = "What comes back to a number that was dropped is dropped, too."
        return Said(formula, rule, [product(gy, *_mask(at, index), note=note)])


def _mask(at: At, index: Index) -> tuple[Column, Column]:
    return constant("k", float(_kept(at, index))), constant("1/(1-p)", 1 / (1 - at.layer.p))


def _kept(at: At, index: Index) -> bool:
    """k, as the layer draws it."""
    shape = (at.x_shape[0], *[1] * (len(at.x_shape) - 1)) if at.layer.channels else at.x_shape
    keep = at.context.draws.keep(at.layer.p, at.samples, prod(shape)).reshape(at.samples, *shape)
    place = (index[0], *[0] * (len(index) - 1)) if at.layer.channels else index
    return bool(keep[(at.sample, *place)])


def _unravelled(j: int, shape: Shape) -> Index:
    return tuple(map(int, np.unravel_index(j, shape)))
