"""The losses' rules: each error as a sum, and its derivative by each output, with the numbers put in."""

from math import log

import numpy as np

from chainrule.explanation.at import Index, text
from chainrule.explanation.losses import LossRule, LossSaid, Met, explains_loss
from chainrule.explanation.terms import Column, Products, all_alike, one
from chainrule.layers.log_softmax import log_softmax
from chainrule.layers.sigmoid import sigmoid
from chainrule.layers.softmax import softmax
from chainrule.losses import (
    NLL,
    AbsoluteError,
    BinaryCrossEntropy,
    Huber,
    LogSoftmaxNLL,
    SigmoidBinaryCrossEntropy,
    SquaredError,
)


@explains_loss(LogSoftmaxNLL)
class OfScores(LossRule):
    def error(self, met: Met) -> LossSaid:
        x = met.own_y
        rule = "The negative logarithm of the probability that softmax gives the true class."
        if met.loss.is_plain:
            t, total = int(met.t[0]), x.max() + log(float(np.exp(x - x.max()).sum()))
            blocks = [
                Products((one("-1", -1), met.of_one("y", x[t], (t,)))),
                Products((one("log sum exp(y)", total),)),
            ]
            return LossSaid(f"-y[{t}] + log sum over k of exp(y[k])", rule, blocks)
        return _cross_entropy(met, "-log softmax(y)", -log_softmax(x[np.newaxis])[0], rule)

    def derivative(self, met: Met, index: Index) -> LossSaid:
        (i,), p = index, softmax(met.own_y[np.newaxis])[0]
        of_p = met.of_one("softmax(y)", float(p[i]), index)
        if met.loss.is_plain:
            t = int(met.t[0])
            hit = one(f"-[{i} = t]", -1.0 if i == t else 0.0)
            rule = f"The probability of class {i}, less 1 if it is the true one, {t}."
            return LossSaid(f"softmax(y)[{i}] - [{i} = t]", rule, [Products((of_p,)), Products((hit,))])
        q = _shares(met)
        blocks = [Products((one("Q", float(q.sum())), of_p)), Products((one("-q", -float(q[i])),))]
        rule = f"The probability of class {i}, less its share q of the truth; Q is the sum of the shares."
        return LossSaid(f"Q softmax(y)[{i}] - q[{i}]", rule, blocks)


@explains_loss(NLL)
class OfProbabilities(LossRule):
    def error(self, met: Met) -> LossSaid:
        p, rule = met.own_y, "The negative logarithm of the probability of the true class."
        with np.errstate(divide="ignore"):
            logarithms = -np.log(p)
        if met.loss.is_plain:
            t = int(met.t[0])
            return LossSaid(f"-log y[{t}]", rule, [Products((met.of_one("-log y", float(logarithms[t]), (t,)),))])
        return _cross_entropy(met, "-log y", logarithms, rule)

    def derivative(self, met: Met, index: Index) -> LossSaid:
        (i,), p = index, met.own_y
        q = (np.arange(len(p)) == met.t[0]).astype(float) if met.loss.is_plain else _shares(met)
        with np.errstate(divide="ignore"):
            over = met.of_one("-1/y", float(-1 / p[i]), index)
        share = Column("q", q[i : i + 1], chooses=True)
        rule = "Minus one over the probability, times the class's share q of the truth: 1 for the true class, else 0."
        return LossSaid(f"-q[{i}] / y[{i}]", rule, [Products((share, over))])


def _shares(met: Met) -> np.ndarray:
    """q of all classes, as the loss has it in y's type."""
    return met.loss.truth(met.t, met.y)[0].astype(np.float64)


def _cross_entropy(met: Met, symbol: str, errors: np.ndarray, rule: str) -> LossSaid:
    shares = Column("q", _shares(met), chooses=True)
    formula = f"sum over i of q[i] {symbol}[i]"
    return LossSaid(
        formula, f"{rule[:-1]}, of all classes by their share q.", [Products((shares, met.of_y(symbol, errors)))]
    )


@explains_loss(SquaredError)
class OfSquares(LossRule):
    def error(self, met: Met) -> LossSaid:
        e = met.of_y("y - t", met.own_y - met.learned)
        return LossSaid("sum over i of (y[i] - t[i])^2", "The squares of all differences.", [Products((e, e))])

    def derivative(self, met: Met, index: Index) -> LossSaid:
        i, e = text(*index), _difference(met, index)
        term = Products((one("2", 2), met.of_one("y - t", e, index)))
        return LossSaid(f"2 (y[{i}] - t[{i}])", f"Twice the difference from t = {met.learned[index]:.6g}.", [term])


