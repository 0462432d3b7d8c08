"""Component by component: y[j] = f(x[j]), and dL/dx[j] = dL/dy[j] dy/dx, by the layer's own definitions in float64.

Where f(x) is x times something, as in a ReLU, y is that product; else it is one number.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.explanation.at import At, Index, Said, at_once, text
from chainrule.explanation.rules.rule import Box, Reach, Rule, explains
from chainrule.explanation.terms import Column, product
from chainrule.layers import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from chainrule.layers.gelu import probability_below
from chainrule.layers.layer import Context
from chainrule.layers.sigmoid import sigmoid


class Function(NamedTuple):
    """f and its derivative, as formulas with x for x[j], y for y[j]."""

    value: str
    derivative: str
    rule: str
    factor: tuple[str, Callable[[Any, np.ndarray], Any]] | None = None
    """What x is multiplied by, if f is such: its symbol, and the number, from the layer and x."""


FUNCTIONS: dict[type, Function] = {
    ReLU: Function(
        "max(x, 0)",
        "[x > 0]",
        "The number itself if it is above 0, else 0",
        ("[x > 0]", lambda layer, x: ~(x <= 0)),
    ),
    LeakyReLU: Function(
        "x where x > 0, else slope x",
        "1 where x > 0, else slope",
        "The number itself if it is above 0, else a small part of it",
        ("1 or slope", lambda layer, x: np.where(x > 0, 1, layer.slope)),
    ),
    GELU: Function(
        "x P(x)",
        "P(x) + x p(x)",
        "The number times the probability P that a normal one is below it",
        ("P(x)", lambda layer, x: probability_below(x, layer.approximate)),
    ),
    SiLU: Function(
        "x sigmoid(x)",
        "s (1 + x (1 - s)), s = sigmoid(x)",
        "The number times its sigmoid",
        ("sigmoid(x)", lambda layer, x: sigmoid(x)),
    ),
    ELU: Function(
        "x where x > 0, else alpha (exp(x) - 1)",
        "1 where x > 0, else alpha exp(x)",
        "The number itself if it is above 0, else bent towards -alpha",
    ),
    Sigmoid: Function("1 / (1 + exp(-x))", "y (1 - y)", "The number squashed to 0 .. 1"),
    Tanh: Function("tanh(x)", "1 - y^2", "The number squashed to -1 .. 1"),
    Softplus: Function("log(1 + exp(x))", "sigmoid(x)", "A smooth ReLU of the number"),
}


class OneToOne(Rule):
    """What reads one number for each that it writes."""

    def reads(self, reach: Reach, y: Box) -> Box:
        return y

    def affects(self, reach: Reach, x: Box) -> Box:
        return x


@explains(*FUNCTIONS)
class OfFunction(OneToOne):
    def value(self, at: At, index: Index) -> Said:
        about, x = FUNCTIONS[type(at.layer)], at.own_x[index]
        formula = f"y[{text(*index)}] = {about.value}, x = x[{text(*index)}]"
        if about.factor is None:
            y = float(_passed(at, x)[0])
            terms = product(at.function_of_x(_symbol(about), y, index), note=f"of x = {x:.6g}")
        else:
            symbol, number = about.factor
            factor = at.function_of_x(symbol, float(number(at.layer, x)), index, chooses=isinstance(at.layer, ReLU))
            terms = product(at.x(at_once(index)), factor)
        return Said(formula, f"{about.rule}.", [terms])

    def by_input(self, at: At, index: Index, read: int) -> Said:
        about, x = FUNCTIONS[type(at.layer)], at.own_x[index]
        derivative = float(_passed(at, x)[1])
        j = text(*index)
        formula = f"dL/dx[{j}] = dL/dy[{j}] dy/dx, dy/dx = {about.derivative} at x = x[{j}]"
        blocked = derivative == 0
        rule = "What comes back, times the slope of the function at x."
        note = f"blocked: the slope at x = {x:.6g} is 0" if blocked else f"x = {x:.6g}"
        slope = at.function_of_x("dy/dx", derivative, index)
        return Said(formula, rule, [product(at.gy(at_once(index)), slope, note=note)])


def _symbol(about: Function) -> str:
    return about.value if " " not in about.value else "f(x)"


def _passed(at: At, x: float) -> tuple[Any, Any]:
    """y and dy/dx of one number."""
    y, saved = at.layer.forward(np.array([[x]]), {}, Context())
    return y[0, 0], at.layer.backward(np.ones((1, 1)), saved, {}, Context())[0][0, 0]


def constant(symbol: str, value: float) -> Column:
    """A factor of a single term, of no unit."""
    return Column(symbol, np.array([value], np.float64))
