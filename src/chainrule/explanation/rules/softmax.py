"""Softmax, y[i] = exp(x[i]) / sum over k of exp(x[k]), and its logarithm: every x moves every y."""

from math import exp, log

import numpy as np

from chainrule.explanation.at import At, Index, Said, all_places, at_once
from chainrule.explanation.rules.elementwise import constant
from chainrule.explanation.rules.rule import Rule, explains
from chainrule.explanation.terms import Column, Products, product
from chainrule.layers import LogSoftmax, Softmax
from chainrule.layers.softmax import softmax


@explains(Softmax)
class OfSoftmax(Rule):
    def value(self, at: At, index: Index) -> Said:
        (i,), x = index, at.own_x
        above = x - x.max()
        exponential = at.function_of_x("exp(x - max)", exp(above[i]), index)
        formula = f"y[{i}] = exp(x[{i}]) / sum over k of exp(x[k])"
        rule = "The exponential, over the sum of those of all classes; less the largest x, which changes nothing."
        return Said(formula, rule, [product(exponential, constant("1/sum", 1 / float(np.exp(above).sum())))])

    def by_input(self, at: At, index: Index, read: int) -> Said:
        (i,), y = index, softmax(at.own_x[np.newaxis])[0]
        slopes = y * ((np.arange(len(y)) == i) - y[i])
        formula = f"dL/dx[{i}] = sum over k of dL/dy[k] y[k] ([k = {i}] - y[{i}])"
        rule = "What each probability sends back: a larger x makes its own larger, and all others smaller."
        return Said(formula, rule, [_by_slopes(at, slopes)])


@explains(LogSoftmax)
class OfLogSoftmax(Rule):
    def value(self, at: At, index: Index) -> Said:
        (i,), x = index, at.own_x
        total = x.max() + log(float(np.exp(x - x.max()).sum()))
        blocks = [product(at.x(at_once(index))), product(constant("-log sum exp(x)", -total))]
        formula = f"y[{i}] = x[{i}] - log sum over k of exp(x[k])"
        return Said(formula, "The score, less the logarithm of the sum of all exponentials.", blocks)

    def by_input(self, at: At, index: Index, read: int) -> Said:
        (i,), p = index, softmax(at.own_x[np.newaxis])[0]
        slopes = (np.arange(len(p)) == i) - p[i]
        formula = f"dL/dx[{i}] = sum over k of dL/dy[k] ([k = {i}] - softmax(x)[{i}])"
        rule = "What each logarithm sends back: a larger x makes its own larger, and all others smaller."
        return Said(formula, rule, [_by_slopes(at, slopes)])


def _by_slopes(at: At, slopes: np.ndarray) -> Products:
    places = all_places(at.y_shape)
    return Products((at.gy(places), Column("dy/dx", slopes.astype(np.float64))))