@explains_loss(AbsoluteError)
class OfSizes(LossRule):
    def error(self, met: Met) -> LossSaid:
        e = met.of_y("|y - t|", np.abs(met.own_y - met.learned))
        return LossSaid("sum over i of |y[i] - t[i]|", "The sizes of all differences.", [Products((e,))])

    def derivative(self, met: Met, index: Index) -> LossSaid:
        i, e = text(*index), _difference(met, index)
        term = Products((met.of_one("sign(y - t)", float(np.sign(e)), index),))
        rule = f"1 above t = {met.learned[index]:.6g}, -1 below, 0 at it."
        return LossSaid(f"sign(y[{i}] - t[{i}])", rule, [term])


@explains_loss(Huber)
class OfHuber(LossRule):
    def error(self, met: Met) -> LossSaid:
        e = np.abs(met.own_y - met.learned)
        near = np.minimum(e, met.loss.delta)
        blocks = [Products((met.of_y("min(|e|, delta)", near), met.of_y("|e| - min(|e|, delta)/2", e - near / 2)))]
        formula = "sum over i of min(|e[i]|, delta) (|e[i]| - min(|e[i]|, delta) / 2), e = y - t"
        return LossSaid(formula, "Half the square of each difference e, and beyond delta a line.", blocks)

    def derivative(self, met: Met, index: Index) -> LossSaid:
        i, delta = text(*index), met.loss.delta
        slope = float(np.clip(_difference(met, index), -delta, delta))
        formula = f"y[{i}] - t[{i}], at most delta and at least -delta"
        rule = f"The difference from t = {met.learned[index]:.6g}, cut at delta = {delta:g}."
        return LossSaid(formula, rule, [Products((met.of_one("cut(y - t)", slope, index),))])


def _difference(met: Met, index: Index) -> float:
    return float(met.own_y[index] - met.learned[index])


@explains_loss(BinaryCrossEntropy)
class OfChances(LossRule):
    def error(self, met: Met) -> LossSaid:
        p, t = met.own_y, met.learned
        with np.errstate(divide="ignore", invalid="ignore"):
            ones, zeros = met.of_y("-log y", -np.log(p)), met.of_y("-log(1-y)", -np.log(1 - p))
        blocks = [
            Products((Column("t", t.ravel(), chooses=True), ones)),
            Products((Column("1-t", 1 - t.ravel(), chooses=True), zeros)),
        ]
        formula = "sum over i of -t[i] log y[i] - (1 - t[i]) log(1 - y[i])"
        return LossSaid(formula, "The negative logarithm of the probability of what is true, of each output.", blocks)

    def derivative(self, met: Met, index: Index) -> LossSaid:
        p, t, i = float(met.own_y[index]), float(met.learned[index]), text(*index)
        with np.errstate(divide="ignore"):
            one_of, zero_of = float(-1 / np.float64(p)), float(1 / np.float64(1 - p))
        blocks = [
            Products((Column("t", np.array([t]), chooses=True), met.of_one("-1/y", one_of, index))),
            Products((Column("1-t", np.array([1 - t]), chooses=True), met.of_one("1/(1-y)", zero_of, index))),
        ]
        rule = f"The derivatives of both logarithms, by how true each is: t = {t:.6g}."
        return LossSaid(f"-t[{i}] / y[{i}] + (1 - t[{i}]) / (1 - y[{i}])", rule, blocks)


@explains_loss(SigmoidBinaryCrossEntropy)
class OfBinaryScores(LossRule):
    def error(self, met: Met) -> LossSaid:
        x, t = met.own_y, met.learned
        smooth = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
        blocks = [
            Products((met.of_y("log(1 + exp y)", smooth),)),
            Products((all_alike("-1", -1, t.size), Column("t", t.ravel()), met.of_y("y", x))),
        ]
        formula = "sum over i of log(1 + exp(y[i])) - t[i] y[i]"
        return LossSaid(formula, "The negative logarithm of the probability of what is true, of each output.", blocks)

    def derivative(self, met: Met, index: Index) -> LossSaid:
        i, p = text(*index), float(sigmoid(met.own_y[index]))
        blocks = [Products((met.of_one("sigmoid(y)", p, index),)), Products((one("-t", -float(met.learned[index])),))]
        return LossSaid(f"sigmoid(y[{i}]) - t[{i}]", "The probability, less the truth.", blocks)
