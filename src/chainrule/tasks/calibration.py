"""How sure a classifier may be of its answers: one temperature T, found on data that it did not learn from.

    p_T = softmax(log p / T)                T > 1: less sure than it says; T < 1: surer. The order of classes stays
    T   = argmin of  mean over (p, t) of -log p_T[t]  +  (log T)^2 / (2 n)

The mean is the negative log-likelihood of n held-out samples, by their probabilities p and classes t. Of a few of them
all may be answered rightly, which alone would ask for T = 0, sure of everything; the second term is a prior, log T
normal around 0, that weighs as much as one sample.

Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, *On Calibration of Modern Neural Networks* (2017); the prior is ours.
"""

from dataclasses import replace
from math import exp, log, sqrt

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.errors import DataError, NetworkError
from chainrule.data.dataset import Dataset, check_weighs
from chainrule.data.schema import Classes, Reals, Schema
from chainrule.engine import DEFAULT_ENGINE
from chainrule.layers.log_softmax import log_softmax
from chainrule.losses.loss import ClassLoss, Loss, VectorLoss
from chainrule.network.network import Network

ENOUGH = 20_000
"""Samples that T is found on, of however many."""
RANGE = log(1 / 50), log(50)
"""Where log T is looked for."""
GOLDEN = (sqrt(5) - 1) / 2
NARROW = 1e-5
"""How near to each other the ends of what is left of the range are at last."""


def calibrate(network: Network, data: Dataset, *, engine: str = DEFAULT_ENGINE, called: str = "samples") -> float:
    """Find the temperature on data that the network did not learn from, keep it in `network.schema`, and return it.

    `network.answers` use it; `predict` and `evaluate` keep to the network's own probabilities. `called` is what the
    data are called where the schema says what T was found on. Raises DataError for data that do not fit, NetworkError
    for a network without classes, or that does not know what it was trained on.
    """
    of_kind("the network", network, Network, "a Network")
    of_kind("the data", data, Dataset, "Dataset(x, t)")
    of_kind("called", called, str, "a name")
    data.check_finite()
    schema = network.schema
    if schema is None:
        raise NetworkError("the network knows no training data; expected one that `fit` has trained")
    if not isinstance(schema.answers, Classes) or not gives_probabilities(network):
        raise NetworkError(
            f"a network trained by {network.loss} gives no probabilities of classes; expected one of NLL"
        )
    if len(data) == 0:
        raise DataError("there is no data to calibrate on; expected at least one sample")
    data = network.reading.data(data.take(slice(None, None, -(-len(data) // ENOUGH))))
    network.loss.check_targets(data.t, network.output_shape)
    if not network.loss.class_count(data.t, network.output_shape):
        raise DataError(f"{network.loss} takes the true values as numbers; expected the classes of the samples, (n,)")
    y = network.predictor(engine).outputs(data.x)
    p, t = class_probabilities(network.loss.prediction(y), network.loss), data.t.reshape(-1).astype(np.int64)
    found = temperature(p, t, data.sample_weight)
    answers = replace(schema.answers, temperature=found, calibrated_on=f"{len(data):,} {called}")
    network.schema = replace(schema, answers=answers)
    return found


def gives_probabilities(network: Network) -> bool:
    """Whether its predictions are, or stand for, probabilities of classes, of which one is right."""
    if network.schema is not None and isinstance(network.schema.answers, Reals):
        return False  # such as shades of grey, which a loss of 0 and 1 takes, too
    several = network.classes_of(np.ones((1, *network.output_shape))) is not None
    return several and isinstance(network.loss, ClassLoss | VectorLoss)


def uncalibrated(schema: Schema) -> Schema:
    """The schema without a temperature: that of weights which change belongs to what they were."""
    if not isinstance(schema.answers, Classes):
        return schema
    return replace(schema, answers=replace(schema.answers, temperature=1.0, calibrated_on=None))


def temperature(p: np.ndarray, t: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
    """T by probabilities p (n, k) and true classes t (n,), to a hundred-thousandth; by golden sections.

    DataError for weights that are all 0.
    """
    check_weighs(sample_weight)
    z, n = log_probabilities(p), len(p)

    def cost(log_t: float) -> float:
        losses = -log_softmax(z / exp(log_t))[np.arange(n), t]
        return float(np.average(losses, weights=sample_weight)) + log_t**2 / (2 * n)

    low, high = RANGE
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = cost(left), cost(right)
    while high - low > NARROW:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = cost(right)
    return exp((low + high) / 2)


def calibrated(p: np.ndarray, temperature: float) -> np.ndarray:
    """p_T (n, k) float64 of probabilities p (n, k)."""
    if temperature == 1:
        return p.astype(np.float64)
    return np.exp(log_softmax(log_probabilities(p) / temperature))


def log_probabilities(p: np.ndarray) -> np.ndarray:
    """log p (n, k) float64, finite also where p was rounded to 0."""
    return np.log(np.maximum(p.astype(np.float64), np.finfo(np.float32).tiny))


def class_probabilities(p: np.ndarray, loss: Loss) -> np.ndarray:
    """(s, n) of each class, from a classifier's prediction: (s, 1) is of class 1 of two.

    What a loss of vectors learned of ones and zeros is near probabilities; its shares of the sum are some.
    """
    if p.shape[1:] == (1,):
        return np.concatenate([1 - p, p], axis=1)
    return shares(p) if isinstance(loss, VectorLoss) else p


def shares(y: np.ndarray) -> np.ndarray:
    """(s, n) of the sum of what is above 0; where nothing is, above the least; all the same where all are alike."""
    floor = np.where(y.max(axis=1, keepdims=True) > 0, 0, y.min(axis=1, keepdims=True))
    y = np.maximum(y - floor, 0)
    total = y.sum(axis=1, keepdims=True)
    return np.where(total > 0, y, 1) / np.where(total > 0, total, y.shape[1])
